// Connections of a test's own, which stand until the test ends.
import type { Db } from 'mongodb';
import type { Connected } from '../../src/mongo/executor.js';

/** `db` as what lasts. */
export function standing(db: Db): () => Connected {
  const connected = { db, over: new AbortController().signal };
  return () => connected;
}
