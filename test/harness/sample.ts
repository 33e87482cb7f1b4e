// The sample of the repository, loaded once in a run and copied within mongod for each database of tests.
import { fileURLToPath } from 'node:url';
import type { Db, Document, MongoClient } from 'mongodb';
import { startEmbedded } from '../../src/embedded/embedded.js';
import type { Embedded } from '../../src/embedded/embedded.js';
import { loadSample, makeWritersIndexes } from '../../src/embedded/sample.js';
import { makeIndexes } from '../../src/job/collections.js';

/** The database to copy from. */
export const SAMPLE_DATABASE = 'sample_of_tests';

const SAMPLE_DIR = fileURLToPath(new URL('../../../sample', import.meta.url));

/** Starts a mongod with the sample to copy from. */
export async function startSampleMongod(log: (message: string) => void): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir: undefined, binary: process.env['MONGOD_BINARY'], log });
  await loadSample(embedded.uri, SAMPLE_DATABASE, SAMPLE_DIR);
  return embedded;
}

/** Replaces the jobs and collectors of `db` by those of the sample, with all indexes. */
export async function copySample(client: MongoClient, db: Db): Promise<void> {
  await makeWritersIndexes(db);
  await makeIndexes(db);
  const source = client.db(SAMPLE_DATABASE);
  // The indexes of a target stay.
  const copy = (coll: string) =>
    source
      .collection(coll)
      .aggregate([{ $out: { db: db.databaseName, coll } }])
      .toArray();
  await Promise.all(['job', 'collector'].map(copy));
}

/** Undoes inserts and deletes of jobs since a copy. */
export async function restoreSample(client: MongoClient, db: Db): Promise<void> {
  const source = client.db(SAMPLE_DATABASE).collection('job');
  const target = db.collection('job');
  const [due, found] = await Promise.all(
    [source, target].map((jobs) => jobs.find({}, { projection: { _id: 1 } }).toArray()),
  );
  const idsOf = (jobs: readonly Document[] = []) => new Set(jobs.map(({ _id }) => String(_id)));
  const [dueIds, foundIds] = [idsOf(due), idsOf(found)];
  const missing = due?.filter(({ _id }) => !foundIds.has(String(_id))) ?? [];
  const added = found?.filter(({ _id }) => !dueIds.has(String(_id))) ?? [];
  await target.deleteMany({ _id: { $in: added.map(({ _id }) => _id) } });
  await source
    .aggregate([
      { $match: { _id: { $in: missing.map(({ _id }) => _id) } } },
      { $merge: { into: { db: db.databaseName, coll: 'job' } } },
    ])
    .toArray();
}
