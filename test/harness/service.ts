// The service as users run it, on the test run's mongod: the application that src/main.ts starts.
import { MongoClient } from 'mongodb';
import type { CommandStartedEvent, Db, Document } from 'mongodb';
import { pino } from 'pino';
import { fileURLToPath } from 'node:url';
import { createApp } from '../../src/app.js';
import type { Usage, Replaced } from '../../src/app.js';
import { readConfig } from '../../src/config/config.js';
import type { Config } from '../../src/config/config.js';
import { loadSample } from '../../src/embedded/sample.js';
import { makeIndexes } from '../../src/job/collections.js';
import { logOptions } from '../../src/telemetry/log.js';
import { IN_TIME } from './chained.js';
import { until } from './until.js';

const SAMPLE = fileURLToPath(new URL('../../../sample', import.meta.url));
/** Milliseconds from the start of the service until it serves. */
const STARTING = 15_000;
/** The level of log lines from which on they tell of a fault. */
const ERROR = 50;

export type LogLine = Readonly<Record<string, unknown>>;

export interface Service {
  /** Of the gRPC door and of the HTTP door. */
  readonly address: string;
  readonly http: string;
  /** A client of the tests' own. */
  readonly client: MongoClient;
  readonly db: Db;
  /** The lines of the log, and those among them that tell of a fault of this service or of the database. */
  readonly log: readonly LogLine[];
  readonly faults: readonly LogLine[];
  /** What calls have of the service now. */
  usage(): Usage;
  /** Turns, places to wait and bytes that calls have now: none where nothing runs. */
  taken(): number;
  /** Empties the database and loads the sample. */
  reload(): Promise<void>;
  /** Hands each command for calls to `heard`, where commands are monitored. */
  onCommand(heard: (command: Document) => void): void;
  /** Takes notice of which indexes there are. */
  lookAtIndexes(): Promise<void>;
  stop(): Promise<void>;
}

/** The URI of the mongod that the test run started. */
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

/**
 * Serves `database`, which is emptied and filled with the sample first, with `settings` in place of the defaults. `now`
 * is the wall clock of calls.
 */
export async function startService(
  database: string,
  settings: Partial<Config> = {},
  replaced: Replaced = {},
  now: () => number = Date.now,
): Promise<Service> {
  const uri = mongodbUri();
  const client = new MongoClient(uri);
  const db = client.db(database);
  const reload = async (): Promise<void> => {
    await Promise.all(['job', 'collector', 'job_task'].map((name) => db.collection(name).deleteMany({})));
    await loadSample(uri, database, SAMPLE);
    await makeIndexes(db);
  };
  await reload();
  const log: LogLine[] = [];
  const commands: ((command: Document) => void)[] = [];
  const config = {
    ...DEFAULTS,
    ...{ grpcPort: 0, httpPort: 0, adminPort: 'off' as const, shutdownGrace: 1000 },
    ...{ mongodbUri: uri, mongodbDatabase: database },
    ...settings,
  };
  const app = createApp(config, {
    clock: { now, monotonicNow: () => performance.now() },
    log: pino(logOptions('info'), { write: (text) => void log.push(lineOf(text)) }),
    // The tests are on the same event loop: how late it is says nothing of the service.
    replaced: { load: IN_TIME, ...replaced },
    observeClient(own, purpose) {
      if (purpose === 'control') return;
      own.on('commandStarted', ({ command }: CommandStartedEvent) => {
        for (const heard of commands) heard(command);
      });
    },
  });
  const { grpc, http } = await app.start();
  await until('the service serves', () => log.some(({ msg }) => msg === 'serving'), STARTING);
  await app.checkIndexes();
  return {
    address: grpc,
    http,
    client,
    db,
    log,
    get faults() {
      return log.filter(({ level }) => Number(level) >= ERROR);
    },
    usage: app.usage,
    taken() {
      const { schedulers, memory } = app.usage();
      return Object.values(schedulers).reduce(
        (sum, { running, waiting, domains }) => sum + running + waiting + domains,
        memory,
      );
    },
    reload,
    onCommand: (heard) => void commands.push(heard),
    lookAtIndexes: app.checkIndexes,
    async stop() {
      await app.close();
      // What stays open when a test leaves the database in trouble would keep the whole run from ending.
      await db.dropDatabase().finally(() => client.close());
    },
  };
}
