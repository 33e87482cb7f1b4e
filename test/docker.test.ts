// The Dockerfile matches the tree: every copied path exists or is built, and nothing runs as root or in a shell.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = process.cwd();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** Instructions of the Dockerfile, without comments and with continued lines joined. */
const INSTRUCTIONS: readonly Instruction[] = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ name: line.split(' ', 1).join(), rest: line.slice(line.indexOf(' ') + 1) }));

const instructionsNamed = (name: string): string[] =>
  INSTRUCTIONS.filter((instruction) => instruction.name === name).map(({ rest }) => rest);

const COPIES = instructionsNamed('COPY');
const sourcesOf = (copy: string): string[] => copy.split(' ').slice(0, -1);
const FROM_TREE = COPIES.filter((copy) => !copy.startsWith('--from=')).flatMap(sourcesOf);
const FROM_STAGES = COPIES.filter((copy) => copy.startsWith('--from='));

/** Paths in the build context: the lines of .dockerignore with a leading exclamation mark. */
const CONTEXT_PATHS = read('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

const COMMANDS = INSTRUCTIONS.filter(({ name }) =>
  ['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(name),
);

test.each(FROM_TREE)('the copied path %s is in the tree and in the build context', (path) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(CONTEXT_PATHS).toContain(path);
});

test('only dependencies and compiled sources are copied from other stages', () => {
  expect(FROM_STAGES).toEqual([
    '--from=dependencies /app/node_modules ./node_modules',
    '--from=build /app/build/src ./build/src',
  ]);
});

test('the entry point is a file of the build', () => {
  expect(instructionsNamed('ENTRYPOINT').join()).toContain('"build/src/main.js"');
  expect(existsSync(join(ROOT, 'src/main.ts'))).toBe(true);
  expect(JSON.parse(read('tsconfig.json'))).toMatchObject({
    compilerOptions: { rootDir: '.', outDir: 'build' },
  });
});

test('production dependencies are installed from the lock file without install scripts', () => {
  expect(instructionsNamed('RUN')).toContain('["npm", "ci", "--omit=dev", "--ignore-scripts"]');
});

test('the image runs as a numeric user other than root', () => {
  expect(instructionsNamed('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});

test.each(COMMANDS)('$name $rest is in exec form and starts no shell', ({ rest }) => {
  const command: unknown = JSON.parse(rest.slice(rest.indexOf('[')));
  expect(command).toEqual(expect.arrayContaining([expect.any(String)]));
  expect(rest).not.toMatch(/"(\/bin\/)?(ba|da)?sh"/);
});

test('the Dockerfile has commands of every kind that is checked', () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['RUN', 'ENTRYPOINT', 'HEALTHCHECK']),
  );
});

test('every base image has a tag', () => {
  expect(instructionsNamed('FROM')).toEqual(
    Array(3).fill(expect.stringMatching(/^[\w./-]+:[\w.-]+( AS \w+)?$/)),
  );
});
