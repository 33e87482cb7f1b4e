/** Puts the service together, opens its doors, and closes them on SIGTERM and SIGINT (docs/operations.md). */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import type { Db, MongoClientOptions } from 'mongodb';
import type { Authenticate } from './auth/caller.js';
import { jwt } from './auth/jwt.js';
import { fetchedKeys } from './auth/fetched-keys.js';
import { identityService } from './auth/identity.js';
import { eitherKeys, keyFile } from './auth/keys.js';
import type { KeysOf } from './auth/keys.js';
import { open } from './auth/open.js';
import { roles } from './auth/roles.js';
import { ConfigError, readConfig } from './config.js';
import type { Config } from './config.js';
import { SAMPLE_DOMAINS } from './embedded/sample.js';
import { clientOptions, CONTROL, directUri, STATS } from './job/database.js';
import { indexWatch, makeIndexes } from './job/indexes.js';
import { killing, killingOn } from './job/killing.js';
import type { Kill } from './job/killing.js';
import { members } from './job/members.js';
import type { Member } from './job/members.js';
import { memoryFor } from './job/memory.js';
import { watchDatabase } from './job/readiness.js';
import { jobService } from './job/service.js';
import { jobStore } from './job/store.js';
import { lanes } from './job/turns.js';
import { makeLog } from './log.js';
import type { Log } from './log.js';
import { chain } from './server/call.js';
import type { Chain } from './server/call.js';
import { grpcDoor } from './server/grpc.js';
import type { Door } from './server/grpc.js';
import { servingState } from './server/health.js';
import type { ServingState } from './server/health.js';
import { httpDoor } from './server/http.js';
import { tlsFiles } from './server/tls.js';
import type { Tls } from './server/tls.js';
import { adminDoor } from './server/web.js';

const ROOT = new URL('../../', import.meta.url);

/** What has to be undone at the end, the last first. */
type Cleanups = (() => Promise<void>)[];

interface Addresses {
  readonly grpc: string;
  readonly http: string;
  readonly admin: string;
}

/** What the doors lead to. */
interface Parts {
  readonly calls: Chain;
  readonly state: ServingState;
  readonly tls: Tls | undefined;
  /** Domains that are known to have jobs. */
  readonly domains: readonly string[];
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

async function embeddedDatabase(config: Config, log: Log, cleanups: Cleanups): Promise<Database> {
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

function databaseOf(config: Config, log: Log, cleanups: Cleanups): Promise<Database> {
  return config.mongodbUri === undefined
    ? embeddedDatabase(config, log, cleanups)
    : Promise.resolve({ uri: config.mongodbUri, embedded: false });
}

/** Milliseconds: closing takes leave of the database, which may not be there any more. */
const CLOSE_PATIENCE = 1000;

function connect(uri: string, config: Config, cleanups: Cleanups, extra: MongoClientOptions = {}): Db {
  const client = new MongoClient(uri, { ...clientOptions(uri), ...extra });
  cleanups.push(() => Promise.race([client.close(), pause(CLOSE_PATIENCE)]));
  return client.db(config.mongodbDatabase);
}

/** The secondaries that `control` sees, connected to one by one to end what runs there. */
function followMembers(control: Db, uri: string, cleanups: Cleanups): () => readonly Kill[] {
  const open = (address: string): Member => {
    const options = { ...clientOptions(uri), ...CONTROL };
    const client = new MongoClient(directUri(uri, address, control.client.options), options);
    // It is there before it is needed; where it cannot be had, closing the connection remains.
    client.connect().catch(() => undefined);
    return {
      kill: killingOn(client.db()),
      close: () => Promise.race([client.close(), pause(CLOSE_PATIENCE)]),
    };
  };
  const { secondaries, close } = members(control.client, open);
  cleanups.push(close);
  return secondaries;
}

/** Keeps `state` true to the database until the cleanups run; `serving` is told when it begins to answer. */
function follow(db: Db, state: ServingState, log: Log, serving: () => void, cleanups: Cleanups): void {
  const stop = new AbortController();
  const watching = watchDatabase(db, stop.signal, (answered) => {
    if (answered && !state.serving()) serving();
    if (!answered && state.serving()) log.error('the database is lost: not serving');
    state.set(answered);
  });
  cleanups.push(async () => {
    stop.abort();
    state.set(false);
    await watching;
  });
}

async function named<T extends Door>(variable: string, opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    throw new Error(`${variable}: the port cannot be listened on`, { cause: error });
  }
}

/** Milliseconds since 1970, and milliseconds that only grow. */
const wallClock = (): number => Date.now();
const monotonic = (): number => performance.now();

/** The keys in AUTH_PUBLIC_KEYS. Errors: the file cannot be used. */
async function keysInFile(path: string, log: Log): Promise<KeysOf> {
  const report = (error: unknown): void => {
    log.error({ err: error }, 'AUTH_PUBLIC_KEYS: the changed file cannot be used; the keys before it stay');
  };
  try {
    return await keyFile(path, { clock: monotonic, report });
  } catch (error) {
    throw new Error('AUTH_PUBLIC_KEYS: the file cannot be used', { cause: error });
  }
}

/** Who may call, as the settings say. Errors: the file with the keys cannot be used. */
async function authentication(config: Config, log: Log, cleanups: Cleanups): Promise<Authenticate> {
  const { authPublicKeys, authIdentityEndpoint, authRoleCache: keep } = config;
  const inFile = authPublicKeys === undefined ? undefined : await keysInFile(authPublicKeys, log);
  if (authIdentityEndpoint === undefined)
    return inFile === undefined ? open : jwt({ keysOf: inFile, now: wallClock });
  const report = (error: unknown): void => {
    log.error({ err: error }, 'AUTH_IDENTITY_ENDPOINT: the identity service does not answer');
  };
  const identity = identityService(authIdentityEndpoint, { report });
  cleanups.push(() => {
    identity.close();
    return Promise.resolve();
  });
  const fetched = fetchedKeys(identity, { clock: monotonic });
  const keysOf = inFile === undefined ? fetched : eitherKeys(inFile, fetched);
  return jwt({ keysOf, now: wallClock, roles: roles(identity, { keep, clock: monotonic }) });
}

/** TLS for the doors, as the settings say. Errors: the files cannot be used. */
async function encryption(config: Config, log: Log, cleanups: Cleanups): Promise<Tls | undefined> {
  const { tlsCertFile: cert, tlsKeyFile: key, tlsClientCaFile: clientCa } = config;
  if (cert === undefined || key === undefined) return undefined;
  const report = (error: unknown): void => {
    log.error({ err: error }, 'TLS_CERT_FILE: the changed files cannot be used; those before them stay');
  };
  try {
    const tls = await tlsFiles({ cert, key, clientCa }, { report });
    cleanups.push(() => {
      tls.stop();
      return Promise.resolve();
    });
    return tls;
  } catch (error) {
    throw new Error('TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: the files cannot be used', {
      cause: error,
    });
  }
}

/** Opens the doors, which close together. Errors: a port cannot be had. */
async function openDoors(
  config: Config,
  { calls, state, tls, domains }: Parts,
  log: Log,
  cleanups: Cleanups,
): Promise<Addresses> {
  const { host, corsOrigins, auth } = config;
  const doors: Door[] = [];
  cleanups.push(async () => {
    await Promise.all(doors.map((door) => door.close(config.shutdownGrace)));
  });
  const listening = async (variable: string, port: number | 'off', open: (port: number) => Promise<Door>) => {
    if (port === 'off') return port;
    const door = await named(variable, open(port));
    doors.push(door);
    return door.address;
  };
  const shared = { chain: calls, state, version: VERSION, host, tls };
  const grpc = await listening('GRPC_PORT', config.grpcPort, (port) => grpcDoor({ ...shared, port }));
  const http = await listening('HTTP_PORT', config.httpPort, (port) =>
    httpDoor({
      ...shared,
      now: wallClock,
      port,
      corsOrigins,
      explorer: config.explorer === 'on' ? { auth, grpc, domains } : undefined,
      log,
    }),
  );
  const admin = await listening('ADMIN_PORT', config.adminPort, (port) => adminDoor(state, host, port));
  return { grpc, http, admin };
}

/** Runs the cleanups, the last first, each even when one before it fails. */
async function cleanUp(cleanups: Cleanups, log: Log): Promise<void> {
  for (const cleanup of cleanups.toReversed()) {
    await cleanup().catch((error: unknown) => {
      log.error({ err: error }, 'a part did not stop cleanly');
    });
  }
}

const example = (grpc: string): string =>
  `grpcurl -plaintext -d '{"domain_id": "${SAMPLE_DOMAINS[1]}", "query": {"page": {"limit": 3}}}' ${grpc} spaceone.api.inventory.v1.Job/list`;

async function serve(config: Config, log: Log, cleanups: Cleanups): Promise<void> {
  const authenticate = await authentication(config, log, cleanups);
  const tls = await encryption(config, log, cleanups);
  const database = await databaseOf(config, log, cleanups);
  const db = connect(database.uri, config, cleanups);
  const stats = connect(database.uri, config, cleanups, STATS);
  const control = connect(database.uri, config, cleanups, CONTROL);
  const secondaries = followMembers(control, database.uri, cleanups);
  const onPrimary = killingOn(control);
  const kill = killing(() => [onPrimary, ...secondaries()]);
  if (database.embedded) await makeIndexes(db);
  const state = servingState();
  const indexes = indexWatch(control, log);
  cleanups.push(indexes.stop);
  const report = (error: unknown): void => {
    log.error({ err: error }, 'the database could not run a query');
  };
  const store = jobStore({ reads: db, stats, kill }, { report, orderedBy: indexes.orderedBy });
  const memory = memoryFor(config.maxResponseBytes);
  const service = jobService({ store, memory, lanes: lanes(), clock: monotonic, ...config });
  const calls = chain({
    service,
    authenticate,
    memory,
    ready: state.serving,
    now: wallClock,
    log,
    ...config,
  });
  const domains = database.embedded && config.sampleData ? SAMPLE_DOMAINS : [];
  const addresses = await openDoors(config, { calls, state, tls, domains }, log, cleanups);
  const serving = (): void => {
    log.info({ ...addresses, version: VERSION }, 'serving');
    if (database.embedded && config.auth === 'none' && tls === undefined)
      log.info(`try: ${example(addresses.grpc)}`);
    if (addresses.http !== 'off' && config.explorer === 'on')
      log.info(`the job explorer: ${tls === undefined ? 'http' : 'https'}://${addresses.http}/`);
    indexes.begin();
  };
  follow(control, state, log, serving, cleanups);
}

/** A second signal ends at once, but for the twin that a terminal and npm both send on one Ctrl-C. */
const TWIN = 1000;
/** Milliseconds that calls have to arrive that were sent before the signal. */
const ARRIVING = 50;

function stopOnSignals(log: Log, cleanups: Cleanups): void {
  let stopping = 0;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping > 0) {
      if (performance.now() - stopping > TWIN) process.exit(1);
      return;
    }
    stopping = performance.now();
    void pause(ARRIVING).then(async () => {
      log.info({ signal }, 'stopping');
      await cleanUp(cleanups, log);
      log.info('stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** What nobody has caught is a fault of this program: it is told, what runs is ended as it should, and another process begins. */
function stopOnFaults(log: Log, cleanups: Cleanups): void {
  const stop = (error: unknown): void => {
    log.fatal({ err: error }, 'a fault that nobody has caught: stopping');
    void cleanUp(cleanups, log).then(() => process.exit(1));
  };
  process.once('uncaughtException', stop);
  process.once('unhandledRejection', stop);
}

function settingsOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = settingsOrExit();
const log = await makeLog(config.logLevel, process.stdout.isTTY);
const cleanups: Cleanups = [];
stopOnSignals(log, cleanups);
stopOnFaults(log, cleanups);
try {
  await serve(config, log, cleanups);
} catch (error) {
  log.fatal({ err: error }, 'the service could not start');
  await cleanUp(cleanups, log);
  process.exit(1);
}
