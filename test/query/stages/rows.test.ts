// Projections, distinct values and the order of rows, a row a case, with the rows that it gives.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { Decimal128 } from 'mongodb';
import { distinct, field, grouped, is, key, page, shown, stages } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { rowsOf, totalOf } from '../request.js';
import { byId, FIRST, ids, on, only, projected, SECOND, SHAPES, testRows, useShapes, x } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-rows');

const PROJECTIONS: readonly Case[] = [
  ['a rename', projected('j1', '', 'status'), x('A')],
  ['a rename of nothing', projected('j1', '', 'nosuch'), [{}]],
  ['a rename through arrays', projected('j7', '', 'a.p'), x([1, 2])],
  ['no index', projected('j1', '', 'a.0'), x([])],
  ['size', projected('j1', 'size', 'a'), x(2)],
  ['size of an empty list', projected('j2', 'size', 'a'), x(0)],
  ['size of text', projected('j4', 'size', 'a'), x(0)],
  ['size of null', projected('j5', 'size', 'a'), x(0)],
  ['size of nothing', projected('j5', 'size', 'nosuch'), x(0)],
  ['sum of the numbers', projected('j5', 'sum', 'n'), x(3.5)],
  ['sum of a number', projected('j6', 'sum', 'n'), x(0)],
  ['sum of an empty list', projected('j7', 'sum', 'n'), x(0)],
  ['sum of nothing', projected('j1', 'sum', 'n'), x(0)],
  ['sum through arrays', projected('j7', 'sum', 'a.p'), x(3)],
  [
    'object_to_array',
    projected('j1', 'object_to_array', 'o'),
    x([
      { k: 'p', v: 1 },
      { k: 'q', v: 'z' },
    ]),
  ],
  ['object_to_array of an empty object', projected('j6', 'object_to_array', 'o'), x([])],
  ['object_to_array of null', projected('j3', 'object_to_array', 'o'), x(null)],
  ['object_to_array of nothing', projected('j4', 'object_to_array', 'o'), x(null)],
  ['object_to_array of text', projected('j1', 'object_to_array', 'status'), x(null)],
  ['array_to_object of pairs', projected('j4', 'array_to_object', 'pairs'), x({ a: 1, b: { c: 2 } })],
  ['array_to_object of {k, v}', projected('j5', 'array_to_object', 'pairs'), x({ a: 1, $b: null })],
  ['array_to_object of an empty list', projected('j6', 'array_to_object', 'pairs'), x({})],
  ['array_to_object of null', projected('j5', 'array_to_object', 'a'), x(null)],
  ['array_to_object of nothing', projected('j1', 'array_to_object', 'pairs'), x(null)],
  ['a field of the collector', projected('j1', '', 'collector.plugin_id'), x('plug-1')],
  ['a field of another domain’s collector', projected('j4', '', 'collector.name'), [{}]],
  ['the reference itself', projected('j1', '', 'collector'), x(FIRST.toHexString())],
  ['two projects', on(['j1'], shown('o', 'p'), shown('p.q')), x('z')],
  [
    'keys of a group stay',
    on(['j1'], grouped([key('status', 's')], field('c', 'count')), shown('c')),
    [{ s: 'A', x: 1 }],
  ],
  [
    'keys of a group go, if asked',
    on(['j1'], grouped([key('status', 's')], field('c', 'count')), shown('c', 'x', { exclude_keys: true })),
    x(1),
  ],
  [
    'a field may take the name of a key',
    on(['j1'], grouped([key('status', 's')], field('c', 'count')), shown('c', 's')),
    [{ s: 1 }],
  ],
  [
    'what was before a group is missing',
    on(['j1'], grouped([key('status', 's')]), shown('job_id', 'x', { exclude_keys: true })),
    [{}],
  ],
];

testRows(shapes, 'a projection', PROJECTIONS);

const NOBODY = 'domain-of-nobody';

const DISTINCTS: readonly Case[] = [
  ['a field, null first, missing left out', distinct('status'), [null, 'A', 'B']],
  ['numbers by value, and texts behind', distinct('total_tasks'), [null, 2.5, 5, 7, 'many']],
  ['arrays are spread', { ...only('j1', 'j2', 'j3', 'j4', 'j5'), ...distinct('a') }, [null, 'x', 'y']],
  ['an array within an array is a value', { ...only('j6'), ...distinct('a') }, [{ p: 1 }, ['x']]],
  ['through arrays', { ...only('j7'), ...distinct('a.p') }, [1, 2]],
  ['through arrays, and spread', distinct('es.m'), [null, 1, 2]],
  ['through arrays and objects', distinct('es.c'), ['E', 'F', 'G']],
  ['a field of the collector', distinct('collector.name'), ['First', 'Second']],
  ['a field of the collector of that name', distinct('collector.provider'), ['aws']],
  [
    'the collector itself',
    { ...only('j1', 'j2'), ...distinct('collector_info') },
    [FIRST.toHexString(), SECOND.toHexString()],
  ],
  ['what is nowhere', distinct('nosuch'), []],
  ['_id', distinct('_id'), []],
  ['by index', distinct('a.0'), ['x', 'y', { p: 1 }]],
  [
    'dates',
    { ...only('j1', 'j2'), ...distinct('created_at') },
    ['2024-01-01T00:00:00.000Z', '2024-01-03T00:00:00.000Z'],
  ],
  ['a page', { ...distinct('job_id'), ...page(2, 2) }, ['j2', 'j3']],
  ['aggregate wins', { ...distinct('job_id'), ...stages({ count: { name: 'x' } }) }, x(7)],
];

testRows(shapes, 'distinct values', DISTINCTS);

test.each<readonly [string, JsonObject]>([
  ['a group', stages(grouped([key('status', 's')], field('c', 'count')))],
  ['a group without keys', stages(grouped([], field('c', 'count')))],
  ['a count', stages({ count: { name: 'x' } })],
  ['whole documents', stages(byId)],
  ['values', distinct('status')],
])('a domain without jobs has no rows: %s', async (_what, query) => {
  expect(await shapes.ask(query, NOBODY)).toEqual({ response: { results: [] } });
});

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

const made = (one: JsonObject): JsonObject => stages(grouped([], one));

const NO_OBJECT = 'merge_objects takes objects, and a value is none';
const NO_PAIRS = 'array_to_object takes a list of {k, v} or of [k, v] with text as k';
const TWO_ARRAYS = 'two sort keys go through arrays; a sort takes one such key';

test.each<readonly [string, JsonObject, string]>([
  ['merge_objects of text', made(field('x', 'merge_objects', 'job_id')), NO_OBJECT],
  ['merge_objects of an array', { ...only('j1'), ...made(field('x', 'merge_objects', 'a')) }, NO_OBJECT],
  ['array_to_object of text', projected('j1', 'array_to_object', 'status'), NO_PAIRS],
  ['array_to_object of an object', projected('j1', 'array_to_object', 'o'), NO_PAIRS],
  ['array_to_object of texts', projected('j1', 'array_to_object', 'a'), NO_PAIRS],
  ['array_to_object of other objects', projected('j7', 'array_to_object', 'a'), NO_PAIRS],
  ['array_to_object of numbers', projected('j5', 'array_to_object', 'n'), NO_PAIRS],
  ['a sort through two arrays', stages({ sort: { keys: [{ key: 'a' }, { key: 'es.m' }] } }), TWO_ARRAYS],
])('a stat that the stored values make impossible is INVALID_ARGUMENT: %s', async (_what, query, text) => {
  expect(await shapes.ask(query)).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      code: 'ERROR_INVALID_PARAMETER',
      text: expect.stringContaining(text),
    },
  });
});

test('a sum of Decimal128 comes as text', async () => {
  const job = { job_id: 'decimal', domain_id: 'domain-decimal', n: Decimal128.fromString('0.1') };
  await shapes.service.insert([job]);
  expect(rowsOf(await shapes.ask(made(field('x', 'sum', 'n')), 'domain-decimal'))).toEqual(x('0.1'));
});

testNoFaults(shapes.service);
