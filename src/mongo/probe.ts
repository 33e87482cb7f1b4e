/** Probes clients by reads as calls do them (docs/monitor.md «Health»). */
import type { Db, MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import { ReadFailed, UserDropped } from './diagnosis/facts.js';
import { isUnauthorized } from './rights.js';
import type { ConnectionStatus } from './rights.js';
import { followPool } from './pool-use.js';

/** The clients to probe, by their databases. */
export interface ProbedClients {
  readonly control: Db;
  /** Those of calls. */
  readonly working: readonly Db[];
  /** The collections that calls read. */
  readonly collections: readonly string[];
  /** Aborted when the clients are closed. */
  readonly closed: AbortSignal;
}

/** Returns true unless the database has dropped the user of a connection: it ends the login, and not the connection. */
async function hasUser(db: Db, signal: AbortSignal): Promise<boolean> {
  const { authInfo }: ConnectionStatus = await db.command({ connectionStatus: 1 }, { signal });
  return authInfo?.authenticatedUsers?.length !== 0;
}

/** Reads `collections` with the rights of calls, since a ping needs none. Errors: all reads that failed. */
async function readAll(db: Db, collections: readonly string[], signal: AbortSignal): Promise<void> {
  const options = { projection: { _id: 1 }, signal };
  const reads = collections.map((name) =>
    db
      .collection(name)
      .findOne({}, options)
      .then(
        () => [],
        (error: unknown) => [new ReadFailed(name, error)],
      ),
  );
  const failures = (await Promise.all(reads)).flat();
  if (failures.length === 0) return;
  const isRefused = failures.every(({ cause }) => isUnauthorized(cause));
  const dropped = isRefused && !(await hasUser(db, signal)) ? [new UserDropped()] : [];
  throw new AggregateError([...failures, ...dropped], 'the database cannot be read');
}

const WRITABLE_TYPES: ReadonlySet<string> = new Set(['Standalone', 'Mongos', 'RSPrimary', 'LoadBalancer']);

/** Returns true if the topology has a server for reads with the read preference `mode`. */
function hasServerFor({ type, servers }: TopologyDescription, mode: string): boolean {
  const types = [...servers.values()].map((server) => server.type);
  if (type === 'Single') return types.some((each) => each !== 'Unknown');
  return types.some((each) => WRITABLE_TYPES.has(each) || (mode !== 'primary' && each === 'RSSecondary'));
}

/** Follows the topology of `client`; the function returned tells if it has a server to read from. */
function followTopology(client: MongoClient): () => boolean {
  let hasServer = false;
  client.on('topologyDescriptionChanged', ({ newDescription }: TopologyDescriptionChangedEvent) => {
    hasServer = hasServerFor(newDescription, client.readPreference.mode);
  });
  client.on('topologyClosed', () => {
    hasServer = false;
  });
  return () => hasServer;
}

/** Connects a client. A connect that failed may be repeated here; the driver does not repeat it by itself. */
async function connect({ client }: Db, closed: AbortSignal): Promise<void> {
  await client.connect();
  if (closed.aborted) await client.close();
}

/**
 * Creates a probe of clients. Until it succeeds, it connects each client and reads by it; then it reads by control, and by
 * others only in doubt, since their connections may all be at work. A client without a server looks for one only while a
 * read waits, and one without an idle connection may not get any.
 */
export function createProbe({ control, working, collections, closed }: ProbedClients) {
  const followed = working.map((db) => ({
    db,
    hasServer: followTopology(db.client),
    lacksConnection: followPool(db.client),
  }));
  let isOpen = false;

  async function open(signal: AbortSignal): Promise<void> {
    await connect(control, closed);
    await readAll(control, collections, signal);
    await Promise.all(
      working.map(async (db) => {
        await connect(db, closed);
        await readAll(db, collections, signal);
      }),
    );
    isOpen = true;
  }

  async function read(signal: AbortSignal): Promise<void> {
    const inDoubt = followed
      .filter(({ hasServer, lacksConnection }) => lacksConnection() || !hasServer())
      .map(({ db }) => db);
    await Promise.all([control, ...inDoubt].map((db) => readAll(db, collections, signal)));
  }

  return (signal: AbortSignal): Promise<void> => (isOpen ? read(signal) : open(signal));
}
