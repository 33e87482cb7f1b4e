/** The indexes that this service's orders need: made by a command, and only missed at the start (docs/operations.md). */
import type { Db } from 'mongodb';
import { INDEXES } from './schema.js';

const MISSING_COLLECTION = 26;

async function existing(db: Db): Promise<ReadonlySet<string>> {
  try {
    const found = await db.collection('job').listIndexes().toArray();
    return new Set(found.map(({ key }) => JSON.stringify(key)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === MISSING_COLLECTION) return new Set();
    throw error;
  }
}

/** The keys of the indexes that are missing on `job`. */
export async function missingIndexes(db: Db): Promise<readonly (typeof INDEXES)[number][]> {
  const found = await existing(db);
  return INDEXES.filter((key) => !found.has(JSON.stringify(key)));
}

/** Makes the missing indexes, and answers their names. */
export async function makeIndexes(db: Db): Promise<readonly string[]> {
  const missing = await missingIndexes(db);
  return Promise.all(missing.map((key) => db.collection('job').createIndex({ ...key })));
}
