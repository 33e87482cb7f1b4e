/**
 * The database of the service: what MONGODB_URI names or this service starts itself, and the connections to it
 * (docs/operations.md «Database»).
 */
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { MongoClientOptions, MongoOptions } from 'mongodb';
import type { Config } from '../config/config.js';
import { notServing } from '../errors.js';
import { openConnections } from './connections.js';
import type { Connections, ConnectionsOptions, Purpose } from './connections.js';
import { clientOptions, CONTROL_OPTIONS, directUri, STATS_OPTIONS } from './client-options.js';
import { createExplanation, hostsOf, outdated, VersionRefused } from './diagnosis.js';
import type { Explanation } from './diagnosis.js';
import { createHeartbeatLog } from './heartbeats.js';
import { checkOptions, uriComplaint } from './preflight.js';
import { keepAnswering } from './readiness.js';
import type { AnsweringConnections } from './readiness.js';
import type { Log } from '../telemetry/log.js';
import type { About } from '../telemetry/serving-log.js';

const ROOT = new URL('../../../', import.meta.url);

/** The work that a client's connections are for, with the options of its own. */
export const CLIENTS: Readonly<Record<Purpose, MongoClientOptions>> = {
  reads: {},
  stats: STATS_OPTIONS,
  control: CONTROL_OPTIONS,
};

/** The surroundings of the steps that have to do with the database. */
export interface DatabaseContext {
  readonly config: Config;
  readonly log: Log;
  readonly clock: { readonly monotonicNow: () => number };
  /** Undo the steps at the end. */
  readonly cleanups: (() => Promise<void>)[];
  /** Options of each client beside its own. */
  readonly replaced?: { readonly mongo?: MongoClientOptions };
  /** Called with each client of the database once it is made. */
  readonly observeClient?: (client: MongoClient, purpose: Purpose) => void;
}

/** The database, before it is asked. */
export interface ConnectionPlan {
  readonly options: MongoOptions;
  /** It is this service's own, with indexes to make and the sample to load. */
  readonly embedded: boolean;
}

/** Stands in for the URI of the embedded mongod, whose port is not known yet; its options are the same. */
const EMBEDDED_URI = 'mongodb://127.0.0.1/';

/** Reads MONGODB_URI as the driver does. Errors: it cannot be used, in a line that says why. */
export async function readConnectionOptions({
  config,
}: Pick<DatabaseContext, 'config'>): Promise<ConnectionPlan> {
  const { mongodbUri } = config;
  const uri = mongodbUri ?? EMBEDDED_URI;
  let options: MongoOptions;
  try {
    ({ options } = new MongoClient(uri, clientOptions(uri)));
  } catch (error) {
    throw new Error(uriComplaint(uri, error), { cause: error });
  }
  await checkOptions(options);
  return { options, embedded: mongodbUri === undefined };
}

async function embeddedModules() {
  try {
    return {
      ...(await import('../embedded/embedded.js')),
      ...(await import('../embedded/claim.js')),
      ...(await import('../embedded/sample.js')),
    };
  } catch (error) {
    throw new Error(
      'MONGODB_URI is needed: the embedded mongod is not part of this installation; set it to mongodb://host:port/',
      { cause: error },
    );
  }
}

/** Claims the folder of the embedded mongod. Errors: another service has it. */
export async function claimDataFolder({
  config,
  cleanups,
}: DatabaseContext): Promise<(at: string) => Promise<void>> {
  const { claimFolder } = await embeddedModules();
  const claim = await claimFolder(config.embeddedDataDir);
  cleanups.push(claim.release);
  return claim.announce;
}

/** Starts the embedded mongod, and answers its URI. */
export async function startEmbeddedDatabase({ config, log, cleanups }: DatabaseContext): Promise<string> {
  const { startEmbedded, loadSample } = await embeddedModules();
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
  return mongod.uri;
}

/** The database as the log names it. */
export function aboutDatabase({ options, embedded }: ConnectionPlan, { config }: DatabaseContext): About {
  const { replicaSet, credentials } = options;
  return {
    name: config.mongodbDatabase,
    ...(embedded ? { embedded: config.embeddedDataDir } : { hosts: hostsOf(options) }),
    ...(typeof replicaSet === 'string' ? { replica_set: replicaSet } : {}),
    ...(credentials === undefined ? {} : { user: credentials.username }),
  };
}

/** Connections to the database, with what is known of why they do not answer. */
export interface Followed {
  readonly kept: AnsweringConnections<Connections>;
  readonly explanation: Explanation;
}

/** Connections to the database that are kept until the cleanups run. */
export function keepConnections(
  uri: string,
  { options }: ConnectionPlan,
  collections: readonly string[],
  context: DatabaseContext,
): Followed {
  const { config, clock, cleanups, replaced, observeClient } = context;
  const heartbeats = createHeartbeatLog(clock.monotonicNow);
  const opening: ConnectionsOptions = {
    database: config.mongodbDatabase,
    collections,
    client(purpose) {
      const client = new MongoClient(uri, { ...clientOptions(uri), ...CLIENTS[purpose], ...replaced?.mongo });
      if (purpose === 'control') heartbeats.observe(client);
      observeClient?.(client, purpose);
      return client;
    },
    member: (address, control) =>
      new MongoClient(directUri(uri, address, control.options), {
        ...clientOptions(uri),
        ...CONTROL_OPTIONS,
      }),
    check() {
      if (outdated(heartbeats.latest()).length > 0) throw new VersionRefused();
    },
  };
  const kept = keepAnswering(() => openConnections(opening));
  cleanups.push(kept.stop);
  const subject = { ...options, database: config.mongodbDatabase };
  return { kept, explanation: createExplanation(subject, heartbeats.latest, clock.monotonicNow) };
}

/** The database as the calls use it: what it is found to be once it is there. */
export interface LateDatabase {
  current(): Connections;
  begin(kept: AnsweringConnections<Connections>): void;
}

export function createLateDatabase(): LateDatabase {
  let kept: AnsweringConnections<Connections> | undefined;
  return {
    current() {
      // Calls are refused until the service serves.
      if (kept === undefined) throw notServing('starting');
      return kept.current();
    },
    begin(next) {
      kept = next;
    },
  };
}
