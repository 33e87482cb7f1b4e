// Sandboxes: copies of the build for changes, each with a mongod of its own. The working tree stays untouched.
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
import { basename, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { SAMPLE_DATABASE, startSampleMongod } from '../test/harness/sample.js';
import { reportIn } from './reporter.js';
import type { Report } from './reporter.js';
import type { Intervals } from './coverage-environment.js';

/** The results of a run, and its ending. */
export interface Run extends Report {
  readonly ending: Ending;
}

/** A file of src and the script in its place. */
export interface Replaced {
  readonly file: string;
  readonly script: string;
}

export interface RunOptions {
  readonly limitMs: number;
  /** The usual time of a test file, to recognize one that never ends. */
  durationOf(test: string): number;
  readonly replaced?: Replaced;
}

export interface Sandbox {
  /** Runs `tests` in this order until one fails or the limit is reached. */
  run(tests: readonly string[], options: RunOptions): Promise<Run>;
  /** Runs `tests` until one fails, and records their coverage. */
  measure(tests: readonly string[]): Promise<Run>;
  /** The coverage of a measured test: the executed intervals of each file of src. */
  coverageOf(test: string): Readonly<Record<string, readonly Intervals[]>>;
  stop(): Promise<void>;
}

/** A copy excludes itself. */
const isLinked = (name: string): boolean => !name.startsWith('build') && name !== '.git';

function copyBuild(root: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(root).filter(isLinked)) symlinkSync(join(root, name), join(folder, name));
  cpSync(join(root, 'build'), join(folder, 'build'), { recursive: true });
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (isList(value) ? value : []);

/** Parses the coverage of a test. */
function coverageIn(text: string): Readonly<Record<string, readonly Intervals[]>> {
  const parsed: unknown = JSON.parse(text);
  const files = typeof parsed === 'object' && parsed !== null ? Object.entries<unknown>({ ...parsed }) : [];
  return Object.fromEntries(
    files.map(([file, evaluations]) => [file, listOf(evaluations).map((each) => listOf(each).map(Number))]),
  );
}

const compiled = (path: string): string => `build/${path.replace(/\.ts$/, '.js')}`;

/** Writes jest's settings for runs in `folder` with reports to `output`. */
function configure(folder: string, output: string, testEnvironment: string): string {
  const path = join(folder, `jest.${basename(testEnvironment, '.js')}.json`);
  const config = {
    rootDir: folder,
    roots: ['<rootDir>/build/test'],
    testEnvironment,
    testMatch: ['**/*.test.js'],
    testTimeout: 20_000,
    transform: {},
    reporters: [[join(folder, 'build/mutate/reporter.js'), { output }]],
    testSequencer: join(folder, 'build/mutate/given-order.js'),
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** The ending of a run: by itself, at its limit, without progress, or with a crash or a failure. */
export type Ending = 'by itself' | 'after its time' | 'stuck' | 'broken';

const POLL_INTERVAL_MS = 500;
/** Longer than the timeout of a test and a hook. */
const MIN_STUCK_MS = 45_000;
/** A test file without progress for so many times its usual time is stuck. */
const STUCK_FACTOR = 2;

interface Watch {
  readonly limitMs: number;
  /** The time of the last report, and the time allowed until the next. */
  progress(): { readonly time: number; readonly allowedMs: number };
}

/** Runs node with `args` in `folder`, and kills it with all its children at the end. */
function runNode(
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { limitMs, progress }: Watch,
): Promise<Ending> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const begun = Date.now();
  const killAll = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // No process is left.
    }
  };
  process.once('exit', killAll);
  return new Promise((resolve) => {
    let ending: Ending | undefined;
    const end = (how: Ending): void => {
      ending = how;
      killAll();
    };
    const polls = setInterval(() => {
      const { time, allowedMs } = progress();
      const last = Math.max(begun, time);
      if (last > begun + limitMs) end('after its time');
      if (Date.now() - last > allowedMs) end('stuck');
    }, POLL_INTERVAL_MS);
    child.once('exit', (code) => {
      clearInterval(polls);
      process.removeListener('exit', killAll);
      killAll();
      resolve(ending ?? (code === 0 ? 'by itself' : 'broken'));
    });
  });
}

const SYSTEM_DATABASES = ['admin', 'config', 'local'];

/** Removes the databases left by a killed run, all but the one that tests copy from. */
async function clearDatabases(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  const kept = [...SYSTEM_DATABASES, SAMPLE_DATABASE];
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    const left = databases.map(({ name }) => name).filter((name) => !kept.includes(name));
    await client.db('admin').command({ killAllSessions: [] });
    await Promise.all(left.map((name) => client.db(name).dropDatabase()));
  } finally {
    await client.close();
  }
}

/** The time for a file without progress during the baseline. */
const MAX_BASELINE_MS = 180_000;

const NODE = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];

/** Creates the sandbox `name` below `root`, with a mongod. */
export async function createSandbox(root: string, name: string): Promise<Sandbox> {
  const folder = join(root, 'build-mutate', name);
  copyBuild(root, folder);
  const mongod = await startSampleMongod(() => undefined);
  const output = join(folder, 'report.json');
  const usual = configure(folder, output, 'node');
  const covering = configure(folder, output, join(folder, 'build/mutate/coverage-environment.js'));

  async function runJest(config: string, tests: readonly string[], options: RunOptions): Promise<Run> {
    const paths = tests.map((test) => join(folder, compiled(test)));
    const env = { TEST_MONGODB_URI: mongod.uri, TEST_ORDER: paths.join() };
    const args = [
      ...[...NODE, join(root, 'node_modules/jest/bin/jest.js'), '--config', config],
      ...['--runInBand', '--forceExit', '--runTestsByPath', ...paths],
    ];
    rmSync(output, { force: true });
    const progress = () => {
      const time = statSync(output, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const running = time === 0 ? undefined : reportIn(output).running;
      const usualMs = running === undefined ? 0 : options.durationOf(running);
      return { time, allowedMs: Math.max(MIN_STUCK_MS, STUCK_FACTOR * usualMs) };
    };
    const ending = await runNode(folder, args, env, { limitMs: options.limitMs, progress });
    await clearDatabases(mongod.uri);
    if (!existsSync(output)) throw new Error('jest has not begun');
    return { ...reportIn(output), ending };
  }

  return {
    async run(tests, options) {
      const { replaced } = options;
      if (replaced === undefined) return runJest(usual, tests, options);
      const target = join(folder, compiled(replaced.file));
      const original = readFileSync(target);
      writeFileSync(target, replaced.script);
      try {
        return await runJest(usual, tests, options);
      } finally {
        writeFileSync(target, original);
      }
    },
    measure: (tests) =>
      runJest(covering, tests, { limitMs: Infinity, durationOf: () => MAX_BASELINE_MS / STUCK_FACTOR }),
    coverageOf(test) {
      const path = join(folder, 'coverage', `${test}.json`);
      return existsSync(path) ? coverageIn(readFileSync(path, 'utf8')) : {};
    },
    stop: () => mongod.stop(),
  };
}
