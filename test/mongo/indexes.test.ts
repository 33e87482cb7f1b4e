// Indexes as they count, or do not count, as those of the plan.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import type { CreateIndexesOptions, Db } from 'mongodb';
import { createMissingIndexes, findIndexes } from '../../src/mongo/indexes.js';
import { createIndexWatch } from '../../src/mongo/index-watch.js';
import { JOB_INDEXES, JOB_RIGHTS } from '../../src/job/collections.js';
import { monotonicNow } from '../harness/chained.js';
import { mongodbUri } from '../harness/service.js';
import { until } from '../harness/until.js';

const { keys: INDEXES } = JOB_INDEXES;
const [BY_DATE] = INDEXES;
const KEY = { domain_id: 1, created_at: -1, job_id: -1 } as const;

let client: MongoClient;
let db: Db;

beforeAll(() => {
  client = new MongoClient(mongodbUri());
  db = client.db('found_indexes');
});
beforeEach(() => db.dropDatabase());
afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

/** A collection whose operations and indexes ignore case, unless they say otherwise. */
const IGNORING_CASE = { collation: { locale: 'en', strength: 2 } };

const make = (options: CreateIndexesOptions): Promise<string> =>
  db.collection('job').createIndex(KEY, options, {});

test('a missing collection has no indexes', async () => {
  expect(await findIndexes(db, JOB_INDEXES)).toEqual({ missing: INDEXES, orderedBy: new Set() });
});

test.each<readonly [string, CreateIndexesOptions]>([
  ['no further options', {}],
  ['a name of its own', { name: 'by_date' }],
  ['uniqueness', { unique: true }],
])('an index with %s counts as planned', async (_, options) => {
  await make(options);
  const { missing, orderedBy } = await findIndexes(db, JOB_INDEXES);
  expect(missing).toEqual(INDEXES.filter((key) => key !== BY_DATE));
  expect(orderedBy).toEqual(new Set(['created_at']));
});

describe('an index does not count as planned', () => {
  const none = { missing: INDEXES, orderedBy: new Set() };

  test.each<readonly [string, CreateIndexesOptions]>([
    ['if it is hidden', { hidden: true }],
    ['if it is partial', { partialFilterExpression: { status: 'ERROR' } }],
    ['if it is sparse', { sparse: true }],
    ['if it has a collation', { collation: { locale: 'fr' } }],
  ])('%s', async (_, options) => {
    await make(options);
    expect(await findIndexes(db, JOB_INDEXES)).toEqual(none);
  });

  test('if it is a wildcard index', async () => {
    await db.collection('job').createIndex({ '$**': 1 });
    expect(await findIndexes(db, JOB_INDEXES)).toEqual(none);
  });

  test('if it has the collation of its collection', async () => {
    await db.createCollection('job', IGNORING_CASE);
    await make({});
    expect(await findIndexes(db, JOB_INDEXES)).toEqual(none);
  });

  test('before it is built', async () => {
    const jobs = Array.from({ length: 200_000 }, (_, nth) => ({ domain_id: 'd', job_id: `job-${nth}` }));
    await db.collection('job').insertMany(jobs);
    const building = make({});
    const isListed = async () => (await db.collection('job').indexes()).length === 2;
    await until('the index is under construction', isListed, 10_000);
    expect(await findIndexes(db, JOB_INDEXES)).toEqual(none);
    await building;
    expect((await findIndexes(db, JOB_INDEXES)).orderedBy).toEqual(new Set(['created_at']));
  });
});

test.each<readonly [string, CreateIndexesOptions]>([
  ['the collation of the collection', {}],
  ['a collation of its own', { collation: { locale: 'fr' } }],
])('an index is created beside one with the same key and %s', async (_, options) => {
  await db.createCollection('job', IGNORING_CASE);
  const taken = await make(options);
  expect(await createMissingIndexes(db, JOB_INDEXES)).toContain(`${taken}_simple`);
  expect((await findIndexes(db, JOB_INDEXES)).missing).toEqual([]);
  expect(await createMissingIndexes(db, JOB_INDEXES)).toEqual([]);
});

describe('a database that does not report rights', () => {
  const unreachable = new MongoClient('mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=1');
  const lines: unknown[] = [];
  const record = (...line: readonly unknown[]): void => void lines.push(line);
  const log = { info: record, warn: record, debug: record };

  afterAll(() => unreachable.close());

  /** Creates a watch with a successful check of indexes, and after it a failing check of rights. */
  function watchWithoutRights() {
    let checks = 0;
    const database = (): Db => (checks++ % 2 === 0 ? db : unreachable.db('found_indexes'));
    return createIndexWatch({ database, indexes: JOB_INDEXES, rights: JOB_RIGHTS, log, monotonicNow });
  }

  test('still has its indexes checked, and no right is logged as missing', async () => {
    await make({});
    const watch = watchWithoutRights();
    await watch.check();
    expect(watch.orderedBy()).toEqual(new Set(['created_at']));
    expect(JSON.stringify(lines)).not.toContain('lacks');
  });

  test('leaves the watch running', async () => {
    await make({});
    const watch = watchWithoutRights();
    watch.start();
    await until('the indexes are known', () => watch.orderedBy().size > 0, 10_000);
    await expect(watch.stop()).resolves.toBeUndefined();
  });
});
