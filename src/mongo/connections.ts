/**
 * Opens the clients of the database: each purpose has connections of its own, and all are opened and closed together
 * (docs/deploy.md «Database»).
 */
import type { Db, MongoClient } from 'mongodb';
import { raceAbort, settleWithin } from '../limits/abort.js';
import { closeClient } from './client-options.js';
import type { Purpose } from './client-options.js';
import { createProbe } from './probe.js';
import { monitorSecondaries } from './secondaries.js';
import { createSessionKiller, killSessionsOn } from './session-killer.js';
import type { Kill } from './session-killer.js';

export interface ConnectionsOptions {
  createClient(purpose: Purpose): MongoClient;
  /** Creates a client of the one server at `address`, as seen by `control`. */
  createDirectClient(address: string, control: MongoClient): MongoClient;
  readonly database: string;
  /** The collections that calls read. */
  readonly collections: readonly string[];
  /** Checks servers that answer. Errors: they cannot be served from. */
  check(): void;
}

/** The database by the connections of one purpose. */
export interface Connection {
  readonly db: Db;
  /** Aborted when the connections are closed; operations on them end then. */
  readonly closed: AbortSignal;
}

/** Connections opened together. */
export interface Connections extends Readonly<Record<Purpose, Connection>> {
  readonly kill: Kill;
  /** A database on each server where operations may run. */
  servers(): readonly Db[];
  /** Waits until each client can do its work. Errors: the failures of its reads, or the reason of `signal`. */
  probe(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The time at the close for answers to kills; a stalled database answers none. */
const KILLS_TIMEOUT_MS = 250;

/** Opens clients; the first probe connects them. */
export function openConnections({
  createClient,
  createDirectClient,
  database,
  collections,
  check,
}: ConnectionsOptions): Connections {
  const closing = new AbortController();
  const closed = closing.signal;
  const clients = {
    reads: createClient('reads'),
    stats: createClient('stats'),
    control: createClient('control'),
  };
  const connectionOf = (client: MongoClient): Connection => ({ db: client.db(database), closed });
  const reads = connectionOf(clients.reads);
  const stats = connectionOf(clients.stats);
  const control = connectionOf(clients.control);
  const secondaries = monitorSecondaries(clients.control, (address) =>
    createDirectClient(address, clients.control),
  );
  const killOnPrimary = killSessionsOn(control.db);
  const killOnAll = createSessionKiller(() => [killOnPrimary, ...secondaries.killers()]);
  const kills = new Set<Promise<void>>();
  const probe = createProbe({ control: control.db, working: [reads.db, stats.db], collections, closed });
  return {
    reads,
    stats,
    control,
    kill(id) {
      const killed = killOnAll(id).finally(() => kills.delete(killed));
      kills.add(killed);
      return killed;
    },
    servers: () => [control.db, ...secondaries.databases()],
    async probe(signal) {
      await raceAbort(probe(signal), signal);
      check();
    },
    async close() {
      closing.abort();
      // A closed connection ends its operation only much later.
      await settleWithin(KILLS_TIMEOUT_MS, Promise.all(kills));
      await Promise.all([secondaries.close(), ...Object.values(clients).map(closeClient)]);
    },
  };
}
