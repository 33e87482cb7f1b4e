/**
 * The composition root: puts the parts of the service together, opens its listeners and closes them again
 * (docs/architecture.md «Composition»). The program, the tests and the resilience scenarios start this.
 */
import type { MongoClient, MongoClientOptions, MongoOptions } from 'mongodb';
import { createAuthenticate } from './auth/authenticate.js';
import type { Authenticate } from './auth/caller.js';
import type { Config } from './config/config.js';
import {
  createDatabaseHandle,
  describeDatabase,
  keepConnections,
  readConnectionOptions,
} from './mongo/connect.js';
import type { DatabaseHandle, KeptDatabase } from './mongo/connect.js';
import { SAMPLE_DOMAINS } from './embedded/sample.js';
import { claimDataFolder, EMBEDDED_URI, startEmbeddedDatabase } from './embedded/start.js';
import { PURPOSE_OPTIONS } from './mongo/client-options.js';
import type { Purpose } from './mongo/client-options.js';
import { createIndexWatch } from './mongo/index-watch.js';
import type { IndexWatch } from './mongo/index-watch.js';
import { createMemoryBudgetFor } from './limits/memory-budget.js';
import type { MeasuredMemoryBudget } from './limits/memory-budget.js';
import { createYielding } from './limits/yield.js';
import type { Yielding } from './limits/yield.js';
import { COLLECTIONS, JOB_INDEXES, JOB_RIGHTS, makeIndexes } from './job/collections.js';
import { CONDITION_KEYS } from './job/condition-keys.js';
import { createJobService } from './job/service.js';
import { createJobStore } from './job/store.js';
import type { JobStore, StoreConnections } from './job/store.js';
import { createSchedulers, loadOfEach } from './limits/fair-scheduler.js';
import type { SchedulerLoad, Schedulers } from './limits/fair-scheduler.js';
import type { Log } from './telemetry/log.js';
import { createCalls } from './server/interceptors/calls.js';
import type { Calls } from './server/call-context.js';
import { connectionLimit, descriptorLimit, MAX_CONNECTIONS } from './server/descriptors.js';
import { openGrpcListener } from './server/grpc/grpc.js';
import type { Listener } from './server/listener.js';
import { createServingState } from './server/serving-state.js';
import type { ServingState } from './server/serving-state.js';
import { openHttpListener } from './server/http/http.js';
import { watchLoad } from './limits/load-shedding.js';
import type { Load as LoopLoad } from './limits/load-shedding.js';
import { explainListenErrors } from './server/ports.js';
import { openTls } from './server/tls.js';
import type { Tls } from './server/tls.js';
import { openAdminListener } from './server/admin/admin.js';
import { createServingLog } from './telemetry/serving-log.js';
import type { ServingLog } from './telemetry/serving-log.js';
import type { Diagnosis } from './reasons.js';
import { VERSION } from './version.js';

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
  readonly memory?: MeasuredMemoryBudget;
  /** Domains that the explorer offers. */
  readonly domains?: readonly string[];
  /** Options of each client of the database, beside its own. */
  readonly mongo?: MongoClientOptions;
  /** Milliseconds for a client to take its answer. */
  readonly answerTimeoutMs?: number;
  /** How late the event loop is, where others share it. */
  readonly load?: LoopLoad;
}

export interface AppOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly replaced?: Replaced;
  /** Lines about the settings, which the log has after the first. */
  readonly notices?: readonly string[];
  /** Shows a command for a shell; by default the log has it. */
  readonly hint?: (command: string) => void;
  /** Called with each client of the database once it is made. */
  readonly observeClient?: (client: MongoClient, purpose: Purpose) => void;
}

/** What calls have of the service now: nothing where none runs. */
export interface Usage {
  readonly schedulers: Readonly<Record<keyof Schedulers, SchedulerLoad>>;
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
  readonly hint: (command: string) => void;
  /** What all calls share. */
  readonly shared: { readonly schedulers: Schedulers; readonly memory: MeasuredMemoryBudget };
  readonly cleanups: Cleanups;
}

/** The database of the settings, before it is connected. */
interface DatabasePlan {
  /** The options in MONGODB_URI. */
  readonly options: MongoOptions;
  /** The service starts its own mongod, creates its indexes and loads the sample. */
  readonly embedded: boolean;
}

/** The listeners' way to the calls. */
interface Parts {
  readonly calls: Calls;
  readonly state: ServingState;
  readonly yielding: Yielding;
  readonly tls: Tls | undefined;
  /** Domains with jobs, as far as they are known. */
  readonly domains: readonly string[];
  /** Of each transport. */
  readonly maxConnections: number;
}

/** Milliseconds until the first line says what is known of the database, where it has not answered. */
const FIRST_WORD_MS = 1500;

/**
 * Keeps `state` true to the database until the cleanups run. It is over when the database has answered, or the log has
 * said why not.
 */
function follow(
  { connections, explanation: why }: KeptDatabase,
  state: ServingState,
  said: ServingLog,
  { cleanups }: Context,
): Promise<void> {
  let over = false;
  cleanups.push(() => {
    over = true;
    state.set(false, 'stopping');
    return Promise.resolve();
  });
  return new Promise((resolve) => {
    const hear = (failure: Error | undefined): void => {
      clearTimeout(firstWord);
      if (over) return;
      if (failure === undefined) {
        why.reset();
        const began = !state.serving();
        state.set(true);
        if (began) said.serving();
      } else {
        const diagnosis = why.explain(failure);
        state.set(false, diagnosis.reason);
        said.notServing(diagnosis);
      }
      resolve();
    };
    const firstWord = setTimeout(() => {
      hear(new Error('no answer yet'));
    }, FIRST_WORD_MS);
    connections.watch(hear);
  });
}

/** The connections that clients may have beside those to the database; the notice says where descriptors are the bound. */
async function connectionsOf(
  options: MongoOptions,
  { log, replaced }: Context,
): Promise<{ readonly most: number; readonly notice: () => void }> {
  const descriptors = await descriptorLimit();
  const pools = Object.values(PURPOSE_OPTIONS).map(
    (own) => replaced?.mongo?.maxPoolSize ?? own.maxPoolSize ?? options.maxPoolSize,
  );
  const most = connectionLimit(
    descriptors,
    pools.reduce((sum, size) => sum + size, 0),
  );
  const notice = (): void => {
    if (most < MAX_CONNECTIONS)
      log.info(
        { descriptors, connections: most },
        'the file descriptor limit lowers the connection limit of each transport',
      );
  };
  return { most, notice };
}

/** Opens the listeners, which close together. Errors: a port cannot be had. */
async function openDoors(
  { calls, state, yielding, tls, domains, maxConnections }: Parts,
  context: Context,
): Promise<Addresses> {
  const { config, log, clock, cleanups, replaced } = context;
  const { host, corsOrigins, auth } = config;
  const doors: Listener[] = [];
  cleanups.push(async () => {
    await Promise.all(doors.map((door) => door.close(config.shutdownGrace)));
  });
  const listening = async (
    variable: string,
    port: number | 'off',
    openDoor: (port: number) => Promise<Listener>,
  ) => {
    if (port === 'off') return port;
    const door = await explainListenErrors(variable, port, host, openDoor(port));
    doors.push(door);
    return door.address;
  };
  const { now, monotonicNow } = clock;
  const shared = {
    ...{ calls, state, version: VERSION, host, tls, maxConnections, log },
    ...{ monotonicNow, answerTimeoutMs: replaced?.answerTimeoutMs },
  };
  const grpc = await listening('GRPC_PORT', config.grpcPort, (port) =>
    openGrpcListener({ ...shared, now, port }),
  );
  const http = await listening('HTTP_PORT', config.httpPort, (port) =>
    openHttpListener({
      ...shared,
      yielding,
      port,
      corsOrigins,
      explorer: config.explorer === 'on' ? { auth, grpc, domains, fields: CONDITION_KEYS } : undefined,
    }),
  );
  const admin = await listening('ADMIN_PORT', config.adminPort, (port) =>
    openAdminListener(state, { host, port, log }),
  );
  return { grpc, http, admin };
}

/** Runs the cleanups, the last first, each even when one before it fails. */
async function cleanUp(cleanups: Cleanups, log: Log): Promise<void> {
  for (const cleanup of cleanups.splice(0).toReversed()) {
    await cleanup().catch((error: unknown) => {
      log.error({ err: error }, 'cleanup failed');
    });
  }
}

const example = (grpc: string): string =>
  `grpcurl -plaintext -d '{"domain_id": "${SAMPLE_DOMAINS[1]}", "query": {"page": {"limit": 3}}}' ${grpc} spaceone.api.inventory.v1.Job/list`;

function createStore({ current }: DatabaseHandle, { orderedBy }: IndexWatch, log: Log): JobStore {
  const lasting: StoreConnections = {
    reads: () => current().reads,
    stats: () => current().stats,
    kill: (id) => current().kill(id),
  };
  const report = (error: unknown): void => {
    log.error({ err: error }, 'the database could not run a query');
  };
  return createJobStore(lasting, { report, orderedBy });
}

/** Puts the parts together that do not wait for the database. */
async function compose(plan: DatabasePlan, database: DatabaseHandle, context: Context) {
  const { config, log, clock, cleanups, replaced, shared } = context;
  const authentication = await createAuthenticate(config, { log, ...clock });
  const tls = await openTls(config, log);
  cleanups.push(authentication.close, () => Promise.resolve().then(tls?.stop));
  const state = createServingState();
  const indexes = createIndexWatch({
    database: () => database.current().control.db,
    indexes: JOB_INDEXES,
    rights: JOB_RIGHTS,
    log,
  });
  cleanups.push(indexes.stop);
  const store = createStore(database, indexes, log);
  const { schedulers, memory } = shared;
  const { now, monotonicNow } = clock;
  const common = { memory, yielding: createYielding(monotonicNow), monotonicNow };
  const { maxPageSize, maxResponseBytes, collectorCache, defaultTimeout, maxTimeout } = config;
  const limits = { maxPageSize, maxResponseBytes, collectorCache };
  const service = createJobService({ ...common, ...limits, store, schedulers });
  const watch = watchLoad(monotonicNow, log);
  cleanups.push(watch.stop);
  const load = replaced?.load ?? watch;
  const calls = createCalls({
    ...common,
    service,
    authenticate: replaced?.authenticate ?? authentication.authenticate,
    load,
    unready: state.reason,
    now,
    log,
    ...{ defaultTimeout, maxTimeout },
  });
  const sample = plan.embedded && config.sampleData ? SAMPLE_DOMAINS : [];
  const domains = replaced?.domains ?? sample;
  const { most, notice } = await connectionsOf(plan.options, context);
  const parts = {
    calls,
    state,
    yielding: common.yielding,
    tls: replaced?.tls ?? tls,
    domains,
    maxConnections: most,
  };
  return { indexes, parts, notice };
}

/** Says how the service is called. */
function announce(addresses: Addresses, embedded: boolean, { config, log, hint }: Context): void {
  const encrypted = config.tlsCertFile !== undefined;
  if (embedded && config.auth === 'none' && !encrypted) hint(example(addresses.grpc));
  if (addresses.http !== 'off' && config.explorer === 'on')
    log.info(`the job explorer: ${encrypted ? 'https' : 'http'}://${addresses.http}/`);
}

/** The database as the log names it. */
const aboutDatabase = ({ options, embedded }: DatabasePlan, config: Config) =>
  embedded
    ? { name: config.mongodbDatabase, embedded: config.embeddedDataDir }
    : describeDatabase(config.mongodbDatabase, options);

const EMBEDDED_STARTS: Diagnosis = {
  reason: 'starting',
  text: 'the embedded mongod is starting; wait for it',
};

/** The service that `config` asks for. */
export function createApp(config: Config, appOptions: AppOptions): App {
  const { replaced, observeClient, notices = [] } = appOptions;
  const memory = replaced?.memory ?? createMemoryBudgetFor(config.maxResponseBytes);
  const shared = { schedulers: createSchedulers(), memory };
  const hint = appOptions.hint ?? ((command) => appOptions.log.info(command));
  const context: Context = { ...appOptions, hint, config, shared, cleanups: [] };
  const { log, clock } = context;
  let checkIndexes = (): Promise<void> => Promise.resolve();
  return {
    async start() {
      const options = await readConnectionOptions(config.mongodbUri ?? EMBEDDED_URI);
      const plan = { options, embedded: config.mongodbUri === undefined };
      const database = createDatabaseHandle();
      const claim = plan.embedded ? await claimDataFolder(context) : undefined;
      // The database is the last to be there, and the last to be left: calls that run need it.
      const ofDatabase: Cleanups = [];
      context.cleanups.push(() => cleanUp(ofDatabase, log));
      const { indexes, parts, notice } = await compose(plan, database, context);
      checkIndexes = indexes.check;
      // Ports are taken before anything that takes time.
      const addresses = await openDoors(parts, context);
      await claim?.(`gRPC ${addresses.grpc}, HTTP ${addresses.http}, admin ${addresses.admin}`);
      const said = createServingLog({
        log,
        monotonicNow: clock.monotonicNow,
        about: { ...addresses, version: VERSION },
        database: aboutDatabase(plan, config),
        notices: [...notices.map((text) => () => log.warn(text)), notice],
      });
      if (plan.embedded) said.notServing(EMBEDDED_STARTS);
      const uri = config.mongodbUri ?? (await startEmbeddedDatabase({ config, log, cleanups: ofDatabase }));
      const kept = keepConnections({
        ...{ uri, options, database: config.mongodbDatabase, collections: COLLECTIONS },
        ...{ monotonicNow: clock.monotonicNow, overrides: replaced?.mongo, observeClient },
      });
      ofDatabase.push(kept.connections.stop);
      database.attach(kept.connections);
      if (plan.embedded) await makeIndexes(database.current().control.db);
      const serving = (): void => {
        said.serving();
        announce(addresses, plan.embedded, context);
        indexes.start();
      };
      await follow(kept, parts.state, { ...said, serving }, context);
      return addresses;
    },
    checkIndexes: () => checkIndexes(),
    usage: () => ({ schedulers: loadOfEach(shared.schedulers), memory: memory.used() }),
    close: () => cleanUp(context.cleanups, log),
  };
}
