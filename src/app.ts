/**
 * The composition root: puts the parts of the service together, opens its listeners and closes them again
 * (docs/architecture.md «Composition»). The program, the tests and the resilience scenarios start this.
 */
import { totalmem } from 'node:os';
import type { Config } from './config/config.js';
import { SAMPLE_DOMAINS } from './embedded/sample.js';
import { claimDataFolder, EMBEDDED_URI, startEmbeddedDatabase } from './embedded/start.js';
import { COLLECTIONS, makeIndexes } from './job/collections.js';
import { createSchedulers, loadOfEach } from './limits/fair-scheduler.js';
import type { SchedulerLoad, Schedulers } from './limits/fair-scheduler.js';
import { budgetFor, createMemoryBudget } from './limits/memory-budget.js';
import {
  createDatabaseHandle,
  describeDatabase,
  keepConnections,
  readConnectionOptions,
} from './mongo/connect.js';
import type { KeptDatabase } from './mongo/connect.js';
import type { Diagnosis } from './reasons.js';
import { SERVICE } from './rpcs.js';
import { runCleanups } from './start/context.js';
import type { Addresses, AppOptions, Cleanups, Context } from './start/context.js';
import { followDatabase } from './start/follow-database.js';
import { openListeners } from './start/listeners.js';
import { knownValues, registerLimitMetrics, observeSchedulers } from './start/register-metrics.js';
import { openTelemetry } from './start/open-telemetry.js';
import type { Traces } from './start/open-telemetry.js';
import { composeParts } from './start/parts.js';
import type { DatabasePlan, Parts } from './start/parts.js';
import { createServingLog } from './telemetry/serving-log.js';
import { observeDatabase } from './telemetry/metrics/database.js';
import { metricDefinitions } from './telemetry/metrics/definitions.js';
import { registerNodeMetrics } from './telemetry/metrics/node.js';
import { createMetrics } from './telemetry/metrics/registry.js';
import { VERSION } from './version.js';

/** The resources in use by calls: nothing without calls. */
export interface Usage {
  readonly schedulers: Readonly<Record<keyof Schedulers, SchedulerLoad>>;
  /** Bytes of requests and answers. */
  readonly memory: number;
}

export interface App {
  /** Starts serving. Errors: a part cannot start; `close` undoes the steps before it. */
  start(): Promise<Addresses>;
  /** Checks the indexes, as a timer does. */
  checkIndexes(): Promise<void>;
  usage(): Usage;
  /** Refuses new calls, lets running ones end within the grace, and stops everything. */
  close(): Promise<void>;
}

const EMBEDDED_STARTS: Diagnosis = {
  reason: 'starting',
  text: 'the embedded mongod is starting; wait for it',
};

/** The database in the first line of the log. */
const aboutDatabase = ({ options, embedded }: DatabasePlan, config: Config) =>
  embedded
    ? { name: config.mongodbDatabase, embedded: config.embeddedDataDir }
    : describeDatabase(config.mongodbDatabase, options);

const exampleCall = (grpc: string): string =>
  `grpcurl -plaintext -d '{"domain_id": "${SAMPLE_DOMAINS[1]}", "query": {"page": {"limit": 3}}}' ${grpc} ${SERVICE}/list`;

/** Shows a first call and the address of the explorer. */
function announce(addresses: Addresses, { embedded }: DatabasePlan, { config, log, hint }: Context): void {
  const isEncrypted = config.tlsCertFile !== undefined;
  if (embedded && config.auth === 'none' && !isEncrypted) hint(exampleCall(addresses.grpc));
  if (addresses.http !== 'off' && config.explorer === 'on')
    log.info(`the job explorer: ${isEncrypted ? 'https' : 'http'}://${addresses.http}/`);
}

/** The log of serving, with the announcement after each line of its beginning. */
function createLog(addresses: Addresses, plan: DatabasePlan, { indexes, notice }: Parts, context: Context) {
  const { log, clock, config, notices = [] } = context;
  const servingLog = createServingLog({
    log,
    monotonicNow: clock.monotonicNow,
    about: { ...addresses, version: VERSION },
    database: aboutDatabase(plan, config),
    notices: [...notices.map((text) => () => log.warn(text)), notice],
  });
  return {
    ...servingLog,
    serving(): void {
      servingLog.serving();
      announce(addresses, plan, context);
      indexes.start();
    },
  };
}

/** The bytes of memory for requests and answers: set, or a share of the container's or the machine's. */
const responseMemory = ({ responseMemoryBytes, maxResponseBytes }: Config): number =>
  // Without a container's limit, Node answers 0 or a number beyond any machine.
  responseMemoryBytes ??
  budgetFor(maxResponseBytes, Math.min(process.constrainedMemory() || Infinity, totalmem()));

/** Connects the database, after starting it where it is embedded. */
async function connect(
  { options, embedded }: DatabasePlan,
  traces: Traces,
  context: Context,
): Promise<KeptDatabase> {
  const { config, log, clock, cleanups, replaced, metrics } = context;
  const observe = observeDatabase(metrics, { database: config.mongodbDatabase, ...clock });
  const uri = config.mongodbUri ?? (await startEmbeddedDatabase({ config, log, cleanups }));
  const kept = keepConnections({
    uri,
    // The embedded mongod has a port of its own.
    options: embedded ? await readConnectionOptions(uri) : options,
    database: config.mongodbDatabase,
    collections: COLLECTIONS,
    monotonicNow: clock.monotonicNow,
    overrides: replaced?.mongo,
    observeClient(client, purpose) {
      observe(client, purpose);
      if (purpose !== 'control') traces.observeClient(client);
      context.observeClient?.(client, purpose);
    },
  });
  cleanups.push(kept.connections.stop);
  if (embedded) await makeIndexes(kept.connections.current().control.db);
  return kept;
}

/** The service with the settings of `config`. */
export function createApp(config: Config, appOptions: AppOptions): App {
  const { log, replaced } = appOptions;
  const hint = appOptions.hint ?? ((command) => log.info(command));
  const memory = replaced?.memory ?? createMemoryBudget(responseMemory(config));
  const metrics = replaced?.metrics ?? createMetrics(metricDefinitions(knownValues(config.mongodbDatabase)));
  const schedulers = createSchedulers(observeSchedulers(metrics, appOptions.clock.monotonicNow));
  registerLimitMetrics(schedulers, memory, metrics);
  const cleanups: Cleanups = [];
  const context: Context = { ...appOptions, hint, config, schedulers, memory, metrics, cleanups };
  let checkIndexes = (): Promise<void> => Promise.resolve();
  let closing = Promise.resolve();
  return {
    async start() {
      // Telemetry is closed last: the end of a call is in it.
      const traces = await openTelemetry(context);
      cleanups.push(registerNodeMetrics(metrics));
      const options = await readConnectionOptions(config.mongodbUri ?? EMBEDDED_URI);
      const plan = { options, embedded: config.mongodbUri === undefined };
      const claim = plan.embedded ? await claimDataFolder(context) : undefined;
      // The database is connected last and left last: running calls need it.
      const ofDatabase: Cleanups = [];
      cleanups.push(() => runCleanups(ofDatabase, log));
      const database = createDatabaseHandle();
      const parts = await composeParts(plan, database, traces, context);
      checkIndexes = parts.indexes.check;
      // Listeners open before any slow step.
      const addresses = await openListeners(parts.served, context);
      await claim?.(`gRPC ${addresses.grpc}, HTTP ${addresses.http}, admin ${addresses.admin}`);
      const servingLog = createLog(addresses, plan, parts, context);
      if (plan.embedded) servingLog.notServing(EMBEDDED_STARTS);
      const kept = await connect(plan, traces, { ...context, cleanups: ofDatabase });
      database.attach(kept.connections);
      await followDatabase(kept, parts.served.state, servingLog, cleanups);
      return addresses;
    },
    checkIndexes: () => checkIndexes(),
    usage: () => ({ schedulers: loadOfEach(schedulers), memory: memory.used() }),
    // A second call waits for the first, and undoes the steps since.
    close: () => (closing = closing.then(() => runCleanups(cleanups, log))),
  };
}
