// The service as users run it, on the test run's mongod: the same parts that src/main.ts puts together.
import { MongoClient } from 'mongodb';
import type { CommandStartedEvent, Db, Document, MongoClientOptions } from 'mongodb';
import { fileURLToPath } from 'node:url';
import { open } from '../../src/auth/open.js';
import { loadSample, SAMPLE_DOMAINS } from '../../src/embedded/sample.js';
import { clientOptions, CONTROL, STATS } from '../../src/job/database.js';
import { findIndexes, makeIndexes } from '../../src/job/indexes.js';
import { killingOn } from '../../src/job/killing.js';
import { jobService } from '../../src/job/service.js';
import { memoryFor } from '../../src/job/memory.js';
import type { Memory } from '../../src/job/memory.js';
import { jobStore } from '../../src/job/store.js';
import { lanes } from '../../src/job/turns.js';
import { chain } from '../../src/server/call.js';
import type { ChainOptions } from '../../src/server/call.js';
import { grpcDoor } from '../../src/server/grpc.js';
import { httpDoor } from '../../src/server/http.js';
import { servingState } from '../../src/server/health.js';
import type { Tls } from '../../src/server/tls.js';

const SAMPLE = fileURLToPath(new URL('../../../sample', import.meta.url));

export interface Service {
  /** Of the gRPC door and of the HTTP door. */
  readonly address: string;
  readonly http: string;
  readonly client: MongoClient;
  readonly db: Db;
  /** What went to the log as a fault of this service or of the database. */
  readonly faults: unknown[];
  /** Empties the database and loads the sample. */
  reload(): Promise<void>;
  /** Hands each command for calls to `heard`, where commands are monitored. */
  onCommand(heard: (command: Document) => void): void;
  /** Takes notice of which indexes there are. */
  lookAtIndexes(): Promise<void>;
  stop(): Promise<void>;
}

type Limits = Pick<ChainOptions, 'defaultTimeout' | 'maxTimeout' | 'authenticate'> & {
  readonly tls: Tls | undefined;
  readonly patience: number | undefined;
  readonly maxPageSize: number;
  readonly maxResponseBytes: number;
  readonly collectorCache: number;
};

const LIMITS: Limits = {
  authenticate: open,
  tls: undefined,
  patience: undefined,
  defaultTimeout: 30_000,
  maxTimeout: 300_000,
  maxPageSize: 0,
  maxResponseBytes: 64 * 1024 ** 2,
  collectorCache: 0,
};

/** The URI of the mongod that the test run started. */
export function mongodbUri(): string {
  const uri = process.env['TEST_MONGODB_URI'];
  if (uri === undefined) throw new Error('TEST_MONGODB_URI is not set: run the tests by npm test');
  return uri;
}

/** Serves `database`, which is emptied and filled with the sample first. */
export async function startService(
  database: string,
  limits: Partial<Limits & { readonly memory: Memory }> = {},
  options: MongoClientOptions = {},
): Promise<Service> {
  const uri = mongodbUri();
  const client = new MongoClient(uri, { ...clientOptions(uri), ...options });
  const stats = new MongoClient(uri, { ...clientOptions(uri), ...STATS, ...options });
  const control = new MongoClient(uri, { ...clientOptions(uri), ...CONTROL });
  const db = client.db(database);
  const connections = { reads: db, stats: stats.db(database), kill: killingOn(control.db(database)) };
  const faults: unknown[] = [];
  const reload = async (): Promise<void> => {
    await Promise.all(['job', 'collector', 'job_task'].map((name) => db.collection(name).deleteMany({})));
    await loadSample(uri, database, SAMPLE);
    await makeIndexes(db);
  };
  await reload();
  let orderedBy: ReadonlySet<string> = new Set();
  const lookAtIndexes = async (): Promise<void> => {
    ({ orderedBy } = await findIndexes(db));
  };
  await lookAtIndexes();
  const state = servingState();
  state.set(true);
  const all = { memory: memoryFor(limits.maxResponseBytes ?? LIMITS.maxResponseBytes), ...LIMITS, ...limits };
  const report = (fault: unknown): void => {
    faults.push(fault);
  };
  const log = { info: () => undefined, error: report };
  const calls = chain({
    service: jobService({
      store: jobStore(connections, { report, orderedBy: () => orderedBy }),
      clock: () => performance.now(),
      lanes: lanes(),
      ...all,
    }),
    ready: state.serving,
    now: () => Date.now(),
    log,
    ...all,
  });
  const now = (): number => Date.now();
  const where = { chain: calls, state, host: '127.0.0.1', port: 0, tls: all.tls, patience: all.patience };
  const door = await grpcDoor({ ...where, version: 'test' });
  const http = await httpDoor({
    ...where,
    now,
    corsOrigins: ['https://console.example.org'],
    version: 'test',
    explorer: { auth: 'none', grpc: door.address, domains: SAMPLE_DOMAINS },
    log,
  });
  return {
    address: door.address,
    http: http.address,
    client,
    db,
    faults,
    reload,
    lookAtIndexes,
    onCommand(heard) {
      for (const each of [client, stats])
        each.on('commandStarted', ({ command }: CommandStartedEvent) => {
          heard(command);
        });
    },
    async stop() {
      await Promise.all([door.close(1000), http.close(1000)]);
      // What stays open when a test leaves the database in trouble would keep the whole run from ending.
      await db.dropDatabase().finally(() => Promise.all([client.close(), stats.close(), control.close()]));
    },
  };
}
