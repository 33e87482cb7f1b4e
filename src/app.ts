/**
 * The composition root: puts the parts of the service together, opens its listeners and closes them again
 * (docs/architecture.md «Composition»). The program, the tests and the resilience scenarios start this.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import { authentication, encryption } from './access.js';
import type { Authenticate } from './auth/caller.js';
import type { Config } from './config.js';
import { SAMPLE_DOMAINS } from './embedded/sample.js';
import { clientOptions, CONTROL, directUri, STATS } from './job/database.js';
import { connections } from './job/connections.js';
import type { Connections, Opening, Purpose } from './job/connections.js';
import { indexWatch, makeIndexes } from './job/indexes.js';
import { memoryFor } from './job/memory.js';
import type { MeasuredMemory } from './job/memory.js';
import { pacing } from './job/pace.js';
import type { Pace } from './job/pace.js';
import { keeping } from './job/readiness.js';
import type { Kept } from './job/readiness.js';
import { jobService } from './job/service.js';
import { jobStore } from './job/store.js';
import type { StoreConnections } from './job/store.js';
import { lanes, loadOf } from './job/turns.js';
import type { LaneLoad, Lanes } from './job/turns.js';
import type { Log } from './log.js';
import { chain } from './server/call.js';
import type { Chain } from './server/call.js';
import { connectionLimit, descriptorLimit, MAX_CONNECTIONS } from './server/descriptors.js';
import { grpcDoor } from './server/grpc.js';
import type { Door } from './server/grpc.js';
import { servingState } from './server/health.js';
import type { ServingState } from './server/health.js';
import { httpDoor } from './server/http.js';
import { watchLoad } from './server/load.js';
import type { Load as LoopLoad } from './server/load.js';
import type { Tls } from './server/tls.js';
import { adminDoor } from './server/web.js';

const ROOT = new URL('../../', import.meta.url);

/** Undoes the steps of the start at the end, the last first. */
type Cleanups = (() => Promise<void>)[];

export interface Addresses {
  readonly grpc: string;
  readonly http: string;
  readonly admin: string;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only grow. */
  monotonicNow(): number;
}

/** Parts in place of those that the settings would make. */
export interface Replaced {
  readonly authenticate?: Authenticate;
  readonly tls?: Tls;
  readonly memory?: MeasuredMemory;
  /** Domains that the explorer offers. */
  readonly domains?: readonly string[];
  /** Options of each client of the database, beside its own. */
  readonly mongo?: MongoClientOptions;
  /** Milliseconds for a client to take its answer. */
  readonly patience?: number;
  /** How late the event loop is, where others share it. */
  readonly load?: LoopLoad;
}

/** The work that a client's connections are for, with the options of its own. */
const CLIENTS: Readonly<Record<Purpose, MongoClientOptions>> = { reads: {}, stats: STATS, control: CONTROL };

export interface AppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly replaced?: Replaced;
  /** Called with each client of the database once it is made. */
  readonly observeClient?: (client: MongoClient, purpose: Purpose) => void;
}

/** What calls have of the service now: nothing where none runs. */
export interface Usage {
  readonly lanes: Readonly<Record<keyof Lanes, LaneLoad>>;
  /** Bytes of requests and answers. */
  readonly memory: number;
}

export interface App {
  /** Starts serving. Errors: a part cannot start; `close` undoes the parts before it. */
  start(): Promise<Addresses>;
  /** Reads again which indexes there are, as a timer does. */
  checkIndexes(): Promise<void>;
  usage(): Usage;
  /** Refuses new calls, lets running ones end within the grace, and stops everything. */
  close(): Promise<void>;
}

/** The surroundings and the settings that each step of the start reads. */
interface Context extends AppOptions {
  readonly config: Config;
  /** What all calls share. */
  readonly shared: { readonly lanes: Lanes; readonly memory: MeasuredMemory };
  readonly cleanups: Cleanups;
}

/** The listeners' way to the calls. */
interface Parts {
  readonly calls: Chain;
  readonly state: ServingState;
  readonly pace: Pace;
  readonly tls: Tls | undefined;
  /** Domains with jobs, as far as they are known. */
  readonly domains: readonly string[];
  /** Of each transport. */
  readonly maxConnections: number;
}

interface Database {
  readonly uri: string;
  /** Whether it is this service's own, with indexes to make and the sample to load. */
  readonly embedded: boolean;
}

function versionOf(): string {
  const about: unknown = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const version =
    typeof about === 'object' && about !== null && 'version' in about ? about.version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

const VERSION = versionOf();

async function embeddedDatabase({ config, log, cleanups }: Context): Promise<Database> {
  const { startEmbedded } = await import('./embedded/embedded.js').catch((error: unknown) => {
    throw new Error('MONGODB_URI is needed: the embedded mongod is not part of this installation', {
      cause: error,
    });
  });
  const { loadSample } = await import('./embedded/sample.js');
  const say = (message: string): void => {
    log.info(message);
  };
  const mongod = await startEmbedded({
    dataDir: config.embeddedDataDir,
    binary: config.mongodBinary,
    log: say,
  });
  cleanups.push(() => mongod.stop());
  if (config.sampleData) {
    const { jobs } = await loadSample(
      mongod.uri,
      config.mongodbDatabase,
      fileURLToPath(new URL('sample', ROOT)),
    );
    if (jobs > 0) log.info({ jobs }, 'sample loaded');
  }
  return { uri: mongod.uri, embedded: true };
}

function databaseOf(context: Context): Promise<Database> {
  const { mongodbUri } = context.config;
  return mongodbUri === undefined
    ? embeddedDatabase(context)
    : Promise.resolve({ uri: mongodbUri, embedded: false });
}

/** Connections to the database that are kept until the cleanups run. */
function keepConnections(uri: string, context: Context): Kept<Connections> {
  const { config, cleanups, replaced, observeClient } = context;
  const opening: Opening = {
    database: config.mongodbDatabase,
    client(purpose) {
      const client = new MongoClient(uri, { ...clientOptions(uri), ...CLIENTS[purpose], ...replaced?.mongo });
      observeClient?.(client, purpose);
      return client;
    },
    member: (address, control) =>
      new MongoClient(directUri(uri, address, control.options), { ...clientOptions(uri), ...CONTROL }),
  };
  const kept = keeping(() => connections(opening));
  cleanups.push(kept.stop);
  return kept;
}

/** Keeps `state` true to the database until the cleanups run; `serving` is called when it begins to answer. */
function follow(
  kept: Kept<Connections>,
  state: ServingState,
  serving: () => void,
  { log, cleanups }: Context,
): void {
  let over = false;
  cleanups.push(() => {
    over = true;
    state.set(false);
    return Promise.resolve();
  });
  kept.watch((failure) => {
    if (over) return;
    const answered = failure === undefined;
    if (answered && !state.serving()) serving();
    if (!answered && state.serving()) log.warn('the database is lost: not serving');
    state.set(answered);
  });
}

async function named<T extends Door>(variable: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw new Error(`${variable}: the port cannot be listened on`, { cause: error });
  }
}

/** The connections that clients may have beside those to the databases; the log says where descriptors are the bound. */
async function connectionsOf(databases: readonly Db[], { log }: Context): Promise<number> {
  const descriptors = await descriptorLimit();
  const pools = databases.map(({ client }) => client.options.maxPoolSize);
  const most = connectionLimit(
    descriptors,
    pools.reduce((sum, size) => sum + size, 0),
  );
  if (most < MAX_CONNECTIONS)
    log.info(
      { descriptors, connections: most },
      'the limit of descriptors bounds the connections of each transport',
    );
  return most;
}

/** Opens the listeners, which close together. Errors: a port cannot be had. */
async function openDoors(
  { calls, state, pace, tls, domains, maxConnections }: Parts,
  context: Context,
): Promise<Addresses> {
  const { config, log, clock, cleanups, replaced } = context;
  const { host, corsOrigins, auth } = config;
  const doors: Door[] = [];
  cleanups.push(async () => {
    await Promise.all(doors.map((door) => door.close(config.shutdownGrace)));
  });
  const listening = async (
    variable: string,
    port: number | 'off',
    openDoor: (port: number) => Promise<Door>,
  ) => {
    if (port === 'off') return port;
    const door = await named(variable, openDoor(port));
    doors.push(door);
    return door.address;
  };
  const { now, monotonicNow } = clock;
  const shared = {
    ...{ chain: calls, state, version: VERSION, host, tls, maxConnections, log },
    ...{ clock: monotonicNow, patience: replaced?.patience },
  };
  const grpc = await listening('GRPC_PORT', config.grpcPort, (port) => grpcDoor({ ...shared, now, port }));
  const http = await listening('HTTP_PORT', config.httpPort, (port) =>
    httpDoor({
      ...shared,
      pace,
      port,
      corsOrigins,
      explorer: config.explorer === 'on' ? { auth, grpc, domains } : undefined,
    }),
  );
  const admin = await listening('ADMIN_PORT', config.adminPort, (port) =>
    adminDoor(state, { host, port, log }),
  );
  return { grpc, http, admin };
}

/** Runs the cleanups, the last first, each even when one before it fails. */
async function cleanUp({ cleanups, log }: Context): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup().catch((error: unknown) => {
      log.error({ err: error }, 'a part did not stop cleanly');
    });
  }
}

const example = (grpc: string): string =>
  `grpcurl -plaintext -d '{"domain_id": "${SAMPLE_DOMAINS[1]}", "query": {"page": {"limit": 3}}}' ${grpc} spaceone.api.inventory.v1.Job/list`;

/** Puts the parts together. */
async function compose(context: Context) {
  const { config, log, clock, cleanups, replaced, shared } = context;
  const authenticate = replaced?.authenticate ?? (await authentication(context));
  const tls = replaced?.tls ?? (await encryption(context));
  const database = await databaseOf(context);
  const kept = keepConnections(database.uri, context);
  const { current } = kept;
  if (database.embedded) await makeIndexes(current().control.db);
  const state = servingState();
  const indexes = indexWatch(() => current().control.db, log);
  cleanups.push(indexes.stop);
  const report = (error: unknown): void => {
    log.error({ err: error }, 'the database could not run a query');
  };
  const lasting: StoreConnections = {
    reads: () => current().reads,
    stats: () => current().stats,
    kill: (id) => current().kill(id),
  };
  const store = jobStore(lasting, { report, orderedBy: indexes.orderedBy });
  const { lanes, memory } = shared;
  const { now, monotonicNow } = clock;
  const common = { memory, pace: pacing(monotonicNow), clock: monotonicNow };
  const service = jobService({ ...common, store, lanes, ...config });
  const watch = watchLoad(monotonicNow, log);
  cleanups.push(watch.stop);
  const load = replaced?.load ?? watch;
  const calls = chain({ ...common, service, authenticate, load, ready: state.serving, now, log, ...config });
  const sample = database.embedded && config.sampleData ? SAMPLE_DOMAINS : [];
  const domains = replaced?.domains ?? sample;
  const { reads, stats, control } = current();
  const maxConnections = await connectionsOf([reads.db, stats.db, control.db], context);
  const parts = { calls, state, pace: common.pace, tls, domains, maxConnections };
  return { database, kept, indexes, parts };
}

/** Says where the service serves, and how to call it. */
function announce(addresses: Addresses, embedded: boolean, { config, log }: Context): void {
  const encrypted = config.tlsCertFile !== undefined;
  log.info({ ...addresses, version: VERSION }, 'serving');
  if (embedded && config.auth === 'none' && !encrypted) log.info(`try: ${example(addresses.grpc)}`);
  if (addresses.http !== 'off' && config.explorer === 'on')
    log.info(`the job explorer: ${encrypted ? 'https' : 'http'}://${addresses.http}/`);
}

/** The service that `config` asks for. */
export function createApp(config: Config, options: AppOptions): App {
  const memory = options.replaced?.memory ?? memoryFor(config.maxResponseBytes);
  const shared = { lanes: lanes(), memory };
  const context: Context = { ...options, config, shared, cleanups: [] };
  let checkIndexes = (): Promise<void> => Promise.resolve();
  return {
    async start() {
      const { database, kept, indexes, parts } = await compose(context);
      checkIndexes = indexes.look;
      const addresses = await openDoors(parts, context);
      const serving = (): void => {
        announce(addresses, database.embedded, context);
        indexes.begin();
      };
      follow(kept, parts.state, serving, context);
      return addresses;
    },
    checkIndexes: () => checkIndexes(),
    usage: () => ({ lanes: loadOf(shared.lanes), memory: memory.used() }),
    close: () => cleanUp(context),
  };
}
