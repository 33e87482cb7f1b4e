// Projected fields and their operators, a row a case, with the rows that it gives.
import { describe, expect, test } from '@jest/globals';
import { rowsOf } from '../request.js';
import { FIRST, stages, field, only, projected, x, useShapes } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-project');

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
  [
    'two projects',
    {
      ...only('j1'),
      ...stages(
        { project: { fields: [{ k: 'o', n: 'p' }] } },
        { project: { fields: [{ k: 'p.q', n: 'x' }] } },
      ),
    },
    x('z'),
  ],
  [
    'keys of a group stay',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 'x' }] } },
      ),
    },
    [{ s: 'A', x: 1 }],
  ],
  [
    'keys of a group go, if asked',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 'x' }], exclude_keys: true } },
      ),
    },
    x(1),
  ],
  [
    'a field may take the name of a key',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 's' }] } },
      ),
    },
    [{ s: 1 }],
  ],
  [
    'what was before a group is missing',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }], exclude_keys: true } },
      ),
    },
    [{}],
  ],
];

describe('a projection', () => {
  test.each(PROJECTIONS)('%s', async (_what, query, rows) => {
    expect(rowsOf(await shapes.ask(query))).toEqual(rows);
  });
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
