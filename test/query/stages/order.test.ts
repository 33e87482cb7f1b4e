// The order of rows, their pages and their number, a row a case.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { rowsOf, totalOf } from '../request.js';
import { SHAPES, stages, page, field, only, byId, distinct, x, useShapes } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-order');

const ORDERS: readonly Case[] = [
  ['count', stages({ count: { name: 'x' } }), x(7)],
  [
    'count of no rows',
    { filter: [{ k: 'status', o: 'eq', v: 'none' }], ...stages({ count: { name: 'x' } }) },
    [],
  ],
  [
    'unwind',
    {
      ...stages({ unwind: { path: 'a' } }, byId, { group: { fields: [field('x', 'push', 'a')] } }),
      ...only('j1', 'j2', 'j3', 'j4', 'j5'),
    },
    x(['x', 'y', 'y', null, 'x']),
  ],
  ['unwind of nothing', stages({ unwind: { path: 'nosuch' } }), []],
  ['unwind of _id', stages({ unwind: { path: '_id' } }), []],
  ['unwind of the collector’s', stages({ unwind: { path: 'collector.name' } }), []],
  [
    'unwind after a group',
    {
      ...only('j1', 'j2'),
      ...stages(byId, { group: { fields: [field('x', 'push', 'job_id')] } }, { unwind: { path: 'x' } }),
    },
    x('j1', 'j2'),
  ],
  [
    'sort by two keys',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        { sort: { keys: [{ key: 'status', desc: true }, { key: 'total_tasks' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j3', 'j2', 'j1'),
  ],
  [
    'sort.key wins over sort.keys',
    {
      ...only('j1', 'j2'),
      ...stages(
        { sort: { key: 'job_id', desc: true, keys: [{ key: 'job_id' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j1'),
  ],
  [
    'sort by a field of the collector, and by the job’s of that name',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        { sort: { keys: [{ key: 'collector.created_at' }, { key: 'created_at' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j3', 'j1'),
  ],
  [
    'sort by the collector’s name',
    {
      ...only('j1', 'j2'),
      ...stages(
        { sort: { key: 'collector.name', desc: true } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j1'),
  ],
  [
    'skip and limit',
    stages(byId, { skip: 2 }, { limit: 2 }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
    x('j3', 'j4'),
  ],
  [
    'skip of none',
    stages(byId, { skip: 0 }, { limit: 1 }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
    x('j1'),
  ],
  ['skip of all', stages(byId, { skip: 7 }), []],
  [
    'whole documents by storage’s names',
    { ...only('j6'), ...stages(byId) },
    [
      {
        job_id: 'j6',
        domain_id: SHAPES,
        a: [['x'], { p: 1 }],
        n: 4,
        o: {},
        pairs: [],
        es: [{ c: 'E', m: [1, 2] }, { c: 'F' }, { m: [2, null] }],
      },
    ],
  ],
  [
    'whole documents stay so beside a collector',
    { ...only('j5'), ...stages({ sort: { key: 'collector.name' } }) },
    [
      {
        job_id: 'j5',
        domain_id: SHAPES,
        status: null,
        a: null,
        n: [1, 2.5, 'x', [3], null],
        pairs: [
          { k: 'a', v: 1 },
          { k: '$b', v: null },
        ],
      },
    ],
  ],
  [
    'a page without an order is by job_id',
    { ...stages({ project: { fields: [{ k: 'job_id', n: 'x' }] } }), ...page(2, 3) },
    x('j3', 'j4'),
  ],
  [
    'a page of a group is by its keys, null and missing first',
    {
      ...only('j1', 'j2', 'j3', 'j5', 'j7'),
      ...stages(
        {
          group: {
            keys: [
              { k: 'total_tasks', n: 'x' },
              { k: 'domain_id', n: 'd' },
            ],
          },
        },
        { project: { fields: [{ k: 'x', n: 'x' }], exclude_keys: true } },
      ),
      ...page(9),
    },
    [{}, ...x(2.5, 5, 7, 'many')],
  ],
  [
    'a page of a group is in the order of its keys, names of digits too',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        {
          group: {
            keys: [
              { k: 'total_tasks', n: '2' },
              { k: 'job_id', n: '1' },
            ],
          },
        },
        { project: { fields: [{ k: '2', n: 'x' }], exclude_keys: true } },
      ),
      ...page(9),
    },
    x(2.5, 5, 7),
  ],
  [
    'a page after a sort',
    {
      ...stages({ sort: { key: 'job_id', desc: true } }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
      ...page(2),
    },
    x('j7', 'j6'),
  ],
  ['a page past the end', { ...stages(byId), ...page(5, 8) }, []],
];

describe('the order of rows', () => {
  test.each(ORDERS)('%s', async (_what, query, rows) => {
    expect(rowsOf(await shapes.ask(query))).toEqual(rows);
  });
});

test.each<readonly [string, JsonObject, number]>([
  ['rows of a group', { ...stages({ group: { keys: [{ k: 'job_id', n: 'j' }] } }), ...page(2) }, 7],
  ['values', { ...distinct('status'), ...page(1, 3) }, 3],
  ['no rows', { ...stages({ unwind: { path: 'nosuch' } }), ...page(1) }, 0],
  ['rows past the page', { ...stages(byId), ...page(1, 100) }, 7],
])('total_count is the number of rows before paging: %s', async (_what, query, total) => {
  const outcome = await shapes.ask(query);
  expect(totalOf(outcome)).toBe(total);
  expect(outcome).toHaveProperty('response.total_count');
});

test('there is no total_count without a page', async () => {
  expect(await shapes.ask({ ...stages({ count: { name: 'x' } }), page: { start: 3 } })).toEqual({
    response: { results: x(7) },
  });
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
