// The fields median, p90, p95 and p99 of a group, a row a case; and groups of random values beside an oracle.
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { Decimal128, Double, Int32, Long } from 'mongodb';
import { GROUP_OPERATORS } from '../../../src/query/stages/group-operators.js';
import { field, grouped, is, key, page, stages } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { refusalOf, rowsOf, totalOf } from '../request.js';
import { ALL, byId, on, over, testRows, useShapes, x } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-ranks');

const rank = (o: string, k = 'total_tasks', n = 'x'): JsonObject => field(n, o, k);

const CASES: readonly Case[] = [
  ['the median of an odd number', over(ALL, rank('median')), x(5)],
  ['of an even number it is the lower one', over(['j1', 'j2'], rank('median')), x(2.5)],
  ['a high rank of few is the greatest', over(ALL, rank('p90')), x(7)],
  ['of one value each rank is that one', over(['j3'], rank('p99')), x(7)],
  ['of no number each is null', over(['j4', 'j5', 'j7'], rank('p95')), x(null)],
  ['of what is nowhere each is null', over(ALL, rank('median', 'nosuch')), x(null)],
  ['a list is no number', over(['j5'], rank('median', 'n')), x(null)],
  ['a date is no number', over(ALL, rank('median', 'created_at')), x(null)],
  ['over no rows there is no row', over(['none'], rank('median')), []],
  [
    'every group has its row',
    on(ALL, grouped([key('status', 's')], rank('median'), field('n', 'count')), { sort: { key: 's' } }),
    [
      { s: null, x: null, n: 3 },
      { s: 'A', x: 2.5, n: 2 },
      { s: 'B', x: 7, n: 2 },
    ],
  ],
  [
    'groups by several keys, one missing in some',
    on(
      ['j1', 'j5', 'j6'],
      grouped([key('status', 's'), key('domain_id', 'd'), key('n', 'l')], rank('median', 'n')),
      { sort: { keys: [{ key: 's' }, { key: 'x' }] } },
    ),
    [
      { d: 'domain-stages', l: [1, 2.5, 'x', [3], null], s: null, x: null },
      { d: 'domain-stages', l: 4, x: 4 },
      { d: 'domain-stages', s: 'A', x: null },
    ],
  ],
  [
    'groups by lists',
    on(['j1', 'j2', 'j3'], grouped([key('a', 'l')], rank('p90')), { sort: { key: 'x' } }),
    [
      { l: [], x: 2.5 },
      { l: ['x', 'y'], x: 5 },
      { l: ['y', null], x: 7 },
    ],
  ],
  [
    'several ranks of several keys stand beside other fields',
    over(
      ALL,
      rank('median'),
      rank('p99', 'total_tasks', 'top'),
      rank('median', 'n', 'n'),
      field('count', 'count'),
      field('sum', 'sum', 'total_tasks'),
      field('set', 'add_to_set', 'nosuch'),
    ),
    [{ x: 5, top: 7, n: 4, count: 7, sum: 14.5, set: [] }],
  ],
  [
    'after a group, ranks are of its rows',
    on(ALL, grouped([key('status', 's')], field('n', 'count')), grouped([], rank('median', 'n'))),
    x(2),
  ],
  [
    'a stage after the group names them',
    on(ALL, grouped([key('status', 's')], rank('median')), { sort: { key: 'x', desc: true } }, { limit: 1 }),
    [{ s: 'B', x: 7 }],
  ],
  [
    'through a collector',
    on(['j1', 'j2', 'j3'], grouped([key('collector.name', 'c')], rank('median')), { sort: { key: 'c' } }),
    [
      { c: 'First', x: 5 },
      { c: 'Second', x: 2.5 },
    ],
  ],
  [
    'behind unwind',
    on(['j5'], { unwind: { path: 'n' } }, grouped([], rank('median', 'n'), field('n', 'count'))),
    [{ x: 1, n: 5 }],
  ],
  [
    'a page is in the order of the keys',
    { ...on(ALL, grouped([key('status', 's')], rank('median'))), ...page(1, 2) },
    [{ s: 'A', x: 2.5 }],
  ],
];

testRows(shapes, 'a rank', CASES);

test('a page counts the groups', async () => {
  const query = { ...on(ALL, grouped([key('status', 's')], rank('median'))), ...page(1) };
  expect(totalOf(await shapes.ask(query))).toBe(3);
});

const ORDERED = ['first', 'last', 'push', 'merge_objects'];

describe('a group with a rank', () => {
  test.each(ORDERED)('takes no %s, which depends on the order of rows', async (o) => {
    const query = stages(byId, grouped([], rank('p90'), field('y', o, 'o')));
    expect(refusalOf(await shapes.ask(query))).toEqual({
      code: 'ERROR_INVALID_PARAMETER',
      fields: ['query.aggregate[1].group.fields[1].operator'],
      text: expect.stringContaining(`${o} depends on the order of rows`),
    });
  });

  test('takes every other operator', async () => {
    const others = Object.keys(GROUP_OPERATORS).filter((o) => !ORDERED.includes(o));
    const fields = others.map((o) => field(o, o, 'total_tasks'));
    expect(await shapes.ask(stages(grouped([], ...fields)))).toHaveProperty('response');
  });

  test.each(['median', 'p90', 'p95', 'p99'])('has no conditions on %s', async (o) => {
    const conditions = { conditions: [is('status', 'eq', 1)] };
    expect(refusalOf(await shapes.ask(stages(grouped([], field('x', o, 'n', conditions)))))).toMatchObject({
      fields: ['query.aggregate[0].group.fields[0].conditions'],
    });
  });

  test('ranks ten keys, and no more', async () => {
    const ranks = (count: number) =>
      Array.from({ length: count }, (_, nth) => rank('median', `nosuch${nth}`, `x${nth}`));
    const again = rank('p99', 'nosuch1', 'again');
    expect(await shapes.ask(stages(grouped([], ...ranks(10), again)))).toHaveProperty('response');
    expect(refusalOf(await shapes.ask(stages(grouped([], ...ranks(11)))))).toEqual({
      code: 'ERROR_LIMIT_EXCEEDED',
      fields: ['query.aggregate[0].group.fields'],
      text: expect.stringContaining('keys to rank in query.aggregate[0].group, max = 10'),
    });
  });
});

const PERCENTS = { median: 50, p90: 90, p95: 95, p99: 99 };
const RUNS = 40;
const DOMAIN = 'domain-ranks-';

const number = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
);
/** A value as it is stored, with the number that it counts as. */
const stored = fc.oneof(
  { weight: 6, arbitrary: number.map((value) => ({ value: new Double(value), counts: [value] })) },
  { weight: 2, arbitrary: fc.integer().map((value) => ({ value: new Int32(value), counts: [value] })) },
  {
    weight: 1,
    arbitrary: fc.maxSafeInteger().map((value) => ({ value: Long.fromNumber(value), counts: [value] })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<unknown>(null, undefined, NaN, 'text', '5', true, [1, 2], {}, new Date(5))
      .map((value) => ({ value, counts: [] })),
  },
  { weight: 1, arbitrary: fc.constant({ value: Decimal128.fromString('NaN'), counts: [] }) },
);
const group = fc.constantFrom<unknown>('a', 'b', null, 1, true, { x: 1 });
const row = fc.record({ group, stored });
const RANDOM = fc.sample(fc.array(row, { maxLength: 150, size: 'max' }), { seed: 7, numRuns: RUNS });

/** The value at the nearest rank, as the definition has it. */
function nearestRank(numbers: readonly number[], percent: number): number | null {
  const sorted = numbers.toSorted((one, other) => one - other);
  return sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? null;
}

/** The rows of a run, by their group. */
function due(rows: (typeof RANDOM)[number]): readonly unknown[] {
  const groups = new Map<string, typeof rows>();
  for (const each of rows) {
    const name = JSON.stringify(each.group);
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  return Array.from(groups.values(), (members): unknown => {
    const numbers = members.flatMap(({ stored: { counts } }) => counts);
    const ranks = Object.entries(PERCENTS).map(([name, percent]) => [name, nearestRank(numbers, percent)]);
    return { g: members[0]?.group, n: members.length, ...Object.fromEntries(ranks) };
  });
}

describe(`groups of random values: ${RUNS} runs of seed 7`, () => {
  beforeAll(async () => {
    const jobs = RANDOM.flatMap((rows, run) =>
      rows.map((each, nth) => ({
        job_id: `job-${run}-${nth}`,
        domain_id: `${DOMAIN}${run}`,
        filters: { g: each.group, v: each.stored.value },
      })),
    );
    await shapes.service.insert(jobs);
  });

  test.each(RANDOM.map((rows, run) => [run, rows.length, rows] as const))(
    'run %i: %i values have the ranks of the definition, and each group its row',
    async (run, _, rows) => {
      const ranks = Object.keys(PERCENTS).map((name) => rank(name, 'filters.v', name));
      const query = stages(grouped([key('filters.g', 'g')], field('n', 'count'), ...ranks));
      const found = rowsOf(await shapes.ask(query, `${DOMAIN}${run}`));
      expect(found).toHaveLength(due(rows).length);
      expect(found).toEqual(expect.arrayContaining([...due(rows)]));
    },
  );
});

testNoFaults(shapes.service);
