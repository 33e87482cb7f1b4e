// The Dockerfile held to the tree: what it copies is there or made by the build, nothing runs as root or in a shell.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = process.cwd();
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

/** The instructions, continued lines made one, comments left out. */
const INSTRUCTIONS: readonly Instruction[] = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => ({ name: line.split(' ', 1).join(), rest: line.slice(line.indexOf(' ') + 1) }));

const named = (name: string): string[] =>
  INSTRUCTIONS.filter((instruction) => instruction.name === name).map(({ rest }) => rest);

const COPIES = named('COPY');
const sources = (copy: string): string[] => copy.split(' ').slice(0, -1);
const FROM_TREE = COPIES.filter((copy) => !copy.startsWith('--from=')).flatMap(sources);
const FROM_STAGES = COPIES.filter((copy) => copy.startsWith('--from='));

/** What the context leaves in: the lines of .dockerignore that begin with an exclamation mark. */
const CONTEXT = read('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1));

const COMMANDS = INSTRUCTIONS.filter(({ name }) =>
  ['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(name),
);

test.each(FROM_TREE)('%s, which is copied, is in the tree and in the context', (path) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  expect(CONTEXT).toContain(path);
});

test('from other stages come the dependencies and the compiled sources, and nothing else', () => {
  expect(FROM_STAGES).toEqual([
    '--from=dependencies /app/node_modules ./node_modules',
    '--from=build /app/build/src ./build/src',
  ]);
});

test('the build makes what the image starts', () => {
  expect(named('ENTRYPOINT').join()).toContain('"build/src/main.js"');
  expect(existsSync(join(ROOT, 'src/main.ts'))).toBe(true);
  expect(JSON.parse(read('tsconfig.json'))).toMatchObject({
    compilerOptions: { rootDir: '.', outDir: 'build' },
  });
});

test('the dependencies are the production ones, from the lock file, without install scripts', () => {
  expect(named('RUN')).toContain('["npm", "ci", "--omit=dev", "--ignore-scripts"]');
});

test('the last user is neither root nor a name', () => {
  expect(named('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
});

test.each(COMMANDS)('$name $rest is in exec form', ({ rest }) => {
  const command: unknown = JSON.parse(rest.slice(rest.indexOf('[')));
  expect(command).toEqual(expect.arrayContaining([expect.any(String)]));
  expect(rest).not.toMatch(/"(\/bin\/)?(ba|da)?sh"/);
});

test('there are commands to look at', () => {
  expect(COMMANDS.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['RUN', 'ENTRYPOINT', 'HEALTHCHECK']),
  );
});

test('every base image has a tag', () => {
  expect(named('FROM')).toEqual(Array(3).fill(expect.stringMatching(/^[\w./-]+:[\w.-]+( AS \w+)?$/)));
});
