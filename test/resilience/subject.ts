/** The built service as trials have it: a process on a mongod of its own, its log in a file, and a probe inside (docs/operations.md «Trials»). */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Db } from 'mongodb';
import { startEmbedded } from '../../src/embedded/embedded.js';
import type { Addresses, Settings } from '../harness/program.js';
import { until } from '../harness/until.js';

export const DATABASE = 'inventory';
const STARTING = 20_000;

const built = (path: string): URL => new URL(path, import.meta.url);
const MAIN = fileURLToPath(built('../../src/main.js'));
const PROBE = built('probe.js').href;

/** What the probe can be asked: `collected` makes it collect garbage first, and `counted` count what is alive then. */
export type Question = 'collected' | 'counted' | 'as it is';

export interface Vitals {
  /** Bytes. */
  readonly heapUsed: number;
  readonly rss: number;
  /** Milliseconds that the event loop was held at most since it was last asked. */
  readonly held: number;
  /** Turns, places to wait and bytes that calls have of the service. */
  readonly taken: number;
  /** Where they were counted: AbortSignals and sessions of the driver that are alive, timers, listeners on the process. */
  readonly signals?: number;
  readonly sessions?: number;
  readonly timers?: number;
  readonly listeners?: number;
}

export interface Subject extends AsyncDisposable {
  readonly pid: number;
  readonly addresses: Addresses;
  vitals(question: Question): Promise<Vitals>;
  /** Files and sockets that are open. */
  descriptors(): number;
  /** Whether it still is the process that was started. */
  alive(): boolean;
  /** Lines of its log, and what it wrote beside it. */
  log(): readonly string[];
  complaints(): string;
}

const lines = (path: string): readonly string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

/** Of the environment only what programs need to run; any free port. */
const environment = (settings: Settings): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  MONGODB_DATABASE: DATABASE,
  GRPC_PORT: '0',
  HTTP_PORT: '0',
  ADMIN_PORT: '0',
  ...settings,
});

function launch(settings: Settings, log: string, complaints: string): ChildProcess {
  const files = [log, complaints].map((path) => openSync(path, 'w'));
  const child = spawn(process.execPath, ['--import', PROBE, MAIN], {
    env: environment(settings),
    stdio: ['ignore', ...files, 'ipc'],
  });
  for (const file of files) closeSync(file);
  return child;
}

const membersOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Where the log says that it serves; undefined: it does not say. */
function addressesIn(log: string): Addresses | undefined {
  const line = lines(log).find((each) => each.includes('"msg":"serving"'));
  if (line === undefined) return undefined;
  const { grpc, http, admin } = membersOf(JSON.parse(line));
  return { grpc: textOf(grpc), http: textOf(http), admin: textOf(admin) };
}

async function told(child: ChildProcess, question: Question): Promise<Vitals> {
  const patience = { signal: AbortSignal.timeout(STARTING) };
  const answer: Promise<readonly unknown[]> = once(child, 'message', patience);
  child.send(question);
  const { heapUsed, rss, held, taken, signals, sessions, timers, listeners } = membersOf((await answer)[0]);
  return {
    heapUsed: Number(heapUsed),
    rss: Number(rss),
    held: Number(held),
    taken: Number(taken),
    signals: Number(signals),
    sessions: Number(sessions),
    timers: Number(timers),
    listeners: Number(listeners),
  };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Starts the service with `settings`, and waits until it serves. */
export async function startSubject(settings: Settings): Promise<Subject> {
  const folder = await mkdtemp(join(tmpdir(), 'trial-service-'));
  const log = join(folder, 'log');
  const complaints = join(folder, 'complaints');
  const child = launch(settings, log, complaints);
  const dispose = async (): Promise<void> => {
    await stopped(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await until('the service serves', () => addressesIn(log) !== undefined, STARTING);
  } catch (error) {
    const said = readFileSync(complaints, 'utf8') + readFileSync(log, 'utf8');
    await dispose();
    throw new Error(`the service does not serve: ${said.slice(0, 1000)}`, { cause: error });
  }
  let asked: Promise<unknown> = Promise.resolve();
  const pid = child.pid ?? 0;
  return {
    pid,
    addresses: addressesIn(log) ?? { grpc: '', http: '', admin: '' },
    vitals(question) {
      // One at a time: answers come in the order of the questions.
      const answer = asked.then(() => told(child, question));
      asked = answer.catch(() => undefined);
      return answer;
    },
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    alive: () => child.exitCode === null && child.signalCode === null,
    log: () => lines(log),
    complaints: () => readFileSync(complaints, 'utf8'),
    [Symbol.asyncDispose]: dispose,
  };
}

export interface Database extends AsyncDisposable {
  readonly uri: string;
  readonly client: MongoClient;
  readonly db: Db;
}

/** Starts an empty mongod. */
export async function startDatabase(): Promise<Database> {
  const mongod = await startEmbedded({
    dataDir: undefined,
    binary: process.env['MONGOD_BINARY'],
    log: () => undefined,
  });
  const client = new MongoClient(mongod.uri);
  return {
    uri: mongod.uri,
    client,
    db: client.db(DATABASE),
    async [Symbol.asyncDispose]() {
      await client.close();
      await mongod.stop();
    },
  };
}
