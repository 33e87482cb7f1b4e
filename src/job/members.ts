/** The secondaries of a replica set, each by connections of its own: what runs on one is ended there (docs/operations.md «Deadlines»). */
import type { MongoClient, TopologyDescription, TopologyDescriptionChangedEvent } from 'mongodb';
import type { Kill } from './killing.js';

export interface Member {
  readonly kill: Kill;
  close(): Promise<void>;
}

export interface Members {
  /** Those that are secondaries now. */
  secondaries(): readonly Kill[];
  close(): Promise<void>;
}

const secondariesOf = ({ type, servers }: TopologyDescription): readonly string[] =>
  type.startsWith('ReplicaSet')
    ? [...servers].filter(([, server]) => server.type === 'RSSecondary').map(([address]) => address)
    : [];

/** Follows which members `client` sees, and opens each that is a secondary. */
export function members(client: MongoClient, open: (address: string) => Member): Members {
  const opened = new Map<string, Member>();
  let secondaries: readonly string[] = [];

  function follow({ newDescription }: TopologyDescriptionChangedEvent): void {
    secondaries = secondariesOf(newDescription);
    for (const address of secondaries) if (!opened.has(address)) opened.set(address, open(address));
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
