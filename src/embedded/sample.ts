/** Fills an empty database with the sample, and makes the indexes already made by the writers of a real one. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON, MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';

/** The domains of the sample to show first: one with many jobs, one with few. */
export const SAMPLE_DOMAINS = ['domain-3f1c9a7b2e40', 'domain-07d2e9c4a6b1'] as const;

export interface SampleCounts {
  readonly jobs: number;
  readonly collectors: number;
}

const JOB_KEYS = [
  'status',
  'collector',
  'collector_id',
  'project_id',
  'projects',
  'domain_id',
  'created_at',
  'finished_at',
] as const;

/** True for a collection with a document: all jobs may have been deleted, with the collectors of the sample still there. */
const hasDocuments = async (db: Db, name: string): Promise<boolean> =>
  (await db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null;

/** Loads all of the sample or none: an interrupted start leaves nothing to keep the next one from trying. */
export async function loadSample(uri: string, database: string, dir: string): Promise<SampleCounts> {
  const client = new MongoClient(uri);
  try {
    const db = client.db(database);
    await makeWritersIndexes(db);
    if ((await hasDocuments(db, 'job')) || (await hasDocuments(db, 'collector')))
      return { jobs: 0, collectors: 0 };
    const [jobs, collectors] = await Promise.all([documents(dir, 'job'), documents(dir, 'collector')]);
    await client.withSession((session) =>
      session.withTransaction(async () => {
        await db.collection('collector').insertMany(collectors, { session, ordered: true });
        await db.collection('job').insertMany(jobs, { session, ordered: true });
      }),
    );
    return { jobs: jobs.length, collectors: collectors.length };
  } finally {
    await client.close();
  }
}

/** Makes the indexes of the writers of jobs and collectors. */
export async function makeWritersIndexes(db: Db): Promise<void> {
  await db
    .collection('job')
    .createIndexes([{ key: { job_id: 1 }, unique: true }, ...JOB_KEYS.map((key) => ({ key: { [key]: 1 } }))]);
  await db.collection('collector').createIndexes([{ key: { collector_id: 1 }, unique: true }]);
}

async function documents(dir: string, collection: string): Promise<Document[]> {
  const text = await readFile(join(dir, `${collection}.jsonl`), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map(extendedJson);
}

/** Parses strict Extended JSON: a long and a double keep their types. Errors: it is no object. */
export function extendedJson(text: string): Document {
  const parsed: unknown = BSON.EJSON.parse(text, { relaxed: false });
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw new Error(`no document: ${text.slice(0, 80)}`);
}
