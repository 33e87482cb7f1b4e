// The service as users run it, in this process, on the mongod of the test run.
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import type { CommandStartedEvent, Db, Document } from 'mongodb';
import { pino } from 'pino';
import { createApp } from '../../src/app.js';
import type { Usage } from '../../src/app.js';
import type { Replaced } from '../../src/start/context.js';
import { readConfig } from '../../src/config/config.js';
import type { Config } from '../../src/config/config.js';
import { logOptions } from '../../src/telemetry/log.js';
import { IN_TIME } from './chained.js';
import { jsonClient } from './client.js';
import type { JsonClient, Outcome } from './client.js';
import type { LogLine } from './program.js';
import { copySample } from './sample.js';
import { isListening } from './tcp.js';
import { until } from './until.js';

/** The time from the start of the service until it serves. */
const START_TIMEOUT_MS = 15_000;
/** The time from the close of the service until its calls hold nothing. */
const RELEASE_TIMEOUT_MS = 5000;
/** Log lines from this level on report a fault. */
const ERROR_LEVEL = 50;

export type { LogLine } from './program.js';

/** The service, and the calls of a gRPC client of its own. */
export interface Service extends Pick<JsonClient, 'call' | 'send'> {
  list(domain_id: string, query: JsonObject): Promise<Outcome>;
  stat(domain_id: string, query: JsonObject): Promise<Outcome>;
  /** The addresses of the gRPC, the HTTP and the admin listener; the last one is off unless settings open it. */
  readonly address: string;
  readonly http: string;
  readonly admin: string;
  /** A client of the database. */
  readonly client: MongoClient;
  readonly db: Db;
  /** All log lines, and those on faults of the service or the database. */
  readonly log: readonly LogLine[];
  readonly faults: readonly LogLine[];
  /** The resources in use by calls. */
  usage(): Usage;
  /** The sum of scheduler slots, waiters and reserved bytes in use by calls: 0 without calls. */
  taken(): number;
  /** Replaces all jobs and collectors by those of the sample. */
  reload(): Promise<void>;
  insert(jobs: readonly Document[], collectors?: readonly Document[]): Promise<void>;
  /** Passes each command of calls to `listener`, if commands are monitored. */
  onCommand(listener: (command: Document) => void): void;
  /** Checks the indexes again. */
  lookAtIndexes(): Promise<void>;
  /** Closes everything. Errors: it still listens, or calls have not given back what they took. */
  stop(): Promise<void>;
}

/** The URI of the mongod of the test run. */
export function mongodbUri(): string {
  const uri = process.env['TEST_MONGODB_URI'];
  if (uri === undefined) throw new Error('TEST_MONGODB_URI is not set: run the tests by npm test');
  return uri;
}

const DEFAULTS: Config = readConfig({});

const lineOf = (text: string): LogLine => {
  const line: unknown = JSON.parse(text);
  return typeof line === 'object' && line !== null ? { ...line } : {};
};

/** An app on `database`, with its log and the listeners to its commands. */
function createTestedApp(database: string, settings: Partial<Config>, replaced: Replaced, now: () => number) {
  const log: LogLine[] = [];
  const listeners: ((command: Document) => void)[] = [];
  const config = {
    ...DEFAULTS,
    ...{ grpcPort: 0, httpPort: 0, adminPort: 'off' as const, shutdownGraceMs: 1000 },
    ...{ mongodbUri: mongodbUri(), mongodbDatabase: database },
    ...settings,
  };
  const app = createApp(config, {
    clock: { now, monotonicNow: () => performance.now() },
    log: pino(logOptions('info'), { write: (text) => void log.push(lineOf(text)) }),
    // The tests share the event loop: its delay says nothing about the service.
    replaced: { load: IN_TIME, ...replaced },
    observeClient(own, purpose) {
      if (purpose === 'control') return;
      own.on('commandStarted', ({ command }: CommandStartedEvent) => {
        for (const listener of listeners) listener(command);
      });
    },
  });
  return { app, log, listeners };
}

/** The calls of a gRPC client, which connects with the first. */
function createCalls(address: () => string) {
  let client: JsonClient | undefined;
  const connected = (): JsonClient => (client ??= jsonClient(address()));
  const call: JsonClient['call'] = (...request) => connected().call(...request);
  return {
    call,
    send: (...request: Parameters<JsonClient['send']>) => connected().send(...request),
    list: (domain_id: string, query: JsonObject) => call('list', { domain_id, query }),
    stat: (domain_id: string, query: JsonObject) => call('stat', { domain_id, query }),
    close: () => client?.close(),
  };
}

/** Throws if something still listens at `address`. */
async function checkClosed(address: string): Promise<void> {
  if (address === '' || address === 'off') return;
  if (await isListening(address)) throw new Error(`the service still listens at ${address}`);
}

/** A service before its start. */
export function createService(
  database: string,
  settings: Partial<Config> = {},
  replaced: Replaced = {},
  now: () => number = Date.now,
): Service & { start(): Promise<void> } {
  const client = new MongoClient(mongodbUri());
  const db = client.db(database);
  const { app, log, listeners } = createTestedApp(database, settings, replaced, now);
  const addresses = { grpc: '', http: '', admin: '' };
  const { close, ...calls } = createCalls(() => addresses.grpc);
  const insert = async (name: string, documents: readonly Document[]): Promise<void> => {
    if (documents.length > 0) await db.collection(name).insertMany([...documents]);
  };
  const taken = (): number => {
    const { schedulers, memory } = app.usage();
    return Object.values(schedulers).reduce(
      (sum, { running, waiting, domains }) => sum + running + waiting + domains,
      memory,
    );
  };
  const reload = async (): Promise<void> => {
    await db.collection('job_task').deleteMany({});
    await copySample(client, db);
  };
  return {
    ...calls,
    ...{ client, db, log, reload },
    get address() {
      return addresses.grpc;
    },
    get http() {
      return addresses.http;
    },
    get admin() {
      return addresses.admin;
    },
    get faults() {
      return log.filter(({ level }) => Number(level) >= ERROR_LEVEL);
    },
    usage: app.usage,
    taken,
    async insert(jobs, collectors = []) {
      await insert('collector', collectors);
      await insert('job', jobs);
    },
    onCommand: (listener) => void listeners.push(listener),
    lookAtIndexes: app.checkIndexes,
    async start() {
      await reload();
      Object.assign(addresses, await app.start());
      await until('the service serves', () => log.some(({ msg }) => msg === 'serving'), START_TIMEOUT_MS);
      await app.checkIndexes();
    },
    async stop() {
      close();
      await app.close();
      // An open client would keep the whole run alive after a test with database trouble.
      await db.dropDatabase().finally(() => client.close());
      await Promise.all([addresses.grpc, addresses.http].map(checkClosed));
      await until('calls have given everything back', () => taken() === 0, RELEASE_TIMEOUT_MS);
    },
  };
}

/**
 * Fills `database` with the sample, after emptying it, and serves it with `settings` in place of the defaults. `now` is the
 * wall clock of calls.
 */
export async function startService(...options: Parameters<typeof createService>): Promise<Service> {
  const service = createService(...options);
  await service.start();
  return service;
}
