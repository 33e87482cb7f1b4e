/**
 * The clients of the database, each kind of work by connections of its own (docs/operations.md «Database»). Those of one
 * opening begin and end together.
 */
import type { Db, MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import { closeClient } from './client-options.js';
import { ReadFailed } from './diagnosis.js';
import { createSessionKiller, killSessionsOn } from './session-killer.js';
import type { Kill } from './session-killer.js';
import { monitorSecondaries } from './members.js';
import { raceAbort } from '../limits/abort.js';
import type { Connection } from './executor.js';

/** What connections are for: stats may take long, and be many; control judges the database, and ends operations. */
export type Purpose = 'reads' | 'stats' | 'control';

export interface ConnectionsOptions {
  /** Makes a client. */
  client(purpose: Purpose): MongoClient;
  /** Makes a client of the one server at `address`, which `control` sees. */
  member(address: string, control: MongoClient): MongoClient;
  readonly database: string;
  /** The collections that calls read. */
  readonly collections: readonly string[];
  /** Throws what is wrong with the servers that answer, if anything is. */
  check(): void;
}

/** Clients that were opened together. */
export interface Connections extends Readonly<Record<Purpose, Connection>> {
  readonly kill: Kill;
  /** Waits until each client can do its work. Errors: why one cannot, or that `signal` was aborted before. */
  answer(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Reads `collections` as calls do: a ping would need none of their rights. Errors: all reads that failed. */
async function read(db: Db, collections: readonly string[], signal: AbortSignal): Promise<void> {
  const options = { projection: { _id: 1 }, signal };
  const failures = await Promise.all(
    collections.map((name) =>
      db
        .collection(name)
        .findOne({}, options)
        .then(
          () => [],
          (error: unknown) => [new ReadFailed(name, error)],
        ),
    ),
  );
  if (failures.flat().length > 0) throw new AggregateError(failures.flat(), 'the database cannot be read');
}

const WRITABLE: ReadonlySet<string> = new Set(['Standalone', 'Mongos', 'RSPrimary', 'LoadBalancer']);

/** Whether there is a server for what is read by `mode`. */
function canServe({ type, servers }: TopologyDescription, mode: string): boolean {
  const types = [...servers.values()].map((server) => server.type);
  if (type === 'Single') return types.some((each) => each !== 'Unknown');
  return types.some((each) => WRITABLE.has(each) || (mode !== 'primary' && each === 'RSSecondary'));
}

/** Follows whether `client` knows a server to read from. */
function followsServer(client: MongoClient): () => boolean {
  let able = false;
  client.on('topologyDescriptionChanged', ({ newDescription }: TopologyDescriptionChangedEvent) => {
    able = canServe(newDescription, client.readPreference.mode);
  });
  client.on('topologyClosed', () => {
    able = false;
  });
  return () => able;
}

/** Opens clients; they connect when they are first asked to answer. */
export function openConnections({
  client: make,
  member,
  database,
  collections,
  check,
}: ConnectionsOptions): Connections {
  const over = new AbortController();
  const clients = { reads: make('reads'), stats: make('stats'), control: make('control') };
  const connected = (client: MongoClient): Connection => ({ db: client.db(database), closed: over.signal });
  const reads = connected(clients.reads);
  const stats = connected(clients.stats);
  const control = connected(clients.control);
  const set = monitorSecondaries(clients.control, (address) => member(address, clients.control));
  const onPrimary = killSessionsOn(control.db);
  const working = [reads, stats].map(({ db }) => ({ db, able: followsServer(db.client) }));
  let opened = false;

  /** The first connect of a client may be repeated; where it has failed the driver does not do so by itself. */
  async function connect({ client }: Db): Promise<void> {
    await client.connect();
    if (over.signal.aborted) await client.close();
  }

  async function open(signal: AbortSignal): Promise<void> {
    await connect(control.db);
    await read(control.db, collections, signal);
    await Promise.all(
      working.map(async ({ db }) => {
        await connect(db);
        await read(db, collections, signal);
      }),
    );
    opened = true;
  }

  /** Reads by control alone: the other connections may all be at work. One without a server looks for it while it waits. */
  async function ask(signal: AbortSignal): Promise<void> {
    const unable = working.filter(({ able }) => !able());
    await Promise.all([control, ...unable].map(({ db }) => read(db, collections, signal)));
  }

  return {
    reads,
    stats,
    control,
    kill: createSessionKiller(() => [onPrimary, ...set.secondaries()]),
    async answer(signal) {
      await raceAbort(opened ? ask(signal) : open(signal), signal);
      check();
    },
    async close() {
      over.abort();
      await Promise.all([set.close(), ...Object.values(clients).map(closeClient)]);
    },
  };
}
