// Fills an empty database with the sample, and makes the indexes that the writers of a real one have already made.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON, MongoClient, type Db, type Document } from 'mongodb';

/** The domains of the sample that are shown first: one with many jobs, one with few. */
export const SAMPLE_DOMAINS = ['domain-3f1c9a7b2e40', 'domain-07d2e9c4a6b1'] as const;

export type SampleCounts = { readonly jobs: number; readonly collectors: number };

const jobKeys = 'status collector collector_id project_id projects domain_id created_at finished_at'.split(
  ' ',
);

/** Whether there is a document: jobs may all have been deleted, and the collectors of the sample are still there. */
const holds = async (db: Db, name: string): Promise<boolean> =>
  (await db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null;

/** All of it or none: a start that is interrupted leaves nothing behind that would keep the next from trying. */
export async function loadSample(uri: string, database: string, dir: string): Promise<SampleCounts> {
  const client = new MongoClient(uri);
  try {
    const db = client.db(database);
    await makeWritersIndexes(db);
    if ((await holds(db, 'job')) || (await holds(db, 'collector'))) return { jobs: 0, collectors: 0 };
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

/** The indexes that the writers of jobs and collectors make. */
export async function makeWritersIndexes(db: Db): Promise<void> {
  await db
    .collection('job')
    .createIndexes([{ key: { job_id: 1 }, unique: true }, ...jobKeys.map((key) => ({ key: { [key]: 1 } }))]);
  await db.collection('collector').createIndexes([{ key: { collector_id: 1 }, unique: true }]);
}

async function documents(dir: string, collection: string): Promise<Document[]> {
  const text = await readFile(join(dir, `${collection}.jsonl`), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map(extendedJson);
}

/** The document that strict Extended JSON stands for: a long and a double keep their types. Errors: it is no object. */
export function extendedJson(text: string): Document {
  const parsed: unknown = BSON.EJSON.parse(text, { relaxed: false });
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw new Error(`no document: ${text.slice(0, 80)}`);
}
