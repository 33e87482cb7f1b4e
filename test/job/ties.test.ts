// Pages in an order that no index has whole: ties at their edges, dates that are none, and pages too large for a batch.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { idsOf, rowsOf, serving, totalOf } from '../differences/ask.js';

const SEED = { seed: 20_261_125, numRuns: 150 };
const JOBS = 400;

/** A few dates for many jobs; 'none' is no date. */
const DATED = 'domain-dated';
const UNDATED = 'domain-undated';
const CROWD = 'domain-crowd';
const LARGE = 'domain-large';

/** In another order than their numbers. */
const id = (domain: string, nth: number): string =>
  `job-${domain}-${String((nth * 7919) % 100_003).padStart(6, '0')}`;

const dated: readonly Document[] = Array.from({ length: JOBS }, (_, nth) => ({
  job_id: id(DATED, nth),
  domain_id: DATED,
  finished_at: new Date(Math.floor(Math.sqrt(nth)) * 1000),
}));

/** What may stand where a date should. */
const ODD: readonly unknown[] = [null, 'text', 5, [new Date(2000)], { a: 1 }, new Date(1000)];

const undated: readonly Document[] = Array.from({ length: 60 }, (_, nth) => ({
  job_id: id(UNDATED, nth),
  domain_id: UNDATED,
  finished_at: nth % 4 === 0 ? ODD[(nth / 4) % ODD.length] : new Date((nth % 5) * 1000),
}));

/** More jobs of one date than are looked at at first. */
const crowd: readonly Document[] = Array.from({ length: 2_600 }, (_, nth) => ({
  job_id: id(CROWD, nth),
  domain_id: CROWD,
  finished_at: new Date(nth < 5 ? 9000 : 5000),
}));

/** Twenty jobs of a megabyte each: MongoDB answers no more than sixteen at once. */
const large: readonly Document[] = Array.from({ length: 20 }, (_, nth) => ({
  job_id: id(LARGE, nth),
  domain_id: LARGE,
  created_at: new Date(0),
  finished_at: new Date(0),
  errors: [{ message: 'x'.repeat(1_000_000) }],
}));

const { list, db } = serving('ties');

beforeAll(async () => {
  await db()
    .collection('job')
    .insertMany([...dated, ...undated, ...crowd, ...large]);
});

const sorted = (date: string, desc: boolean, idDesc: boolean | undefined): JsonObject => ({
  sort: {
    keys: [{ key: date, desc }, ...(idDesc === undefined ? [] : [{ key: 'job_id', desc: idDesc }])],
  },
});

const timeOf = ({ finished_at: date }: Document): number => (date instanceof Date ? date.getTime() : NaN);

/** The ids of `jobs`, whose dates are dates, in the order asked for. */
function inOrder(jobs: readonly Document[], desc: boolean, idDesc: boolean): readonly string[] {
  const [byDate, byId] = [desc ? -1 : 1, idDesc ? -1 : 1];
  return jobs
    .toSorted(
      (a, b) =>
        byDate * (timeOf(a) - timeOf(b)) || byId * (String(a['job_id']) < String(b['job_id']) ? -1 : 1),
    )
    .map(({ job_id }) => String(job_id));
}

describe('any page', () => {
  const ask = fc.record({
    start: fc.integer({ min: 1, max: JOBS + 5 }),
    limit: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(100, JOBS, 10_000, 10_001)),
    desc: fc.boolean(),
    idDesc: fc.option(fc.boolean(), { nil: undefined }),
  });

  test('is a part of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(ask, async ({ start, limit, desc, idDesc }) => {
        const answer = await list(DATED, { ...sorted('finished_at', desc, idDesc), page: { start, limit } });
        const whole = inOrder(dated, desc, idDesc ?? desc);
        expect(idsOf(answer)).toEqual(whole.slice(start - 1, start - 1 + limit));
        expect(totalOf(answer)).toBe(JOBS);
      }),
      SEED,
    );
  });

  test('is a part of the whole where some dates are none', async () => {
    await fc.assert(
      fc.asyncProperty(ask, async ({ start, limit, desc, idDesc }) => {
        const order = sorted('finished_at', desc, idDesc);
        const whole = idsOf(await list(UNDATED, order));
        const answer = await list(UNDATED, { ...order, page: { start, limit } });
        expect(whole).toHaveLength(undated.length);
        expect(idsOf(answer)).toEqual(Object.values(whole ?? []).slice(start - 1, start - 1 + limit));
      }),
      SEED,
    );
  });
});

test.each([
  [1, 10],
  [1_500, 10],
  [2_595, 10],
  [4, 2_000],
])('from %i on, %i of a crowd of one date', async (start, limit) => {
  const answer = await list(CROWD, { ...sorted('finished_at', true, undefined), page: { start, limit } });
  expect(idsOf(answer)).toEqual(inOrder(crowd, true, true).slice(start - 1, start - 1 + limit));
});

test('a page shows no more than was asked for', async () => {
  const query = { ...sorted('finished_at', true, undefined), only: ['status'], page: { limit: 1 } };
  expect(rowsOf(await list(DATED, query))).toEqual([{ finished_at: '1970-01-01T00:00:19.000Z' }]);
});

test.each(['created_at', 'finished_at'])('a page of 20 MB in order of %s comes whole', async (date) => {
  const answer = await list(LARGE, { ...sorted(date, true, undefined), page: { limit: 20 } });
  expect(idsOf(answer)).toEqual(inOrder(large, true, true));
});
