// Projected fields and their operators, a row a case, with the rows that it gives.
import { FIRST, on, projected, x, useShapes, testRows } from './shapes.js';
import { field, key, grouped, shown } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
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

testNoFaults(shapes.service);
