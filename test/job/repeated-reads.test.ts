// Jobs that a write moves ahead of a read: a list has each of them once (docs/query.md «Lists beside writers»).
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeEach, expect, test } from '@jest/globals';
import { BSON, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { hasRepeat } from '../../src/job/repeated-reads.js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { createJobStore } from '../../src/job/store.js';
import { killSessionsOn } from '../../src/mongo/session-killer.js';
import { confine } from '../../src/query/confine.js';
import { rowsOf, useSampleService } from '../differences/ask.js';
import { lastingConnection } from '../harness/lasting-connection.js';

const bytesOf = (document: Document): Buffer => Buffer.from(BSON.serialize(document));

/** An ObjectId with this time and this counter. */
const id = (time: string, counter: string): ObjectId =>
  new ObjectId(`${time}0000000000${counter.padStart(6, '0')}`.padStart(24, '0'));
const [ONE, TWO, THREE] = [id('1', '1'), id('1', '2'), id('2', '1')];

test.each<readonly [string, readonly Document[], boolean]>([
  ['no job', [], false],
  ['one job', [{ _id: ONE, job_id: 'job-1' }], false],
  [
    'the same document',
    [
      { _id: ONE, job_id: 'job-1' },
      { _id: TWO, job_id: 'job-2' },
      { _id: ONE, job_id: 'job-1' },
    ],
    true,
  ],
  [
    'two documents of a job',
    [
      { _id: ONE, job_id: 'job-1' },
      { _id: TWO, job_id: 'job-1' },
    ],
    true,
  ],
  [
    'job ids of one end',
    [
      { _id: ONE, job_id: 'job-1-ending-alike' },
      { _id: TWO, job_id: 'job-2-ending-alike' },
    ],
    false,
  ],
  [
    'short job ids',
    [
      { _id: ONE, job_id: '' },
      { _id: TWO, job_id: 'a' },
      { _id: THREE, job_id: 'b' },
    ],
    false,
  ],
  [
    'the same short job id',
    [
      { _id: ONE, job_id: '' },
      { _id: TWO, job_id: '' },
    ],
    true,
  ],
  [
    'a job id behind other fields',
    [
      { _id: ONE, tags: [], job_id: 'job-1' },
      { _id: TWO, job_id: 'job-1' },
    ],
    true,
  ],
  [
    'job ids within other fields',
    [
      { _id: ONE, tags: { job_id: 'job-1' } },
      { _id: TWO, job_id: 'job-1' },
    ],
    false,
  ],
  ['documents without job ids', [{ _id: ONE }, { _id: TWO }, { _id: THREE }], false],
  ['the same document without a job id', [{ _id: ONE }, { _id: TWO }, { _id: ONE }], true],
  [
    'job ids other than text',
    [
      { _id: ONE, job_id: 1 },
      { _id: TWO, job_id: 1 },
      { _id: THREE, job_id: null },
    ],
    false,
  ],
  [
    'an _id other than an ObjectId',
    [
      { _id: 'a', job_id: 'job-1' },
      { _id: 1, job_id: 'job-1' },
    ],
    true,
  ],
  ['an _id twice, and no job ids', [{ _id: 'a' }, { _id: ONE }, { _id: 'a' }], true],
  ['a text and bytes as _id', [{ _id: Buffer.from('ab') }, { _id: 'ab' }], false],
])('repeats are told of %s', (_, documents, expected) => {
  expect(hasRepeat(documents.map(bytesOf))).toBe(expected);
});

const DOMAIN = 'domain-moved';
const JOBS = 6000;
const MOVED = 500;
const { db, list } = useSampleService('repeated-reads');
const dateOf = (nth: number): Date => new Date(nth * 1000);
const jobs = () => db().collection('job');
const movedJob = (nth: number, at: number): Document => ({
  job_id: `job-moved-${nth}`,
  domain_id: DOMAIN,
  status: 'SUCCESS',
  finished_at: dateOf(at),
});

beforeEach(async () => {
  await jobs().createIndex({ domain_id: 1, finished_at: 1, job_id: 1 });
  await jobs().deleteMany({ domain_id: DOMAIN });
  await jobs().insertMany(Array.from({ length: JOBS }, (_, nth) => movedJob(nth, nth)));
});

/** The job ids of a list in the order of dates; `write` changes jobs after each batch. */
async function listed(write: () => Promise<unknown>): Promise<readonly string[]> {
  const connection = lastingConnection(db());
  const store = createJobStore(
    { reads: connection, stats: connection, kill: killSessionsOn(db()) },
    { report: () => undefined, orderedBy: () => new Set(['finished_at']) },
  );
  const projection = { _id: 0, job_id: 1 };
  const sort = new Map([['finished_at', 1] as const, ['job_id', 1] as const]);
  const match = confine({ all: [], any: [] }, { domainId: DOMAIN }, JOB_SCHEMA);
  const deadline = { signal: new AbortController().signal, remaining: () => 60_000 };
  const ids: string[] = [];
  for await (const batch of store.findPage(match, { projection, sort, page: undefined }, deadline)) {
    ids.push(...batch.map((bytes) => String(BSON.deserialize(bytes)['job_id'])));
    await write();
  }
  return ids;
}

const FIRST = Array.from({ length: MOVED }, (_, nth) => nth);
const inFirst = { domain_id: DOMAIN, job_id: { $in: FIRST.map((nth) => `job-moved-${nth}`) } };

test.each<readonly [string, () => Promise<unknown>]>([
  ['moved', () => jobs().updateMany(inFirst, { $set: { finished_at: dateOf(2 * JOBS) } })],
  [
    'deleted and inserted',
    async () => {
      await jobs().deleteMany(inFirst);
      await jobs().insertMany(FIRST.map((nth) => movedJob(nth, 2 * JOBS)));
    },
  ],
])('jobs %s ahead of a list in progress are listed once', async (_, write) => {
  const ids = await listed(write);
  expect(new Set(ids).size).toBe(JOBS);
  expect(ids).toHaveLength(JOBS);
});

test.each<readonly [string, JsonObject]>([
  ['a page', { page: { limit: 10 } }],
  ['a list', {}],
  ['a page without job ids', { page: { limit: 10 }, only: ['status'] }],
])('%s has all jobs stored under one id', async (_, query) => {
  const filter = [{ k: 'job_id', v: ['job-moved-0', 'job-moved-1'], o: 'in' }];
  await jobs().dropIndexes();
  await jobs().insertMany([movedJob(0, 7), movedJob(0, 0)]);
  expect(rowsOf(await list(DOMAIN, { ...query, filter }))).toHaveLength(4);
});
