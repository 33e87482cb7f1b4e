// The order of rows, their pages and their number, a row a case.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { totalOf } from '../request.js';
import { SHAPES, ids, on, byId, x, useShapes, testRows } from './shapes.js';
import { stages, page, field, is, key, grouped, shown, distinct } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-order');

const ORDERS: readonly Case[] = [
  ['count', stages({ count: { name: 'x' } }), x(7)],
  ['count of no rows', { filter: [is('status', 'eq', 'none')], ...stages({ count: { name: 'x' } }) }, []],
  [
    'unwind',
    on(['j1', 'j2', 'j3', 'j4', 'j5'], { unwind: { path: 'a' } }, byId, grouped([], field('x', 'push', 'a'))),
    x(['x', 'y', 'y', null, 'x']),
  ],
  ['unwind of nothing', stages({ unwind: { path: 'nosuch' } }), []],
  ['unwind of _id', stages({ unwind: { path: '_id' } }), []],
  ['unwind of the collector’s', stages({ unwind: { path: 'collector.name' } }), []],
  [
    'unwind after a group',
    on(['j1', 'j2'], byId, grouped([], field('x', 'push', 'job_id')), { unwind: { path: 'x' } }),
    x('j1', 'j2'),
  ],
  [
    'sort by two keys',
    on(['j1', 'j2', 'j3'], { sort: { keys: [{ key: 'status', desc: true }, { key: 'total_tasks' }] } }, ids),
    x('j3', 'j2', 'j1'),
  ],
  [
    'sort.key wins over sort.keys',
    on(['j1', 'j2'], { sort: { key: 'job_id', desc: true, keys: [{ key: 'job_id' }] } }, ids),
    x('j2', 'j1'),
  ],
  [
    'sort by a field of the collector, and by the job’s of that name',
    on(['j1', 'j2', 'j3'], { sort: { keys: [{ key: 'collector.created_at' }, { key: 'created_at' }] } }, ids),
    x('j2', 'j3', 'j1'),
  ],
  [
    'sort by the collector’s name',
    on(['j1', 'j2'], { sort: { key: 'collector.name', desc: true } }, ids),
    x('j2', 'j1'),
  ],
  ['skip and limit', stages(byId, { skip: 2 }, { limit: 2 }, ids), x('j3', 'j4')],
  ['skip of none', stages(byId, { skip: 0 }, { limit: 1 }, ids), x('j1')],
  ['skip of all', stages(byId, { skip: 7 }), []],
  [
    'whole documents by storage’s names',
    on(['j6'], byId),
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
    on(['j5'], { sort: { key: 'collector.name' } }),
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
  ['a page without an order is by job_id', { ...stages(ids), ...page(2, 3) }, x('j3', 'j4')],
  [
    'a page of a group is by its keys, null and missing first',
    {
      ...on(
        ['j1', 'j2', 'j3', 'j5', 'j7'],
        grouped([key('total_tasks'), key('domain_id', 'd')]),
        shown('x', 'x', { exclude_keys: true }),
      ),
      ...page(9),
    },
    [{}, ...x(2.5, 5, 7, 'many')],
  ],
  [
    'a page of a group is in the order of its keys, names of digits too',
    {
      ...on(
        ['j1', 'j2', 'j3'],
        grouped([key('total_tasks', '2'), key('job_id', '1')]),
        shown('2', 'x', { exclude_keys: true }),
      ),
      ...page(9),
    },
    x(2.5, 5, 7),
  ],
  [
    'a page after a sort',
    { ...stages({ sort: { key: 'job_id', desc: true } }, ids), ...page(2) },
    x('j7', 'j6'),
  ],
  ['a page past the end', { ...stages(byId), ...page(5, 8) }, []],
];

testRows(shapes, 'the order of rows', ORDERS);

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

testNoFaults(shapes.service);
