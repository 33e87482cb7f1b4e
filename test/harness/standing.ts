// A connection of a test, as the executor takes it: it lasts until the test ends.
import type { Db } from 'mongodb';
import type { Connected } from '../../src/mongo/executor.js';

/** Wraps `db` as a connection that never closes. */
export function lastingConnection(db: Db): () => Connected {
  const connected = { db, over: new AbortController().signal };
  return () => connected;
}
