/** Copies of what was built, in which changes are made: the working tree stays as it is. */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startEmbedded } from '../src/embedded/embedded.js';
import { reportIn } from './reporter.js';
import type { Report } from './reporter.js';

/** What a run of tests has shown, and how it ended. */
export interface Run extends Report {
  readonly ending: Ending;
}

/** A file of src and the script that is run in its place. */
export interface Replaced {
  readonly file: string;
  readonly script: string;
}

export interface Sandbox {
  /** Runs `tests` in this order until one fails or `limitMs` are over, with what is replaced if anything is. */
  run(tests: readonly string[], limitMs: number, replaced?: Replaced): Promise<Run>;
  stop(): Promise<void>;
}

/** A copy does not hold itself. */
const isLinked = (name: string): boolean => !name.startsWith('build') && name !== '.git';

function furnish(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(root).filter(isLinked)) symlinkSync(join(root, name), join(folder, name));
  cpSync(join(root, 'build'), join(folder, 'build'), { recursive: true });
}

const compiled = (path: string): string => `build/${path.replace(/\.ts$/, '.js')}`;

/** Jest's settings for runs in `folder` that report to `output`, as a file. */
function configure(folder: string, output: string): string {
  const path = join(folder, 'jest.mutate.json');
  const config = {
    rootDir: folder,
    roots: ['<rootDir>/build/test'],
    testEnvironment: 'node',
    testMatch: ['**/*.test.js'],
    testTimeout: 20_000,
    transform: {},
    reporters: [[join(folder, 'build/mutate/reporter.js'), { output }]],
    testSequencer: join(folder, 'build/mutate/given-order.js'),
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** How a run ended: by itself, after its time while tests still ended, since none did any more, or with a crash or a failure. */
export type Ending = 'by itself' | 'after its time' | 'stuck' | 'broken';

/** Milliseconds without the end of a test after which a run is stuck, and between two looks. */
const STUCK_MS = 90_000;
const LOOK_MS = 500;

/** Runs node with `args` in `folder`, and ends it and all that it has started; `moved` says when a test has last ended. */
function program(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { limitMs, moved }: { readonly limitMs: number; readonly moved: () => number },
): Promise<Ending> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const begun = Date.now();
  const endAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  };
  process.once('exit', endAll);
  return new Promise((resolve) => {
    let ending: Ending | undefined;
    const end = (how: Ending): void => {
      ending = how;
      endAll();
    };
    const looks = setInterval(() => {
      const last = Math.max(begun, moved());
      if (last > begun + limitMs) end('after its time');
      if (Date.now() - last > STUCK_MS) end('stuck');
    }, LOOK_MS);
    child.once('exit', (code) => {
      clearInterval(looks);
      process.removeListener('exit', endAll);
      endAll();
      resolve(ending ?? (code === 0 ? 'by itself' : 'broken'));
    });
  });
}

const OWN = ['admin', 'config', 'local'];

/** Takes out of the database what a run that was ended has left. */
async function clear(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    const left = databases.map(({ name }) => name).filter((name) => !OWN.includes(name));
    await client.db('admin').command({ killAllSessions: [] });
    await Promise.all(left.map((name) => client.db(name).dropDatabase()));
  } finally {
    await client.close();
  }
}

const NODE = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** Makes the sandbox `name` below `root`, with a mongod of its own. */
export async function sandbox(root: string, name: string): Promise<Sandbox> {
  const folder = join(root, 'build-mutate', name);
  furnish(root, folder);
  const mongod = await startEmbedded({ dataDir: undefined, binary: undefined, log: () => undefined });
  const output = join(folder, 'report.json');
  const jest = [
    ...[...NODE, join(root, 'node_modules/jest/bin/jest.js')],
    ...['--config', configure(folder, output), '--runInBand', '--forceExit', '--runTestsByPath'],
  ];

  async function tried(tests: readonly string[], limitMs: number): Promise<Run> {
    const paths = tests.map((test) => join(folder, compiled(test)));
    const env = { TEST_MONGODB_URI: mongod.uri, TEST_ORDER: paths.join() };
    rmSync(output, { force: true });
    const moved = (): number => statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    const ending = await program(folder, [...jest, ...paths], env, { limitMs, moved });
    await clear(mongod.uri);
    if (!existsSync(output)) throw new Error('jest has not begun');
    return { ...reportIn(output), ending };
  }

  return {
    async run(tests, limitMs, replaced) {
      if (replaced === undefined) return tried(tests, limitMs);
      const target = join(folder, compiled(replaced.file));
      const original = readFileSync(target);
      writeFileSync(target, replaced.script);
      try {
        return await tried(tests, limitMs);
      } finally {
        writeFileSync(target, original);
      }
    },
    stop: () => mongod.stop(),
  };
}
