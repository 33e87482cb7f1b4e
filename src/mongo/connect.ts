/**
 * Connects to MongoDB: reads a URI, creates the clients of each purpose, and keeps connections ready
 * (docs/deploy.md «Database»).
 */
import { MongoClient } from 'mongodb';
import type { MongoClientOptions, MongoOptions } from 'mongodb';
import type { MonotonicClock } from '../clock.js';
import { notServing } from '../errors.js';
import { clientOptions, directUri, PURPOSE_OPTIONS, purposeOptions } from './client-options.js';
import type { Purpose } from './client-options.js';
import { openConnections } from './connections.js';
import type { Connections } from './connections.js';
import { createDiagnostician } from './diagnosis/diagnose.js';
import type { Diagnostician } from './diagnosis/diagnose.js';
import { hostsOf } from './diagnosis/facts.js';
import { createHeartbeatLog } from './diagnosis/heartbeats.js';
import type { HeartbeatLog } from './diagnosis/heartbeats.js';
import { outdatedServers, VersionRefused } from './diagnosis/versions.js';
import { checkOptions, uriComplaint } from './preflight.js';
import { createReadyConnections } from './readiness.js';
import type { ReadyConnections } from './readiness.js';

/** Reads a URI as the driver does. Errors: it cannot be used, in a line on MONGODB_URI with the cause and a remedy. */
export async function readConnectionOptions(uri: string): Promise<MongoOptions> {
  let options: MongoOptions;
  try {
    ({ options } = new MongoClient(uri, clientOptions(uri)));
  } catch (error) {
    throw new Error(uriComplaint(uri, error), { cause: error });
  }
  await checkOptions(options);
  return options;
}

/** Describes the database for the log. */
export function describeDatabase(name: string, options: MongoOptions): Readonly<Record<string, unknown>> {
  const { replicaSet, credentials } = options;
  return {
    name,
    hosts: hostsOf(options),
    ...(typeof replicaSet === 'string' ? { replica_set: replicaSet } : {}),
    ...(credentials === undefined ? {} : { user: credentials.username }),
  };
}

/** The database, and the surroundings of its clients. */
export interface ConnectionSettings {
  readonly uri: string;
  /** The options in `uri`. */
  readonly options: MongoOptions;
  readonly database: string;
  /** The collections that calls read. */
  readonly collections: readonly string[];
  readonly monotonicNow: MonotonicClock;
  /** Options of each client, in place of its own. */
  readonly overrides?: MongoClientOptions | undefined;
  /** Called with each client once it is created. */
  readonly observeClient?: ((client: MongoClient, purpose: Purpose) => void) | undefined;
}

/** Connections kept ready, and the diagnostician of their failures. */
export interface KeptDatabase {
  readonly connections: ReadyConnections<Connections>;
  readonly diagnostician: Diagnostician;
}

function createClient(
  { uri, options, overrides, observeClient }: ConnectionSettings,
  purpose: Purpose,
  heartbeats: HeartbeatLog,
): MongoClient {
  const own = purposeOptions(purpose, options);
  const client = new MongoClient(uri, { ...clientOptions(uri), ...own, ...overrides });
  if (purpose === 'control') heartbeats.observe(client);
  observeClient?.(client, purpose);
  return client;
}

/** Creates a client of the one server at `address`, with the options that `control` has resolved. */
function createDirectClient(
  { uri, observeClient }: ConnectionSettings,
  address: string,
  control: MongoClient,
): MongoClient {
  const client = new MongoClient(directUri(uri, address, control.options), {
    ...clientOptions(uri),
    ...PURPOSE_OPTIONS.control,
  });
  observeClient?.(client, 'control');
  return client;
}

/** Opens connections and keeps them ready until they are stopped. */
export function keepConnections(settings: ConnectionSettings): KeptDatabase {
  const { options, database, collections, monotonicNow } = settings;
  const heartbeats = createHeartbeatLog(monotonicNow);
  const open = (): Connections =>
    openConnections({
      database,
      collections,
      createClient: (purpose) => createClient(settings, purpose, heartbeats),
      createDirectClient: (address, control) => createDirectClient(settings, address, control),
      check() {
        if (outdatedServers(heartbeats.latest()).length > 0) throw new VersionRefused();
      },
    });
  return {
    connections: createReadyConnections(open, monotonicNow),
    diagnostician: createDiagnostician({ ...options, database }, heartbeats.latest, monotonicNow),
  };
}

/** The current connections, for parts created before there are any. */
export interface DatabaseHandle {
  /** Errors: UNAVAILABLE before `attach`. */
  current(): Connections;
  attach(connections: ReadyConnections<Connections>): void;
}

export function createDatabaseHandle(): DatabaseHandle {
  let attached: ReadyConnections<Connections> | undefined;
  return {
    current() {
      if (attached === undefined) throw notServing('starting');
      return attached.current();
    },
    attach(connections) {
      attached = connections;
    },
  };
}
