/** Monitors the secondaries of a replica set, each by a client of its own: an operation on one is killed there (docs/configure.md «Deadlines»). */
import type { Db, MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import { delay } from '../limits/abort.js';
import { closeClient } from './client-options.js';
import { killSessionsOn } from './session-killer.js';
import type { Kill } from './session-killer.js';

interface Member {
  readonly db: Db;
  readonly kill: Kill;
  close(): Promise<void>;
}

export interface SecondariesMonitor {
  /** Returns a killer for each current secondary. */
  killers(): readonly Kill[];
  /** Returns a database on each current secondary. */
  databases(): readonly Db[];
  close(): Promise<void>;
}

const RETRY_DELAY_MS = 1000;

/**
 * Connects the client of one server before it is needed, and tries again until it succeeds: the driver does not repeat a
 * first connect that failed. Without this client, closing the operation's connection remains. A client that was closed
 * during its connect is closed again: the driver may have had nothing to close yet.
 */
async function connect(client: MongoClient, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const isConnected = await client.connect().then(Boolean, () => false);
    if (isConnected) break;
    await delay(RETRY_DELAY_MS, stop);
  }
  if (stop.aborted) await closeClient(client);
}

function createMember(client: MongoClient): Member {
  const stopping = new AbortController();
  void connect(client, stopping.signal);
  const db = client.db();
  return {
    db,
    kill: killSessionsOn(db),
    close() {
      stopping.abort();
      return closeClient(client);
    },
  };
}

const secondariesOf = ({ type, servers }: TopologyDescription): readonly string[] =>
  type.startsWith('ReplicaSet')
    ? [...servers].filter(([, server]) => server.type === 'RSSecondary').map(([address]) => address)
    : [];

/** Follows the members that `client` sees, and opens a client for each secondary. */
export function monitorSecondaries(
  client: MongoClient,
  open: (address: string) => MongoClient,
): SecondariesMonitor {
  const members = new Map<string, Member>();
  let secondaries: readonly string[] = [];

  function follow({ newDescription }: TopologyDescriptionChangedEvent): void {
    secondaries = secondariesOf(newDescription);
    for (const address of secondaries)
      if (!members.has(address)) members.set(address, createMember(open(address)));
    for (const [address, member] of members) {
      if (newDescription.servers.has(address)) continue;
      members.delete(address);
      void member.close();
    }
  }

  const current = (): readonly Member[] => secondaries.flatMap((address) => members.get(address) ?? []);
  client.on('topologyDescriptionChanged', follow);
  return {
    killers: () => current().map(({ kill }) => kill),
    databases: () => current().map(({ db }) => db),
    async close() {
      client.off('topologyDescriptionChanged', follow);
      await Promise.all([...members.values()].map((member) => member.close()));
    },
  };
}
