// Starts mongods: one with options of its own, or an empty database.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import { freePort, startEmbedded } from '../../src/embedded/embedded.js';
import { findMongod } from '../../src/embedded/mongod.js';
import { endChild } from './child.js';
import { until } from './until.js';

const CACHE = fileURLToPath(new URL('../../../.cache/mongod', import.meta.url));
/** Ends a mongod once its parent has been killed. */
const KILLER = createRequire(import.meta.url).resolve('mongodb-memory-server-core/scripts/mongo_killer.js');
const START_TIMEOUT_MS = 30_000;
/** Members of a replica set yield the processor to the system under test. */
const NICE = ['nice', '-n', '10'];

/** An address for a mongod. */
export const freeHost = async (): Promise<string> => `127.0.0.1:${await freePort()}`;

/** Runs a mongod on the data in `folder`, and waits until it accepts connections at `host`. */
export async function spawnMongod(
  host: string,
  folder: string,
  options: readonly string[],
  prefix: readonly string[] = [],
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

/** Runs a member of a replica set, at a lower priority. */
export const spawnMember = (
  host: string,
  folder: string,
  options: readonly string[],
): Promise<ChildProcess> => spawnMongod(host, folder, options, NICE);

export interface OwnMongod {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a mongod on 127.0.0.1 with `options`, on the data in `folder` or on none. */
export async function startMongod(options: readonly string[], folder?: string): Promise<OwnMongod> {
  const port = await freePort();
  const data = folder ?? (await mkdtemp(join(tmpdir(), 'own-mongod-')));
  const child = await spawnMongod(`127.0.0.1:${port}`, data, options);
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      await endChild(child, 'SIGKILL');
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
