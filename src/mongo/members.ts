/** The secondaries of a replica set, each by connections of its own: what runs on one is ended there (docs/operations.md «Deadlines»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import { closeClient } from './client-options.js';
import { killSessionsOn } from './session-killer.js';
import type { Kill } from './session-killer.js';

interface Member {
  readonly kill: Kill;
  close(): Promise<void>;
}

export interface SecondariesMonitor {
  /** Those that are secondaries now. */
  secondaries(): readonly Kill[];
  close(): Promise<void>;
}

/** Milliseconds between two attempts to connect. */
const RETRY_DELAY_MS = 1000;

/**
 * Connects `client` of one server, again until it succeeds: the driver repeats a first connect that failed no more. It is
 * there before it is needed; where it cannot be had, closing the connection remains.
 */
async function connect(client: MongoClient, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const connected = await client.connect().then(Boolean, () => false);
    if (connected) return;
    // The pause ends early, with an error that says nothing more, when the member is closed.
    await pause(RETRY_DELAY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function memberOf(client: MongoClient): Member {
  const stop = new AbortController();
  void connect(client, stop.signal);
  return {
    kill: killSessionsOn(client.db()),
    close() {
      stop.abort();
      return closeClient(client);
    },
  };
}

const secondariesOf = ({ type, servers }: TopologyDescription): readonly string[] =>
  type.startsWith('ReplicaSet')
    ? [...servers].filter(([, server]) => server.type === 'RSSecondary').map(([address]) => address)
    : [];

/** Follows which members `client` sees, and opens each that is a secondary. */
export function monitorSecondaries(
  client: MongoClient,
  open: (address: string) => MongoClient,
): SecondariesMonitor {
  const opened = new Map<string, Member>();
  let secondaries: readonly string[] = [];

  function follow({ newDescription }: TopologyDescriptionChangedEvent): void {
    secondaries = secondariesOf(newDescription);
    for (const address of secondaries) if (!opened.has(address)) opened.set(address, memberOf(open(address)));
    for (const [address, member] of opened) {
      if (newDescription.servers.has(address)) continue;
      opened.delete(address);
      void member.close();
    }
  }

  client.on('topologyDescriptionChanged', follow);
  return {
    secondaries: () => secondaries.flatMap((address) => opened.get(address)?.kill ?? []),
    async close() {
      client.off('topologyDescriptionChanged', follow);
      await Promise.all([...opened.values()].map((member) => member.close()));
    },
  };
}
