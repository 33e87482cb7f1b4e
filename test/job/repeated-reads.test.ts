// Jobs that a write moves ahead of a read: a list has each of them once (docs/query.md «Lists beside writers»).
import { expect, test } from '@jest/globals';
import { BSON, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { hasRepeat } from '../../src/job/repeated-reads.js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { createJobStore } from '../../src/job/store.js';
import { killSessionsOn } from '../../src/mongo/session-killer.js';
import { confine } from '../../src/query/confine.js';
import { useSampleService } from '../differences/ask.js';
import { lastingConnection } from '../harness/standing.js';

const bytesOf = (document: Document): Buffer => Buffer.from(BSON.serialize(document));

/** An ObjectId with this time and this counter. */
const id = (time: string, counter: string): ObjectId =>
  new ObjectId(`${time}0000000000${counter.padStart(6, '0')}`.padStart(24, '0'));

test.each<readonly [string, readonly unknown[], boolean]>([
  ['no job', [], false],
  ['one job', [id('1', '1')], false],
  ['ids of one time', [id('1', '1'), id('1', '2')], false],
  ['ids with one counter', [id('1', '1'), id('2', '1')], false],
  ['the same id', [id('1', '1'), id('2', '2'), id('1', '1')], true],
  ['ids of other types', ['a', 1, id('1', '1'), 'b'], false],
  ['the same text as id', ['a', id('1', '1'), 'a'], true],
  ['a text and a number of the same bytes', [Buffer.from('ab'), 'ab'], false],
])('repeats are told of %s', (_, ids, expected) => {
  expect(hasRepeat(ids.map((_id) => bytesOf({ _id, job_id: 'job' })))).toBe(expected);
});

const DOMAIN = 'domain-moved';
const JOBS = 6000;
const MOVED = 500;
const { db } = useSampleService('repeated-reads');
const dateOf = (nth: number): Date => new Date(nth * 1000);

test('a job that is moved ahead of a list in progress is listed once', async () => {
  const jobs = db().collection('job');
  await jobs.insertMany(
    Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-moved-${nth}`,
      domain_id: DOMAIN,
      status: 'SUCCESS',
      finished_at: dateOf(nth),
    })),
  );
  await jobs.createIndex({ domain_id: 1, finished_at: 1, job_id: 1 });
  const connection = lastingConnection(db());
  const store = createJobStore(
    { reads: connection, stats: connection, kill: killSessionsOn(db()) },
    { report: () => undefined, orderedBy: () => new Set(['finished_at']) },
  );
  const plan = {
    projection: { _id: 0, job_id: 1 },
    sort: new Map([['finished_at', 1] as const, ['job_id', 1] as const]),
    page: undefined,
  };
  const match = confine({ all: [], any: [] }, { domainId: DOMAIN }, JOB_SCHEMA);
  const deadline = { signal: new AbortController().signal, remaining: () => 60_000 };
  const listed: string[] = [];
  for await (const batch of store.findPage(match, plan, deadline)) {
    listed.push(...batch.map((bytes) => String(BSON.deserialize(bytes)['job_id'])));
    const first = listed.slice(0, MOVED);
    await jobs.updateMany({ job_id: { $in: first } }, { $set: { finished_at: dateOf(2 * JOBS) } });
  }
  expect(new Set(listed).size).toBe(JOBS);
  expect(listed).toHaveLength(JOBS);
});
