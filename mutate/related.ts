// The tests within reach of a source file, by imports: its own test, direct importers, tests of its folder, all others.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** Tests that need a browser or foreign programs, read no code of src, or test the tools of the tests. */
const EXCLUDED = /^test\/(?:explorer\/|clients\/(?!connect)|docker|embedded\/mongod)/;

const SPECIFIER = /(?:from|import|import\(|URL\()\s*'(\.[^']*\.js)'/g;

/** The launcher of the program. */
const LAUNCHER = 'test/harness/program.ts';
const STARTS_PROCESS = /\b(?:spawn|fork|execFile)\(/;

const filesBelow = (root: string, folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));

function importsIn(file: string, text: string): readonly string[] {
  return [...text.matchAll(SPECIFIER)].map(([, specifier = '']) => {
    const target = posix.join(dirname(file), specifier).replace(/\.js$/, '.ts');
    return target.replace(/^(?:\.\.\/)+/, '');
  });
}

export interface Candidate {
  readonly test: string;
  /** 0 is the nearest. */
  readonly rank: number;
}

export interface Related {
  /** The tests that import `file`, directly or not. */
  testsOf(file: string): readonly Candidate[];
  /** Runs code of src in other processes, whose coverage is unknown. */
  startsProcess(test: string): boolean;
  /** Changes with the test and everything that it imports. */
  fingerprint(test: string): string;
}

type Imports = ReadonlyMap<string, readonly string[]>;

/** The files within reach of `test`, with the number of imports to each. */
function distancesFrom(imports: Imports, test: string): ReadonlyMap<string, number> {
  const distances = new Map([[test, 0]]);
  let front = [test];
  for (let steps = 1; front.length > 0; steps++) {
    const next = new Set(
      front.flatMap((each) => imports.get(each) ?? []).filter((each) => !distances.has(each)),
    );
    for (const each of next) distances.set(each, steps);
    front = [...next];
  }
  return distances;
}

function rankOf(test: string, file: string, distance: number): number {
  const mirrored = file.replace(/^src\//, 'test/');
  if (test === mirrored.replace(/\.ts$/, '.test.ts')) return 0;
  if (distance === 1) return 1;
  return dirname(test) === dirname(mirrored) && dirname(test) !== 'test' ? 2 : 3;
}

/** Reads the imports of the tests below `root` whose path contains `part`. */
export function createRelated(root: string, part = ''): Related {
  const files = ['src', 'test'].flatMap((folder) => filesBelow(root, folder));
  const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const imports: Imports = new Map([...texts].map(([file, text]) => [file, importsIn(file, text)]));
  const tests = files.filter(
    (file) => file.endsWith('.test.ts') && file.includes(part) && !EXCLUDED.test(file),
  );
  const distances = new Map(tests.map((test) => [test, distancesFrom(imports, test)]));
  const reach = (test: string): readonly string[] => [...(distances.get(test)?.keys() ?? [])];
  return {
    testsOf: (file) =>
      tests.flatMap((test) => {
        const distance = distances.get(test)?.get(file);
        return distance === undefined ? [] : [{ test, rank: rankOf(test, file, distance) }];
      }),
    startsProcess: (test) => reach(test).includes(LAUNCHER) || STARTS_PROCESS.test(texts.get(test) ?? ''),
    fingerprint(test) {
      const hash = createHash('sha256');
      for (const file of reach(test).toSorted()) hash.update(`${file}\0${texts.get(file) ?? ''}\0`);
      return hash.digest('hex');
    },
  };
}
