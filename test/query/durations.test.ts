// The computed key `duration` (docs/query.md «duration»): in filters, orders, `only` and every key of a stat, on dates and on
// everything else that may be stored in their place.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { isOperator, OPERATORS } from '../../src/query/operators.js';
import { idOf, VALUES } from '../harness/odd-documents.js';
import { distinct, field, grouped, is, key, page, shown, stages } from '../harness/query.js';
import { element, insertRaw, rawDocument } from '../harness/raw.js';
import type { Element } from '../harness/raw.js';
import { mongodbUri } from '../harness/service.js';
import { testNoFaults } from '../harness/use-service.js';
import { idsOf, refusalOf, rowsOf, totalOf } from './request.js';
import { useDocuments } from './shapes.js';

const DOMAIN = 'domain-durations';
const ODD = 'domain-odd-durations';
const STORED = 'domain-stored-durations';
const DATABASE = 'durations';

const START = new Date('2024-03-01T00:00:00Z');
const after = (seconds: number): Date => new Date(START.getTime() + seconds * 1000);
const took = (seconds: number, parts: Document = {}): Document => ({
  status: 'SUCCESS',
  created_at: START,
  finished_at: after(seconds),
  ...parts,
});

const JOBS: Readonly<Record<string, Document>> = {
  j1: took(90.5),
  j2: took(90.5, { status: 'ERROR' }),
  j3: took(3600, { filters: { duration: 7 } }),
  j4: took(0.001),
  j5: took(-10),
  j6: { status: 'IN_PROGRESS', created_at: START, finished_at: null },
  j7: { status: 'IN_PROGRESS', created_at: START },
  j8: { status: 'ERROR', created_at: [START], finished_at: after(5) },
  j9: { status: 'ERROR', created_at: '2024-03-01', finished_at: after(5) },
};
const UNKNOWN = ['j6', 'j7', 'j8', 'j9'];

const service = useDocuments(DATABASE, DOMAIN, JOBS, []);

/** BSON's type of a date. */
const DATE = 0x09;

/** A job with any two values as its dates, as bytes. */
const oddJob = (nth: number, created: Element, finished: Element): Buffer =>
  rawDocument([
    ['job_id', element(idOf(nth))],
    ['domain_id', element(ODD)],
    ['created_at', created],
    ['finished_at', finished],
  ]);

const PAIRS = VALUES.flatMap(({ stored: created }) => VALUES.map(({ stored }) => [created, stored] as const));

beforeAll(async () => {
  const odd = PAIRS.map(([created, finished], nth) => oddJob(nth, created, finished));
  for (let from = 0; from < odd.length; from += 1000)
    await insertRaw(mongodbUri(), DATABASE, 'job', odd.slice(from, from + 1000));
  const stored = [5, 'text', [1, 2], { x: 3 }, null].map((duration, nth) => ({
    job_id: `s${nth}`,
    domain_id: STORED,
    ...took(60),
    duration,
  }));
  await service.insert(stored);
});

const find = (query: JsonObject) =>
  service.list(DOMAIN, { sort: { key: 'job_id' }, only: ['job_id'], ...query });
const stat = (query: JsonObject, domain = DOMAIN) => service.stat(domain, query);

const CONDITIONS: readonly (readonly [string, JsonValue, readonly string[]])[] = [
  ['eq', 90.5, ['j1', 'j2']],
  ['eq', 3600, ['j3']],
  ['eq', null, UNKNOWN],
  ['eq', '90.5', []],
  ['eq', { $gt: 0 }, []],
  ['eq', '$total_tasks', []],
  ['not', 90.5, ['j3', 'j4', 'j5', ...UNKNOWN]],
  ['not', null, ['j1', 'j2', 'j3', 'j4', 'j5']],
  ['lt', 90.5, ['j4', 'j5']],
  ['lte', 90.5, ['j1', 'j2', 'j4', 'j5']],
  ['gt', 90.5, ['j3']],
  ['gte', 0, ['j1', 'j2', 'j3', 'j4']],
  ['gte', null, []],
  ['gt', 'a', []],
  ['in', [90.5, 3600, '0'], ['j1', 'j2', 'j3']],
  ['in', [null, -10], ['j5', ...UNKNOWN]],
  ['in', [], []],
  ['not_in', [90.5, null], ['j3', 'j4', 'j5']],
  ['not_in', [], Object.keys(JOBS)],
  ['exists', true, Object.keys(JOBS)],
  ['exists', false, []],
];

describe('a filter by duration', () => {
  test.each(CONDITIONS)('%s %j', async (operator, value, ids) => {
    const query = { filter: [is('duration', operator, value)] };
    expect(idsOf(await find(query))).toEqual(ids);
    expect(totalOf(await service.list(DOMAIN, { ...query, count_only: true }))).toBe(ids.length);
    expect(idsOf(await find({ filter_or: query.filter }))).toEqual(ids);
  });

  test('stands beside other conditions and expressions', async () => {
    const filter = [is('duration', 'gt', 1), is('status', 'regex', '^E.*R$')];
    expect(idsOf(await find({ filter }))).toEqual(['j2']);
  });

  test.each([
    ['contain', 'x'],
    ['not_contain', 'x'],
    ['contain_in', ['x']],
    ['not_contain_in', ['x']],
    ['regex', 'x'],
    ['regex_in', ['x']],
    ['match', {}],
    ['datetime_lt', '2024-01-01'],
    ['timediff_gt', 'now'],
  ])('takes no %s', async (operator, value) => {
    expect(refusalOf(await find({ filter: [is('duration', operator, value)] }))).toEqual({
      code: 'ERROR_INVALID_PARAMETER',
      fields: ['query.filter[0].operator'],
      text: expect.stringContaining('duration itself takes only eq, in, exists, lt'),
    });
  });

  test('takes every operator with a case above, and refuses every other', () => {
    const tried = new Set(CONDITIONS.map(([operator]) => operator));
    const taken = Object.keys(OPERATORS).filter((name) => isOperator(name) && OPERATORS[name].test);
    expect([...tried].toSorted()).toEqual(taken.toSorted());
  });

  test.each(['duration.x', 'tasks.duration'])('by %s is refused: no job has it', async (name) => {
    expect(refusalOf(await find({ filter: [is(name, 'eq', 1)] }))).toMatchObject({
      code: 'ERROR_INVALID_PARAMETER',
      fields: ['query.filter[0].key'],
    });
  });
});

describe('a list by duration', () => {
  const ASCENDING = [...UNKNOWN, 'j5', 'j4', 'j1', 'j2', 'j3'];

  test.each([
    [false, ASCENDING],
    [true, ASCENDING.toReversed()],
  ])('descending: %s, has its ties in the order of ids', async (desc, ids) => {
    expect(idsOf(await find({ sort: { key: 'duration', desc } }))).toEqual(ids);
  });

  test.each([1, 2, 5])('comes in pages of %i that make up the whole', async (limit) => {
    const starts = Array.from({ length: Math.ceil(9 / limit) }, (_, nth) => 1 + nth * limit);
    const pages = await Promise.all(
      starts.map(async (start) => idsOf(await find({ sort: { key: 'duration' }, ...page(limit, start) }))),
    );
    expect(pages.flat()).toEqual(ASCENDING);
  });

  test('counts among other keys', async () => {
    const keys = [{ key: 'status' }, { key: 'duration', desc: true }, { key: 'job_id' }];
    expect(idsOf(await find({ sort: { keys } }))).toEqual([
      ...['j2', 'j8', 'j9', 'j6', 'j7', 'j3', 'j1', 'j4', 'j5'],
    ]);
  });

  test('takes conditions with expressions', async () => {
    const query = { filter: [is('status', 'regex', '^S.*S$')], sort: { key: 'duration' }, ...page(2) };
    expect(idsOf(await find(query))).toEqual(['j5', 'j4']);
  });

  test('shows nothing of it', async () => {
    const filter = [is('job_id', 'eq', 'j1')];
    const asked = { filter, only: ['duration'], sort: { key: 'duration' } };
    expect(await service.list(DOMAIN, asked)).toEqual({ response: { results: [{}], total_count: 1 } });
  });

  test('does not take a name below it', async () => {
    expect(refusalOf(await service.list(DOMAIN, { only: ['duration.x'] }))).toMatchObject({
      fields: ['query.only[0]'],
    });
    expect(idsOf(await find({ sort: { key: 'duration.x' }, ...page(1) }))).toEqual(['j8']);
  });
});

const ofFinished = { filter: [is('duration', 'not')] };
const count = field('n', 'count');

describe('a stat', () => {
  test.each<readonly [string, JsonObject, unknown]>([
    [
      'groups by it',
      stages(grouped([key('duration', 'd')], count), { sort: { key: 'd' } }),
      [
        { d: null, n: 4 },
        { d: -10, n: 1 },
        { d: 0.001, n: 1 },
        { d: 90.5, n: 2 },
        { d: 3600, n: 1 },
      ],
    ],
    [
      'has null where it is unknown, among several keys too',
      {
        filter: [is('job_id', 'in', ['j6', 'j7'])],
        ...stages(grouped([key('duration', 'd'), key('status', 's')], count)),
      },
      [{ d: null, s: 'IN_PROGRESS', n: 2 }],
    ],
    [
      'accumulates it',
      stages(
        grouped(
          [],
          field('sum', 'sum', 'duration'),
          field('least', 'min', 'duration'),
          field('most', 'max', 'duration'),
        ),
      ),
      [{ sum: 90.5 + 90.5 + 3600 + 0.001 - 10, least: -10, most: 3600 }],
    ],
    [
      'pushes objects of it',
      {
        filter: [is('job_id', 'eq', 'j3')],
        ...stages(
          grouped([], field('x', 'push', '', { fields: [key('duration', 'd'), key('job_id', 'j')] })),
        ),
      },
      [{ x: [{ d: 3600, j: 'j3' }] }],
    ],
    [
      'sorts by it, and shows whole jobs as they are stored',
      { ...stages({ sort: { key: 'duration', desc: true } }, { limit: 1 }) },
      [
        {
          job_id: 'j3',
          domain_id: DOMAIN,
          status: 'SUCCESS',
          created_at: '2024-03-01T00:00:00.000Z',
          finished_at: '2024-03-01T01:00:00.000Z',
          filters: { duration: 7 },
        },
      ],
    ],
    [
      'sorts by it among other keys, and projects it',
      stages({ sort: { keys: [{ key: 'duration' }, { key: 'job_id', desc: true }] } }, shown('duration')),
      [null, null, null, null, -10, 0.001, 90.5, 90.5, 3600].map((x) => ({ x })),
    ],
    [
      'projects it',
      { ...ofFinished, ...stages({ sort: { key: 'job_id' } }, shown('duration')) },
      [90.5, 90.5, 3600, 0.001, -10].map((x) => ({ x })),
    ],
    [
      'counts rows by it',
      stages(grouped([], field('n', 'count', '', { conditions: [is('duration', 'gt', 60)] }))),
      [{ n: 3 }],
    ],
    ['spreads its values', distinct('duration'), [null, -10, 0.001, 90.5, 3600]],
    ['pages its values', { ...distinct('duration'), ...page(2, 2) }, [-10, 0.001]],
    [
      'keeps a name that a group gives',
      stages(grouped([key('status', 'duration')], count), {
        sort: { key: 'duration' },
      }),
      [
        { duration: 'ERROR', n: 3 },
        { duration: 'IN_PROGRESS', n: 2 },
        { duration: 'SUCCESS', n: 4 },
      ],
    ],
    [
      'keeps a name that a projection gives',
      stages(
        { project: { fields: [{ k: 'status', n: 'duration' }] } },
        grouped([key('duration')], count),
        { sort: { key: 'x' } },
        { limit: 1 },
      ),
      [{ x: 'ERROR', n: 3 }],
    ],
    [
      'has no such name after a group without it',
      stages(
        grouped([key('created_at', 'created_at'), key('finished_at', 'finished_at')]),
        shown('duration'),
      ),
      Array.from({ length: 8 }, () => expect.not.objectContaining({ x: expect.anything() })),
    ],
    ['takes a path that ends so for a path', { ...ofFinished, ...distinct('filters.duration') }, [7]],
    ['takes a path below it for a path', distinct('duration.x'), []],
    ['takes nothing for a name of its own', distinct('__computed'), []],
  ])('%s', async (_, query, rows) => {
    expect(rowsOf(await stat(query))).toEqual(rows);
  });

  test('gives the number of its values', async () => {
    expect(totalOf(await stat({ ...distinct('duration'), ...page(1) }))).toBe(5);
  });
});

describe('a stored field of that name', () => {
  test.each<readonly [string, JsonObject, unknown]>([
    [
      'is grouped by as it is, and null gives way',
      stages(grouped([key('duration')]), { sort: { key: 'x' } }),
      [[1, 2], 5, 60, 'text', { x: 3 }].map((x) => ({ x })),
    ],
    ['is spread as it is', distinct('duration'), [1, 2, 5, 60, 'text', { x: 3 }]],
    ['has its paths', distinct('duration.x'), [3]],
    ['is unwound as it is', stages({ unwind: { path: 'duration' } }, { count: { name: 'x' } }), [{ x: 5 }]],
    [
      'is shown in whole jobs',
      { filter: [is('duration', 'eq', 5)], ...stages({ limit: 1 }) },
      [expect.objectContaining({ job_id: 's0', duration: 5 })],
    ],
  ])('%s', async (_, query, rows) => {
    expect(rowsOf(await stat(query, STORED))).toEqual(rows);
  });

  test.each<readonly [string, JsonValue, readonly string[]]>([
    ['eq', 'text', ['s1']],
    ['eq', 60, ['s4']],
    ['lt', 10, ['s0']],
  ])('is compared as it is by %s %j', async (operator, value, ids) => {
    const query = { filter: [is('duration', operator, value)], sort: { key: 'job_id' } };
    expect(idsOf(await service.list(STORED, query))).toEqual(ids);
  });
});

describe('on any value in place of a date', () => {
  test('a list by it fails for none, and is whole', async () => {
    const query = { sort: { key: 'duration' }, only: ['job_id'] };
    expect(idsOf(await service.list(ODD, query))).toHaveLength(PAIRS.length);
  });

  test('it is a number of seconds between dates, and null for anything else', async () => {
    const dates = VALUES.filter(({ stored }) => stored.type === DATE).length;
    const known = await service.list(ODD, { filter: [is('duration', 'not')], count_only: true });
    expect(totalOf(known)).toBe(dates ** 2);
    expect(rowsOf(await stat(distinct('duration'), ODD))).toContain(null);
  });
});

testNoFaults(service);
