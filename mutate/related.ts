/** Which tests should see a change of a file: those that import it, the nearest first, and those that start the service. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** What needs a browser or a program of others, reads no code of src, or is about the tests' own tools. */
const UNASKED = /^test\/(?:explorer\/|clients\/(?!connect)|docker|embedded\/mongod)/;

const SPECIFIER = /(?:from|import|import\(|URL\()\s*'(\.[^']*\.js)'/g;

const filesBelow = (root: string, folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts'));

function importsOf(root: string, file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(SPECIFIER)].map(([, specifier = '']) => {
    const target = posix.join(dirname(file), specifier).replace(/\.js$/, '.ts');
    return target.replace(/^(?:\.\.\/)+/, '');
  });
}

export interface Related {
  /** The tests that should see a change of `file`, the likeliest first; `durationOf` tells what a test takes. */
  of(file: string, durationOf: (test: string) => number): readonly string[];
}

/** How many imports lead from `test` to `file`; Infinity: none do. */
function distance(imports: ReadonlyMap<string, readonly string[]>, test: string, file: string): number {
  const seen = new Set([test]);
  let [steps, front] = [0, [test]];
  while (front.length > 0) {
    if (front.includes(file)) return steps;
    const next = front.flatMap((each) => imports.get(each) ?? []).filter((each) => !seen.has(each));
    for (const each of next) seen.add(each);
    [steps, front] = [steps + 1, [...new Set(next)]];
  }
  return Infinity;
}

/** How near a test is to a file: its own, one that imports it, one of its folder, any other. Tests of no folder start the service. */
function rankOf(test: string, file: string, steps: number): number {
  const mirrored = file.replace(/^src\//, 'test/');
  if (test === mirrored.replace(/\.ts$/, '.test.ts')) return 0;
  if (steps === 1) return 1;
  return dirname(test) === dirname(mirrored) && dirname(test) !== 'test' ? 2 : 3;
}

/** The tests below `root`, by what they import. */
export function related(root: string): Related {
  const files = ['src', 'test'].flatMap((folder) => filesBelow(root, folder));
  const imports = new Map(files.map((file) => [file, importsOf(root, file)]));
  const tests = files.filter((file) => file.endsWith('.test.ts') && !UNASKED.test(file));
  return {
    of: (file, durationOf) =>
      tests
        .map((test) => ({ test, steps: distance(imports, test, file) }))
        .filter(({ steps }) => steps !== Infinity)
        .map(({ test, steps }) => ({ test, rank: rankOf(test, file, steps), duration: durationOf(test) }))
        .toSorted((one, other) => one.rank - other.rank || one.duration - other.duration)
        .map(({ test }) => test),
  };
}
