// Connections of a test's own, which stand until the test ends.
import type { Db } from 'mongodb';
import type { Connection } from '../../src/mongo/connections.js';

/** `db` as what lasts. */
export function standing(db: Db): () => Connection {
  const connected = { db, closed: new AbortController().signal };
  return () => connected;
}
