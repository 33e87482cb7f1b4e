/** Puts together the parts that need no database yet (docs/architecture.md «Composition»). */
import type { MongoOptions } from 'mongodb';
import { createAuthenticate } from '../auth/authenticate.js';
import { SAMPLE_DOMAINS } from '../embedded/sample.js';
import { JOB_INDEXES, JOB_RIGHTS } from '../job/collections.js';
import { createJobService } from '../job/service.js';
import { createJobStore } from '../job/store.js';
import type { JobStore } from '../job/store.js';
import { watchLoad } from '../limits/load-shedding.js';
import { createTimeSlicer } from '../limits/yield.js';
import type { DatabaseHandle } from '../mongo/connect.js';
import { createFaultLog } from '../mongo/fault-log.js';
import { createIndexWatch } from '../mongo/index-watch.js';
import type { IndexWatch } from '../mongo/index-watch.js';
import { isUnauthorized } from '../mongo/rights.js';
import { createCalls } from '../server/interceptors/calls.js';
import { createServingState } from '../server/serving-state.js';
import { openTls } from '../server/tls.js';
import type { Context } from './context.js';
import type { Traces } from './open-telemetry.js';
import {
  measureKills,
  registerFileMetrics,
  registerIndexMetrics,
  registerOrphanMetrics,
  registerServingMetrics,
} from './register-metrics.js';
import { readConnectionLimit } from './listeners.js';
import type { ServedParts } from './listeners.js';

/** The database of the settings, before it is connected. */
export interface DatabasePlan {
  /** The options in MONGODB_URI. */
  readonly options: MongoOptions;
  /** The service starts its own mongod, creates its indexes and loads the sample. */
  readonly embedded: boolean;
}

export interface Parts {
  readonly served: ServedParts;
  readonly indexes: IndexWatch;
  /** Logs facts that belong after the first line. */
  readonly notice: () => void;
}

/** The store over the connections current at each operation. */
function createStore(
  { current }: DatabaseHandle,
  indexes: IndexWatch,
  { log, metrics, clock, config }: Context,
): JobStore {
  const report = createFaultLog((error) => {
    log.error({ err: error }, 'the database could not run a query');
    // The check logs which right is missing.
    if (isUnauthorized(error)) void indexes.check();
  }, clock.monotonicNow);
  const kill = measureKills((id) => current().kill(id), metrics, clock.monotonicNow);
  return createJobStore(
    { reads: () => current().reads, stats: () => current().stats, kill },
    { report, orderedBy: indexes.orderedBy, meter: metrics, areConfined: config.auth === 'jwt' },
  );
}

/** Opens authentication and the TLS of the listeners. Errors: a file of the settings cannot be used. */
async function openSecurity(
  { config, log, clock, cleanups, replaced, metrics }: Context,
  { tracer }: Traces,
) {
  const authentication = await createAuthenticate(config, { log, ...clock, meter: metrics, tracer });
  const tls = await openTls(config, log);
  registerFileMetrics(replaced?.tls ?? tls, authentication.hasKeyFileFailed, metrics);
  cleanups.push(authentication.close, () => Promise.resolve().then(tls?.stop));
  return {
    authenticate: replaced?.authenticate ?? authentication.authenticate,
    tls: replaced?.tls ?? tls,
  };
}

/** Watches the indexes of the database, and the operations past their time in it. */
function watchDatabase(
  database: DatabaseHandle,
  { config, log, clock, cleanups, metrics }: Context,
): IndexWatch {
  const { monotonicNow } = clock;
  const indexes = createIndexWatch({
    database: () => database.current().control.db,
    indexes: JOB_INDEXES,
    rights: JOB_RIGHTS,
    log,
    monotonicNow,
  });
  registerIndexMetrics(indexes, metrics);
  const ofOperations = { database: config.mongodbDatabase, maxTimeMs: config.maxTimeoutMs };
  registerOrphanMetrics(database, ofOperations, monotonicNow, metrics);
  cleanups.push(indexes.stop);
  return indexes;
}

/** Puts the parts together. Errors: a file of the settings cannot be used. */
export async function composeParts(
  { options, embedded }: DatabasePlan,
  database: DatabaseHandle,
  traces: Traces,
  context: Context,
): Promise<Parts> {
  const { config, log, clock, cleanups, replaced, schedulers, memory, metrics } = context;
  const { now, monotonicNow } = clock;
  const { authenticate, tls } = await openSecurity(context, traces);
  const state = createServingState();
  registerServingMetrics(state, metrics);
  const indexes = watchDatabase(database, context);
  // A start is late by itself; only one that serves is overloaded.
  const load = watchLoad(monotonicNow, {
    warn(message) {
      if (state.reason() === undefined) log.warn(message);
    },
  });
  cleanups.push(load.stop);

  const timeSlicer = createTimeSlicer(monotonicNow);
  const { maxPageSize, maxResponseBytes, collectorCacheMs, defaultTimeoutMs, maxTimeoutMs } = config;
  const service = createJobService({
    store: createStore(database, indexes, context),
    schedulers,
    memory,
    timeSlicer,
    monotonicNow,
    meter: metrics,
    maxPageSize,
    maxResponseBytes,
    collectorCacheMs,
  });
  const calls = createCalls({
    service,
    authenticate,
    load: replaced?.load ?? load,
    unready: state.reason,
    memory,
    timeSlicer,
    now,
    monotonicNow,
    log,
    meter: metrics,
    tracer: traces.tracer,
    defaultTimeoutMs,
    maxTimeoutMs,
    quietMethods: new Set(config.logQuietMethods),
    explain: config.explain === 'on',
  });

  const domains = replaced?.domains ?? (embedded && config.sampleData ? SAMPLE_DOMAINS : []);
  const { maxConnections, notice } = await readConnectionLimit(options, context);
  return { served: { calls, state, timeSlicer, tls, domains, maxConnections }, indexes, notice };
}
