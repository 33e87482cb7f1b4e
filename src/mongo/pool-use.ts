/** Follows the use of a client's connections, by the events of its driver. */
import type { MongoClient } from 'mongodb';

/** An event of one connection. */
interface ConnectionEvent {
  readonly address: string;
  readonly connectionId: number | '<monitor>';
}

const keyOf = ({ address, connectionId }: ConnectionEvent): string => `${address} ${connectionId}`;

/**
 * Follows the connections of `client`. The function returned tells if nothing shows that an operation gets one: none is idle,
 * and none was given since the last question. Of a full pool it is false, since an operation would only wait there.
 */
export function followPool(client: MongoClient): () => boolean {
  const max = client.options.maxPoolSize || Infinity;
  const idle = new Set<string>();
  const used = new Set<string>();
  let wasGiven = false;
  client.on('connectionReady', (event) => {
    idle.add(keyOf(event));
  });
  client.on('connectionCheckedOut', (event) => {
    wasGiven = true;
    idle.delete(keyOf(event));
    used.add(keyOf(event));
  });
  client.on('connectionCheckedIn', (event) => {
    used.delete(keyOf(event));
    idle.add(keyOf(event));
  });
  client.on('connectionClosed', (event) => {
    idle.delete(keyOf(event));
    used.delete(keyOf(event));
  });
  return () => {
    const isProven = wasGiven || idle.size > 0 || used.size >= max;
    wasGiven = false;
    return !isProven;
  };
}
