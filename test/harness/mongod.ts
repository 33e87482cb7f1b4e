// Starts mongods, which can be killed, frozen and restarted, and an empty database.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import { startEmbedded } from '../../src/embedded/embedded.js';
import { findMongod } from '../../src/embedded/mongod.js';
import { endChild } from './child.js';
import { freeAddress } from './tcp.js';
import { until } from './until.js';

const CACHE = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
/** Ends a mongod once its parent has been killed. */
const KILLER = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');
const START_TIMEOUT_MS = 30_000;
const FREEZE_TIMEOUT_MS = 2000;

const isStopped = (child: ChildProcess | undefined): boolean =>
  readFileSync(`/proc/${child?.pid ?? ''}/stat`, 'utf8').includes(') T ');

/** Runs a mongod on the data in `folder`, and waits until it accepts connections at `host`. */
async function spawnMongod(
  host: string,
  folder: string,
  options: readonly string[],
  prefix: readonly string[],
): Promise<ChildProcess> {
  const { path } = await findMongod(process.env['MONGOD_BINARY'], CACHE, () => undefined);
  const [ip = '', port = ''] = host.split(':');
  const place = ['--bind_ip', ip, '--port', port, '--nounixsocket', '--dbpath', folder];
  const [command = '', ...args] = [...prefix, path, ...place, ...options];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  spawn(process.execPath, [KILLER, String(process.pid), String(child.pid)], {
    detached: true,
    stdio: 'ignore',
  }).unref();
  let listening = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    listening ||= line.includes('"Waiting for connections"');
  });
  try {
    await until(`mongod ${options.join(' ')} accepts connections`, () => listening, START_TIMEOUT_MS);
    return child;
  } catch (error) {
    await endChild(child, 'SIGKILL');
    throw error;
  }
}

export interface Mongod {
  readonly host: string;
  /** Starts the process, and waits until it accepts connections. */
  start(options?: readonly string[]): Promise<void>;
  /** Kills the process, and waits for its exit. */
  kill(): Promise<void>;
  /** Stops the process by SIGSTOP: its connections stay open, without an answer. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** A mongod at `host` on the data in `folder`, run by the command in `prefix` if there is one. */
export function createMongod(host: string, folder: string, prefix: readonly string[] = []): Mongod {
  let child: ChildProcess | undefined;
  return {
    host,
    async start(options = []) {
      child = await spawnMongod(host, folder, options, prefix);
    },
    async kill() {
      if (child !== undefined) await endChild(child, 'SIGKILL');
    },
    async freeze() {
      child?.kill('SIGSTOP');
      // Running threads stop one after the other.
      await until(`mongod on ${host} is frozen`, () => isStopped(child), FREEZE_TIMEOUT_MS);
    },
    thaw() {
      child?.kill('SIGCONT');
    },
  };
}

export interface OwnMongod {
  readonly host: string;
  stop(): Promise<void>;
}

/** Starts a mongod on 127.0.0.1 with `options`, on the data in `folder` or on none. */
export async function startMongod(options: readonly string[], folder?: string): Promise<OwnMongod> {
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'own-mongod-')));
  const { host, start, kill } = createMongod(await freeAddress(), data);
  await start(options);
  return {
    host,
    async stop() {
      await kill();
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The database name of the service. */
export const DATABASE = 'inventory';

/** Runs `work` on the database of the service, by a client of its own. */
export async function withDatabase<T>(
  uri: string,
  work: (db: Db) => Promise<T>,
  options: MongoClientOptions = {},
): Promise<T> {
  await using client = new MongoClient(uri, options);
  return await work(client.db(DATABASE));
}

export interface Database extends AsyncDisposable {
  readonly uri: string;
  readonly client: MongoClient;
  readonly db: Db;
}

/** Starts the embedded mongod without data, and a client of it. */
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
