// The sample: an empty database is filled once, with the types that the files name.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { loadSample } from '../../src/embedded/sample.js';
import type { SampleCounts } from '../../src/embedded/sample.js';

const dir = fileURLToPath(new URL('../../../sample', import.meta.url));
const uri = String(process.env.TEST_MONGODB_URI);
const client = new MongoClient(uri);
const db = client.db('test_sample');

const loaded: SampleCounts[] = [];

beforeAll(async () => {
  await db.dropDatabase();
  loaded.push(await loadSample(uri, db.databaseName, dir));
});
afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

describe('the sample', () => {
  test('fills an empty database, in order, and leaves one with jobs alone', async () => {
    expect(loaded).toEqual([{ jobs: 3022, collectors: 15 }]);
    expect(await db.collection('job').findOne()).toMatchObject({ job_id: 'job-ebd1af51271a' });
    expect(await loadSample(uri, db.databaseName, dir)).toEqual({ jobs: 0, collectors: 0 });
    expect(await db.collection('job').countDocuments()).toBe(3022);
  });

  test('leaves a database alone after all its jobs were deleted', async () => {
    const deleted = client.db('test_sample_deleted');
    await loadSample(uri, deleted.databaseName, dir);
    await deleted.collection('job').deleteMany({});
    expect(await loadSample(uri, deleted.databaseName, dir)).toEqual({ jobs: 0, collectors: 0 });
    expect(await deleted.collection('job').countDocuments()).toBe(0);
    await deleted.dropDatabase();
  });

  test('keeps a long a long and a double a double', async () => {
    const job = db
      .collection('job')
      .aggregate([
        { $match: { job_id: 'job-ed6e00000007' } },
        { $project: { _id: 0, long: { $type: '$filters.long' }, whole: { $type: '$filters.whole' } } },
      ]);
    expect(await job.toArray()).toEqual([{ long: 'long', whole: 'double' }]);
  });

  test('comes with the indexes of the writers', async () => {
    const keys = (await db.collection('job').indexes()).map(({ key, unique }) => ({ key, unique }));
    const plain = [
      'status',
      'collector',
      'collector_id',
      'project_id',
      'projects',
      'domain_id',
      'created_at',
    ];
    expect(keys).toEqual([
      { key: { _id: 1 } },
      { key: { job_id: 1 }, unique: true },
      ...[...plain, 'finished_at'].map((key) => ({ key: { [key]: 1 } })),
    ]);
    expect(await db.collection('collector').indexExists('collector_id_1')).toBe(true);
  });
});
