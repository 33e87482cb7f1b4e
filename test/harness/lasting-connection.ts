// A connection of a test, as the executor takes it: it lasts until the test ends.
import type { Db } from 'mongodb';
import type { Connection } from '../../src/mongo/connections.js';

/** Wraps `db` as a connection that never closes. */
export function lastingConnection(db: Db): () => Connection {
  const connected = { db, closed: new AbortController().signal };
  return () => connected;
}
