// Refused stats, with the error code, the field named and a part of the text.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { stages, field, distinct, grouped, is, key } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { refusalOf } from '../request.js';
import { byId, useShapes } from './shapes.js';

const shapes = useShapes('stages-refusals');

const project = (...fields: readonly JsonObject[]): JsonObject =>
  stages({ project: { fields: [...fields] } });
const keyed = (...keys: readonly JsonObject[]): JsonObject => stages(grouped(keys));
const made = (one: JsonObject): JsonObject => stages(grouped([], one));
const pushed = (one: JsonObject): JsonObject => made(field('x', 'push', '', { fields: [one] }));
const on = (condition: JsonObject): JsonObject => made(field('x', 'count', '', { conditions: [condition] }));

/** A query, the code and the field that it is refused with, and a part of the text. */
type Refusal = readonly [string, JsonObject, string, string, string];

/** A refusal of the first stage, with the path in it. */
const inStage =
  (code: string) =>
  (what: string, query: JsonObject, path: string, text: string): Refusal => [
    what,
    query,
    code,
    `query.aggregate[0]${path}`,
    text,
  ];
const invalid = inStage('INVALID_PARAMETER');
const required = inStage('REQUIRED_PARAMETER');

const KEY = '.group.keys[0]';
const FIELD = '.group.fields[0]';
const CONDITION = `${FIELD}.conditions[0]`;
const PROJECTED = '.project.fields[0]';

const NAMES: readonly Refusal[] = ['a.b', '$a', '_id', 'a\0'].flatMap((n) => {
  const named = JSON.stringify(n);
  return [
    invalid(`the group key ${named}`, keyed(key('status', n)), `${KEY}.name`, 'is not a valid name'),
    invalid(`the group field ${named}`, made(field(n, 'count')), `${FIELD}.name`, 'is not a valid name'),
    invalid(
      `the pushed field ${named}`,
      pushed(key('status', n)),
      `${FIELD}.fields[0].name`,
      'is not a valid name',
    ),
    invalid(
      `the projected field ${named}`,
      project(key('status', n)),
      `${PROJECTED}.name`,
      'is not a valid name',
    ),
    invalid(`the count ${named}`, stages({ count: { name: n } }), '.count.name', 'is not a valid name'),
  ];
});

const KEYS: readonly Refusal[] = ['$status', '$$ROOT', 'a..b', '.', 'a\0', 'filters.$x'].flatMap((k) => {
  const named = JSON.stringify(k);
  return [
    invalid(`a group by ${named}`, keyed(key(k)), `${KEY}.key`, 'plain path'),
    invalid(`a sum of ${named}`, made(field('x', 'sum', k)), `${FIELD}.key`, 'plain path'),
    invalid(`a condition on ${named}`, on({ k, o: 'eq' }), `${CONDITION}.key`, 'plain path'),
    invalid(`a projection of ${named}`, project(key(k)), `${PROJECTED}.key`, 'plain path'),
    invalid(`a sort by ${named}`, stages({ sort: { key: k } }), '.sort.key', 'plain path'),
    invalid(`an unwind of ${named}`, stages({ unwind: { path: k } }), '.unwind.path', 'plain path'),
    [`distinct ${named}`, distinct(k), 'INVALID_PARAMETER', 'query.distinct', 'plain path'],
  ];
});

const FIELD_OPERATORS = ['max', 'min', 'first', 'last', 'add_to_set', 'merge_objects'];
const STATUS_IS_1 = { conditions: [is('status', 'eq', 1)] };
const NEITHER_KEYS_NOR_FIELDS = '(key = aggregate.group.keys || aggregate.group.fields)';

const PARTS: readonly Refusal[] = [
  ['nothing asked', {}, 'REQUIRED_PARAMETER', 'query.aggregate', '(key = aggregate)'],
  invalid('a stage of no kind', stages({}), '', 'a stage is one of'),
  required('unwind without a path', stages({ unwind: {} }), '.unwind.path', '(key = aggregate.unwind.path)'),
  required('count without a name', stages({ count: {} }), '.count.name', '(key = aggregate.count.name)'),
  required('sort without a key', stages({ sort: {} }), '.sort.key', '(key = aggregate.sort.key)'),
  required(
    'project without fields',
    stages({ project: {} }),
    '.project.fields',
    '(key = aggregate.project.fields)',
  ),
  required('group without keys and fields', stages({ group: {} }), '.group', NEITHER_KEYS_NOR_FIELDS),
  [
    'the second stage',
    stages(byId, { count: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[1].count.name',
    'aggregate.count.name',
  ],
  required('a group key without a key', keyed({ n: 'x' }), `${KEY}.key`, 'keys[0].key'),
  required('a group key without a name', keyed({ k: 'status' }), `${KEY}.name`, 'keys[0].name'),
  required('a group field without a name', made({ o: 'count' }), `${FIELD}.name`, 'fields[0].name'),
  invalid(
    'a group field without an operator',
    made(key('status')),
    `${FIELD}.operator`,
    'an operator is needed',
  ),
  invalid('an unknown group operator', made(field('x', 'mode', 'status')), `${FIELD}.operator`, 'mode'),
  invalid(
    'an inherited group operator',
    made(field('x', 'constructor', 'status')),
    `${FIELD}.operator`,
    'constructor',
  ),
  ...['sum', 'average', ...FIELD_OPERATORS].map((o) =>
    required(`${o} without a key`, made({ n: 'x', o }), `${FIELD}.key`, 'fields[0].key'),
  ),
  required('push without key and fields', made({ n: 'x', o: 'push' }), FIELD, 'fields[0].key || fields)'),
  required('a pushed field without a key', pushed({ n: 'a' }), `${FIELD}.fields[0].key`, 'fields[0].key'),
  required('a pushed field without a name', pushed({ k: 'a' }), `${FIELD}.fields[0].name`, 'fields[0].name'),
  ...['push', ...FIELD_OPERATORS].map((o) =>
    invalid(`${o} with conditions`, made(field('x', o, 'status', STATUS_IS_1)), `${FIELD}.conditions`, o),
  ),
  required('a condition without a key', on({ o: 'eq' }), `${CONDITION}.key`, 'conditions[0].key'),
  ...['gt', 'gte', 'lt', 'lte'].flatMap((o) =>
    ['collector', 'collector_info'].map((k) =>
      invalid(
        `${o} on ${k} itself`,
        on(is(k, o, 'collector-1')),
        `${CONDITION}.operator`,
        'collector itself takes only eq, not',
      ),
    ),
  ),
  invalid('a condition without an operator', on({ k: 'status' }), `${CONDITION}.operator`, 'operator'),
  invalid('an unknown operator of a condition', on(is('status', 'in', [])), `${CONDITION}.operator`, "'in'"),
  inStage('OPERATOR_VALUE_TYPE')(
    'a list to order by',
    on(is('status', 'gt', [1])),
    `${CONDITION}.value`,
    'conditions[0]',
  ),
  inStage('INVALID_PARAMETER_TYPE')(
    'an object to order by',
    on(is('status', 'lte', {})),
    `${CONDITION}.value`,
    'lte',
  ),
  invalid('a bad date in a condition', on(is('created_at', 'gt', 'soon')), `${CONDITION}.value`, 'soon'),
  invalid('two group keys of a name', keyed(key('a'), key('b')), '.group.keys[1].name', 'twice'),
  invalid(
    'a key and a field of a name',
    stages(grouped([key('a')], field('x', 'count'))),
    `${FIELD}.name`,
    'twice',
  ),
  invalid('two projected fields of a name', project(key('a'), key('b')), '.project.fields[1].name', 'twice'),
  invalid(
    'an unknown project operator',
    project(key('a', 'x', { o: 'abs' })),
    `${PROJECTED}.operator`,
    "'abs' is unknown; known are size, ",
  ),
  required('a projected field without a key', project({ n: 'x' }), `${PROJECTED}.key`, 'fields[0].key'),
  invalid('limit 0', stages({ limit: 0 }), '.limit', '0'),
  invalid('limit -1', stages({ limit: -1 }), '.limit', '-1'),
  invalid('skip -1', stages({ skip: -1 }), '.skip', '-1'),
  ...[
    'Nowhere/X',
    '+9',
    '+09',
    '+0900',
    '+24:00',
    '+09:60',
    '',
    ' Asia/Seoul',
    'Asia/Seoul%@UTC',
    'a\0',
    '$x',
    '\u0391',
    'BST',
    'ist',
    'SystemV/PST8',
  ].map((zone) =>
    invalid(
      `the time zone ${JSON.stringify(zone)}`,
      keyed(key('created_at', 'x', { date_format: `%Y%@${zone}` })),
      `${KEY}.date_format`,
      'is not a time zone',
    ),
  ),
  invalid(
    'a time zone younger than the database of the tests',
    keyed(key('created_at', 'x', { date_format: 'day%@America/Ciudad_Juarez' })),
    `${KEY}.date_format`,
    'the database does not know the time zone America/Ciudad_Juarez',
  ),
  ...['%@Asia/Seoul', '%y%@Asia/Seoul', '%%%@Asia/Seoul%', 'a\0%@UTC'].map((date_format) =>
    invalid(
      `the date format ${JSON.stringify(date_format)}`,
      keyed(key('created_at', 'x', { date_format })),
      `${KEY}.date_format`,
      'is n',
    ),
  ),
  ...['%', '%y', '%Y-%', '%D', '%-d', 'a\0'].map((date_format) =>
    invalid(
      `the date format ${JSON.stringify(date_format)}`,
      keyed(key('created_at', 'x', { date_format })),
      `${KEY}.date_format`,
      'pattern',
    ),
  ),
  [
    'a filter',
    { filter: [is('nosuch', 'eq', 1)], ...distinct('status') },
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

testNoFaults(shapes.service);
