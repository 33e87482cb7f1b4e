// Pages in an order beyond any single index: ties at their edges, values other than dates, and pages too large for a batch.
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { Binary, BSONRegExp, Code, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import type { Document } from 'mongodb';
import { breakTies } from '../../src/job/tie-breaking.js';
import type { DateOrder, ReadSlice } from '../../src/job/tie-breaking.js';
import { idsOf, rowsOf, useSampleService, totalOf } from '../differences/ask.js';

const SEED = { seed: 20_261_125, numRuns: 150 };
const JOBS = 400;

/** A few dates for many jobs; 'none' stands for a missing date. */
const DATED = 'domain-dated';
const UNDATED = 'domain-undated';
const CROWD = 'domain-crowd';
const LARGE = 'domain-large';

const UNDATED_TIES = 80;

/** An order other than that of their numbers. */
const id = (domain: string, nth: number): string =>
  `job-${domain}-${String((nth * 7919) % 100_003).padStart(6, '0')}`;

const dated: readonly Document[] = Array.from({ length: JOBS }, (_, nth) => ({
  job_id: id(DATED, nth),
  domain_id: DATED,
  finished_at: new Date(Math.floor(Math.sqrt(nth)) * 1000),
}));

/** Values stored in place of a date, of each type before and after dates, alone and in lists. */
const VALUES: readonly unknown[] = [
  ...[null, 'text', 5, { a: 1 }, true, new MinKey(), new ObjectId(), new Binary(Buffer.of(1))],
  ...[new Timestamp({ t: 1, i: 1 }), new BSONRegExp('a'), new Code('a'), new MaxKey()],
];
const ODD: readonly unknown[] = [
  ...VALUES,
  ...VALUES.map((value) => [value]),
  ...VALUES.map((value) => [new Date(2000), value]),
  ...[[], [[]], [new Date(1000)], [new Date(0), new Date(9000)]],
];

/** Odd values beside three dates of many jobs each. */
const undated: readonly Document[] = [
  ...[{}, ...ODD.map((value) => ({ created_at: value, finished_at: value }))],
  ...[1000, 2000, 3000].flatMap((time) =>
    Array.from({ length: UNDATED_TIES }, () => ({ created_at: new Date(time), finished_at: new Date(time) })),
  ),
].map((dates, nth) => ({ job_id: id(UNDATED, nth), domain_id: UNDATED, ...dates }));

/** More jobs of one date than the first read returns. */
const crowd: readonly Document[] = Array.from({ length: 2_600 }, (_, nth) => ({
  job_id: id(CROWD, nth),
  domain_id: CROWD,
  finished_at: new Date(nth < 5 ? 9000 : 5000),
}));

/** Many jobs of one date; a writer inserts jobs of an earlier one and deletes them. */
const BUSY = 'domain-busy';
const BUSY_JOBS = 500;
const GUESTS = 20;
const busy = (nth: number): Document => ({
  job_id: id(BUSY, nth),
  domain_id: BUSY,
  finished_at: new Date(nth < BUSY_JOBS ? 7000 : 8000),
});
const busyJobs = Array.from({ length: BUSY_JOBS + GUESTS }, (_, nth) => busy(nth));

/** Twenty jobs of a megabyte each: a batch of MongoDB holds sixteen. */
const large: readonly Document[] = Array.from({ length: 20 }, (_, nth) => ({
  job_id: id(LARGE, nth),
  domain_id: LARGE,
  created_at: new Date(0),
  finished_at: new Date(0),
  errors: [{ message: 'x'.repeat(1_000_000) }],
}));

const { list, db } = useSampleService('ties');

beforeAll(async () => {
  await db()
    .collection('job')
    .insertMany([...dated, ...undated, ...crowd, ...large, ...busyJobs.slice(0, BUSY_JOBS)]);
});

const sorted = (date: string, desc: boolean, idDesc: boolean | undefined): JsonObject => ({
  sort: {
    keys: [{ key: date, desc }, ...(idDesc === undefined ? [] : [{ key: 'job_id', desc: idDesc }])],
  },
});

const timeOf = ({ finished_at: date }: Document): number => (date instanceof Date ? date.getTime() : NaN);

/** The ids of `jobs`, all with dates, in the requested order. */
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
  const pageOf = (jobs: number) =>
    fc.record({
      start: fc.integer({ min: 1, max: jobs + 5 }),
      limit: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(100, jobs, 10_000, 10_001)),
    });
  const idOrder = fc.option(fc.boolean(), { nil: undefined });

  test('is a slice of the list', async () => {
    await fc.assert(
      fc.asyncProperty(pageOf(JOBS), fc.boolean(), idOrder, async ({ start, limit }, desc, idDesc) => {
        const answer = await list(DATED, { ...sorted('finished_at', desc, idDesc), page: { start, limit } });
        const whole = inOrder(dated, desc, idDesc ?? desc);
        expect(idsOf(answer)).toEqual(whole.slice(start - 1, start - 1 + limit));
        expect(totalOf(answer)).toBe(JOBS);
      }),
      SEED,
    );
  });

  describe.each(['created_at', 'finished_at'])('in the order of %s', (date) => {
    test.each([
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ])('is a slice of the list with values other than dates (%s, ids %s)', async (desc, idDesc) => {
      const order = sorted(date, desc, idDesc);
      const whole = [idsOf(await list(UNDATED, order))].flat();
      expect(new Set(whole).size).toBe(undated.length);
      await fc.assert(
        fc.asyncProperty(pageOf(undated.length), async ({ start, limit }) => {
          const answer = await list(UNDATED, { ...order, page: { start, limit } });
          expect(idsOf(answer)).toEqual(whole.slice(start - 1, start - 1 + limit));
        }),
        SEED,
      );
    });
  });
});

test.each([
  [1, 10],
  [1_500, 10],
  [2_595, 10],
  [4, 2_000],
])('from %i on, a page of %i jobs of one date is in order', async (start, limit) => {
  const answer = await list(CROWD, { ...sorted('finished_at', true, undefined), page: { start, limit } });
  expect(idsOf(answer)).toEqual(inOrder(crowd, true, true).slice(start - 1, start - 1 + limit));
});

test('a page shows only the requested fields', async () => {
  const query = { ...sorted('finished_at', true, undefined), only: ['status'], page: { limit: 1 } };
  expect(rowsOf(await list(DATED, query))).toEqual([{ finished_at: '1970-01-01T00:00:19.000Z' }]);
});

test.each(['created_at', 'finished_at'])('a page of 20 MB in order of %s is complete', async (date) => {
  const answer = await list(LARGE, { ...sorted(date, true, undefined), page: { limit: 20 } });
  expect(idsOf(answer)).toEqual(inOrder(large, true, true));
});

describe('beside writers', () => {
  const CHANGING = 'domain-changing';
  const ORDER: DateOrder = { path: 'finished_at', direction: -1, id: 'job_id', idDirection: -1 };
  const jobs = () => db().collection('job');

  /** Ten jobs in order: the newest, eight of one date, the oldest. */
  const NAMES = ['j9', 'j8', 'j7', 'j6', 'j5', 'j4', 'j3', 'j2', 'j1', 'j0'];
  const TIMES = [9, 5, 5, 5, 5, 5, 5, 5, 5, 1];
  const remove = (...names: readonly string[]) =>
    jobs().deleteMany({ domain_id: CHANGING, job_id: { $in: names } });
  const move = (name: string, time: number) =>
    jobs().updateOne({ domain_id: CHANGING, job_id: name }, { $set: { finished_at: new Date(time) } });
  const insert = (name: string, time: number) =>
    jobs().insertOne({ domain_id: CHANGING, job_id: name, finished_at: new Date(time) });

  /** Reads by the driver, with the next change made after each read. */
  const reading =
    (changes: (() => Promise<unknown>)[]): ReadSlice =>
    async ({ filter, sort, skip, limit, extra }) => {
      const options = {
        raw: true,
        sort: new Map(sort),
        projection: { ...Object.fromEntries(Object.entries(extra)) },
      };
      const found = await jobs()
        .find<Buffer>({ $and: [{ domain_id: CHANGING }, filter] }, options)
        .skip(skip)
        .limit(limit)
        .toArray();
      await changes.shift()?.();
      return found;
    };
  const nameIn = (document: Buffer): string => /j\d+/.exec(document.toString('latin1'))?.[0] ?? '';

  beforeEach(async () => {
    await jobs().deleteMany({ domain_id: CHANGING });
    await jobs().insertMany(
      NAMES.map((job_id, nth) => ({ domain_id: CHANGING, job_id, finished_at: new Date(TIMES[nth] ?? 0) })),
    );
  });

  const nothing = (): Promise<unknown> => Promise.resolve();
  const CASES: readonly (readonly [
    string,
    number,
    number,
    (() => Promise<unknown>)[],
    readonly string[] | undefined,
  ])[] = [
    ['nothing changes', 2, 3, [], ['j7', 'j6', 'j5']],
    ['jobs of the page are deleted', 2, 3, [() => remove('j7', 'j6', 'j5')], ['j4', 'j3', 'j2']],
    ['jobs before it are deleted', 2, 3, [() => remove('j9', 'j8')], ['j5', 'j4', 'j3']],
    ['a job is inserted before it', 2, 3, [() => insert('j99', 9)], ['j8', 'j7', 'j6']],
    ['a job moves from before its tie into it', 0, 4, [() => move('j9', 5)], ['j9', 'j8', 'j7', 'j6']],
    ['a job moves out of its tie to the top', 0, 4, [() => move('j2', 10)], ['j2', 'j9', 'j8', 'j7']],
    [
      'the page becomes shorter than it was',
      0,
      4,
      [() => remove('j8', 'j7', 'j6', 'j5', 'j4', 'j3')],
      ['j9', 'j2', 'j1', 'j0'],
    ],
    ['all of it goes away', 0, 4, [() => remove(...NAMES)], []],
    ['it is the last and jobs are deleted', 6, 10, [() => remove('j9', 'j8')], ['j1', 'j0']],
    [
      'it is short whenever it is read',
      0,
      2,
      [
        () =>
          remove('j9', 'j8', 'j7', 'j6', 'j5', 'j4', 'j3', 'j2', 'j1')
            .then(() => insert('j20', 3))
            .then(() => insert('j21', 3))
            .then(() => insert('j22', 3)),
        nothing,
        () =>
          move('j20', 2)
            .then(() => move('j21', 2))
            .then(() => move('j22', 2)),
        nothing,
        () =>
          move('j20', 1)
            .then(() => move('j21', 1))
            .then(() => move('j22', 1)),
      ],
      undefined,
    ],
  ];

  test.each(CASES)('a page is of one moment when %s', async (_, skip, limit, changes, names) => {
    const page = await breakTies(ORDER, { skip, limit }, reading(changes));
    expect(page?.map(nameIn)).toEqual(names);
  });

  test('pages are full, with totals of some moment', async () => {
    const guests = busyJobs.slice(BUSY_JOBS);
    const over = new AbortController();
    async function write(): Promise<void> {
      while (!over.signal.aborted) {
        await jobs().insertMany(guests.map((guest) => ({ ...guest })));
        await jobs().deleteMany({ domain_id: BUSY, finished_at: new Date(8000) });
      }
    }
    async function read() {
      const query = { ...sorted('finished_at', true, undefined), only: ['job_id'], page: { limit: 10 } };
      const seen = [];
      for (let nth = 0; nth < 60; nth++) seen.push(await list(BUSY, query));
      return seen;
    }
    const writing = write();
    const answers = (await Promise.all(Array.from({ length: 4 }, read))).flat();
    over.abort();
    await writing;
    expect(new Set(answers.map((answer) => new Set(Object.values(idsOf(answer) ?? [])).size))).toEqual(
      new Set([10]),
    );
    const totals = answers.map((answer) => Number(totalOf(answer)));
    expect(Math.min(...totals)).toBeGreaterThanOrEqual(BUSY_JOBS);
    expect(Math.max(...totals)).toBeLessThanOrEqual(BUSY_JOBS + GUESTS);
  });
});
