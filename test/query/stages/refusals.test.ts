// Refused stats, with the error code, the field named and a part of the text.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { refusalOf } from '../request.js';
import { stages, field, byId, distinct, useShapes } from './shapes.js';

const shapes = useShapes('stages-refusals');

const group = (parts: JsonObject): JsonObject => stages({ group: parts });
const project = (...fields: readonly JsonObject[]): JsonObject =>
  stages({ project: { fields: [...fields] } });
const keyed = (key: JsonObject): JsonObject => group({ keys: [key] });
const made = (one: JsonObject): JsonObject => group({ fields: [one] });
const on = (condition: JsonObject): JsonObject => made(field('x', 'count', '', { conditions: [condition] }));

/** A query, the code and the field that it is refused with, and a part of the text. */
type Refusal = readonly [string, JsonObject, string, string, string];

const NAMES: readonly Refusal[] = ['a.b', '$a', '_id', 'a\0'].flatMap((n): readonly Refusal[] => [
  [
    `the group key ${JSON.stringify(n)}`,
    keyed({ k: 'status', n }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[0].name',
    'is no name',
  ],
  [
    `the group field ${JSON.stringify(n)}`,
    made(field(n, 'count')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'is no name',
  ],
  [
    `the pushed field ${JSON.stringify(n)}`,
    made(field('x', 'push', '', { fields: [{ k: 'status', n }] })),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].fields[0].name',
    'is no name',
  ],
  [
    `the projected field ${JSON.stringify(n)}`,
    project({ k: 'status', n }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[0].name',
    'is no name',
  ],
  [
    `the count ${JSON.stringify(n)}`,
    stages({ count: { name: n } }),
    'INVALID_PARAMETER',
    'query.aggregate[0].count.name',
    'is no name',
  ],
]);

const KEYS: readonly Refusal[] = ['$status', '$$ROOT', 'a..b', '.', 'a\0', 'filters.$x'].flatMap(
  (k): readonly Refusal[] => [
    [
      `a group by ${JSON.stringify(k)}`,
      keyed({ k, n: 'x' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.keys[0].key',
      'plain path',
    ],
    [
      `a sum of ${JSON.stringify(k)}`,
      made(field('x', 'sum', k)),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.fields[0].key',
      'plain path',
    ],
    [
      `a condition on ${JSON.stringify(k)}`,
      on({ k, o: 'eq' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.fields[0].conditions[0].key',
      'plain path',
    ],
    [
      `a projection of ${JSON.stringify(k)}`,
      project({ k, n: 'x' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].project.fields[0].key',
      'plain path',
    ],
    [
      `a sort by ${JSON.stringify(k)}`,
      stages({ sort: { key: k } }),
      'INVALID_PARAMETER',
      'query.aggregate[0].sort.key',
      'plain path',
    ],
    [
      `an unwind of ${JSON.stringify(k)}`,
      stages({ unwind: { path: k } }),
      'INVALID_PARAMETER',
      'query.aggregate[0].unwind.path',
      'plain path',
    ],
    [`distinct ${JSON.stringify(k)}`, distinct(k), 'INVALID_PARAMETER', 'query.distinct', 'plain path'],
  ],
);

const PARTS: readonly Refusal[] = [
  ['nothing asked', {}, 'REQUIRED_PARAMETER', 'query.aggregate', '(key = aggregate)'],
  ['a stage of no kind', stages({}), 'INVALID_PARAMETER', 'query.aggregate[0]', 'a stage is one of'],
  [
    'unwind without a path',
    stages({ unwind: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].unwind.path',
    '(key = aggregate.unwind.path)',
  ],
  [
    'count without a name',
    stages({ count: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].count.name',
    '(key = aggregate.count.name)',
  ],
  [
    'sort without a key',
    stages({ sort: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].sort.key',
    '(key = aggregate.sort.key)',
  ],
  [
    'project without fields',
    stages({ project: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].project.fields',
    '(key = aggregate.project.fields)',
  ],
  [
    'group without keys and fields',
    stages({ group: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group',
    '(key = aggregate.group.keys || aggregate.group.fields)',
  ],
  [
    'the second stage',
    stages(byId, { count: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[1].count.name',
    'aggregate.count.name',
  ],
  [
    'a group key without a key',
    keyed({ n: 'x' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.keys[0].key',
    'keys[0].key',
  ],
  [
    'a group key without a name',
    keyed({ k: 'status' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.keys[0].name',
    'keys[0].name',
  ],
  [
    'a group field without a name',
    made({ o: 'count' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'fields[0].name',
  ],
  [
    'a group field without an operator',
    made({ n: 'x', k: 'status' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'operator',
  ],
  [
    'an unknown group operator',
    made(field('x', 'median', 'status')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'median',
  ],
  [
    'an inherited group operator',
    made(field('x', 'constructor', 'status')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'constructor',
  ],
  ...['sum', 'average', 'max', 'min', 'first', 'last', 'add_to_set', 'merge_objects'].map((o): Refusal => [
    `${o} without a key`,
    made({ n: 'x', o }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].key',
    'fields[0].key',
  ]),
  [
    'push without key and fields',
    made({ n: 'x', o: 'push' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0]',
    'fields[0].key',
  ],
  ...['max', 'min', 'first', 'last', 'push', 'add_to_set', 'merge_objects'].map((o): Refusal => [
    `${o} with conditions`,
    made(field('x', o, 'status', { conditions: [{ k: 'status', o: 'eq', v: 1 }] })),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions',
    o,
  ]),
  [
    'a condition without a key',
    on({ o: 'eq' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].key',
    'conditions[0].key',
  ],
  [
    'a condition without an operator',
    on({ k: 'status' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].operator',
    'operator',
  ],
  [
    'an unknown operator of a condition',
    on({ k: 'status', o: 'in', v: [] }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].operator',
    "'in'",
  ],
  [
    'a list to order by',
    on({ k: 'status', o: 'gt', v: [1] }),
    'OPERATOR_VALUE_TYPE',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'conditions[0]',
  ],
  [
    'an object to order by',
    on({ k: 'status', o: 'lte', v: {} }),
    'INVALID_PARAMETER_TYPE',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'lte',
  ],
  [
    'a bad date in a condition',
    on({ k: 'created_at', o: 'gt', v: 'soon' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'soon',
  ],
  [
    'two group keys of a name',
    group({
      keys: [
        { k: 'a', n: 'x' },
        { k: 'b', n: 'x' },
      ],
    }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[1].name',
    'twice',
  ],
  [
    'a key and a field of a name',
    group({ keys: [{ k: 'a', n: 'x' }], fields: [field('x', 'count')] }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'twice',
  ],
  [
    'two projected fields of a name',
    project({ k: 'a', n: 'x' }, { k: 'b', n: 'x' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[1].name',
    'twice',
  ],
  [
    'an unknown project operator',
    project({ k: 'a', n: 'x', o: 'abs' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[0].operator',
    'abs',
  ],
  [
    'a projected field without a key',
    project({ n: 'x' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].project.fields[0].key',
    'fields[0].key',
  ],
  ['limit 0', stages({ limit: 0 }), 'INVALID_PARAMETER', 'query.aggregate[0].limit', '0'],
  ['limit -1', stages({ limit: -1 }), 'INVALID_PARAMETER', 'query.aggregate[0].limit', '-1'],
  ['skip -1', stages({ skip: -1 }), 'INVALID_PARAMETER', 'query.aggregate[0].skip', '-1'],
  ...['%', '%y', '%Y-%', '%D', '%-d', 'a\0'].map((date_format): Refusal => [
    `the date format ${JSON.stringify(date_format)}`,
    keyed({ k: 'created_at', n: 'x', date_format }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[0].date_format',
    'pattern',
  ]),
  [
    'a filter',
    { filter: [{ k: 'nosuch', o: 'eq', v: 1 }], ...distinct('status') },
    'INVALID_PARAMETER',
    'query.filter[0].key',
    'nosuch',
  ],
  [
    '101 stages',
    stages(...Array<JsonObject>(101).fill({ skip: 0 })),
    'LIMIT_EXCEEDED',
    'query.aggregate',
    '100',
  ],
];

describe.each([
  ['a name', NAMES],
  ['a key', KEYS],
  ['a part', PARTS],
])('a stat is refused for %s', (_, refusals) => {
  test.each(refusals)('%s', async (_what, query, code, fieldPath, text) => {
    const refusal = { code: `ERROR_${code}`, fields: [fieldPath], text: expect.stringContaining(text) };
    expect(refusalOf(await shapes.ask(query))).toEqual(refusal);
  });
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
