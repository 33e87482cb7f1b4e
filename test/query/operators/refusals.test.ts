// Refused conditions, with the error code, the field named and a part of the text.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { refusalOf } from '../request.js';
import { useShapes } from './shapes.js';

const shapes = useShapes('operators-refusals');

/** A condition and its refusal: the code, the field named, and a part of the text. */
type Refusal = readonly [JsonObject, string, string, string];

const KEYS: readonly Refusal[] = [
  [{ o: 'eq', v: 1 }, 'REQUIRED_PARAMETER', 'key', 'query.filter[0].key'],
  [is('', 'eq', 1), 'REQUIRED_PARAMETER', 'key', 'query.filter[0].key'],
  [is('$where', 'eq', '1'), 'INVALID_PARAMETER', 'key', '$where'],
  [is('filters.$x', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters.$x'],
  [is('filters..x', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters..x'],
  [is('.filters', 'eq', 1), 'INVALID_PARAMETER', 'key', '.filters'],
  [is('filters.', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters.'],
  [is('.', 'eq', 1), 'INVALID_PARAMETER', 'key', 'plain path'],
  [is('filters.a\0b', 'eq', 1), 'INVALID_PARAMETER', 'key', 'plain path'],
  [is('_id', 'eq', '6460000000000000ed6e0001'), 'INVALID_PARAMETER', 'key', '_id'],
  [is('_id.x', 'eq', 1), 'INVALID_PARAMETER', 'key', '_id.x'],
  [is('nosuch', 'eq', 1), 'INVALID_PARAMETER', 'key', 'nosuch'],
  [is('Status', 'eq', 1), 'INVALID_PARAMETER', 'key', 'Status'],
  [is('__proto__', 'eq', 1), 'INVALID_PARAMETER', 'key', '__proto__'],
  [is('constructor.name', 'eq', 1), 'INVALID_PARAMETER', 'key', 'constructor.name'],
  [is('collector.$id', 'eq', 1), 'INVALID_PARAMETER', 'key', 'collector.$id'],
  [is('__none', 'eq', 1), 'INVALID_PARAMETER', 'key', 'is not a field'],
];

const OPERATORS: readonly Refusal[] = [
  [{ k: 'status', v: 1 }, 'INVALID_PARAMETER', 'operator', 'status'],
  [is('status', '', 1), 'INVALID_PARAMETER', 'operator', 'has no operator'],
  [is('status', 'like', 1), 'INVALID_PARAMETER', 'operator', 'like'],
  [is('status', 'EQ', 1), 'INVALID_PARAMETER', 'operator', 'EQ'],
  [is('status', '$eq', 1), 'INVALID_PARAMETER', 'operator', '$eq'],
  [is('status', '__proto__', 1), 'INVALID_PARAMETER', 'operator', '__proto__'],
  [is('status', 'constructor', 1), 'INVALID_PARAMETER', 'operator', 'constructor'],
  [is('status', 'toString', 1), 'INVALID_PARAMETER', 'operator', 'toString'],
  ...[
    is('collector', 'lt', 'x'),
    is('collector', 'contain', 'x'),
    is('collector', 'contain_in', ['x']),
    is('collector', 'regex', 'x'),
    is('collector', 'match', {}),
    is('collector', 'datetime_lt', '2024-01-01'),
    is('collector', 'timediff_lt', 'now'),
  ].map((condition): Refusal => [condition, 'INVALID_PARAMETER', 'operator', 'collector']),
];

const SINGLE = ['eq', 'not', 'lt', 'lte', 'gt', 'gte', 'exists', 'contain', 'not_contain', 'match', 'regex'];
const RELATIVE = ['lt', 'lte', 'gt', 'gte'].flatMap((name) => [`datetime_${name}`, `timediff_${name}`]);
const SEVERAL = ['in', 'not_in', 'contain_in', 'not_contain_in', 'regex_in'];

const VALUES: readonly Refusal[] = [
  ...[...SINGLE, ...RELATIVE].map((o): Refusal => [
    is('filters.x', o, ['x']),
    'OPERATOR_VALUE_TYPE',
    'value',
    `'${o} operator'`,
  ]),
  ...SEVERAL.flatMap((o) =>
    ['x', null, 1, true, {}].map((v): Refusal => [
      is('filters.x', o, v),
      'OPERATOR_LIST_VALUE_TYPE',
      'value',
      `'${o} operator'`,
    ]),
  ),
  [is('nosuch', 'eq', []), 'OPERATOR_VALUE_TYPE', 'value', 'query.filter[0]'],
  [is('created_at', 'in', 'soon'), 'OPERATOR_LIST_VALUE_TYPE', 'value', 'query.filter[0]'],
  ...['true', 1, null, {}].map((v): Refusal => [
    is('filters.x', 'exists', v),
    'OPERATOR_BOOLEAN_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['x', 1, null, true].map((v): Refusal => [
    is('filters.x', 'match', v),
    'OPERATOR_DICT_VALUE_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['contain', 'not_contain', 'regex', ...RELATIVE].flatMap((o) =>
    [1, null, true, {}].map((v): Refusal => [
      is('filters.x', o, v),
      'INVALID_PARAMETER_TYPE',
      'value',
      'query.filter[0]',
    ]),
  ),
  ...['contain_in', 'not_contain_in', 'regex_in'].flatMap((o) =>
    [1, null, true, {}, []].map((v): Refusal => [
      is('filters.x', o, ['x', v]),
      'INVALID_PARAMETER_TYPE',
      'value',
      'query.filter[0]',
    ]),
  ),
  ...['lt', 'lte', 'gt', 'gte'].map((o): Refusal => [
    is('filters.x', o, { a: 1 }),
    'INVALID_PARAMETER_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['eq', 'not', 'lt', 'lte', 'gt', 'gte', 'datetime_lt', 'datetime_gte'].map((o): Refusal => [
    is('created_at', o, 'yesterday'),
    'INVALID_PARAMETER',
    'value',
    'yesterday',
  ]),
  ...['in', 'not_in'].map((o): Refusal => [
    is('finished_at', o, ['2024-01-01', '2024-02-30']),
    'INVALID_PARAMETER',
    'value',
    '2024-02-30',
  ]),
  ...['', 'now/y', 'now-1y', 'now - 1', 'now - d', 'tomorrow', 'now/d/w', 'now - 9999999w'].map(
    (v): Refusal => [is('created_at', 'timediff_gt', v), 'INVALID_PARAMETER', 'value', 'created_at'],
  ),
  [is('collector.created_at', 'gt', 'soon'), 'INVALID_PARAMETER', 'value', 'soon'],
  [is('collector.last_collected_at', 'eq', 'soon'), 'INVALID_PARAMETER', 'value', 'soon'],
  [is('errors', 'match', { a: [1] }), 'OPERATOR_VALUE_TYPE', 'value', 'query.filter[0]'],
  [is('errors', 'match', { '': 1 }), 'INVALID_PARAMETER', 'value', 'plain path'],
  [is('errors', 'match', { $or: 1 }), 'INVALID_PARAMETER', 'value', '$or'],
  [is('errors', 'match', { 'a.$b': 1 }), 'INVALID_PARAMETER', 'value', 'a.$b'],
  [is('errors', 'match', { 'a..b': 1 }), 'INVALID_PARAMETER', 'value', 'a..b'],
  [is('filters.x', 'eq', { 'a\0': 1 }), 'INVALID_PARAMETER', 'value', 'NUL'],
  [is('filters.x', 'in', [[{ b: { 'a\0': 1 } }]]), 'INVALID_PARAMETER', 'value', 'NUL'],
  ...['[', '(', '*', '(?<n', 'a{2,1}', '\\'].flatMap((v): readonly Refusal[] => [
    [is('filters.s', 'regex', v), 'INVALID_PARAMETER', 'value', 'filters.s'],
    [is('filters.s', 'regex_in', ['x', v]), 'INVALID_PARAMETER', 'value', 'filters.s'],
    [is('collector.name', 'regex', v), 'INVALID_PARAMETER', 'value', 'name'],
  ]),
  [is('filters.s', 'regex', 'x'.repeat(1025)), 'LIMIT_EXCEEDED', 'value', '1024'],
  [is('filters.s', 'regex_in', ['é'.repeat(513)]), 'LIMIT_EXCEEDED', 'value', '1024'],
  [is('filters.s', 'regex', '(a+)+$'), 'INVALID_PARAMETER', 'value', 'filters.s'],
  [is('filters.s', 'regex_in', ['(a|a)*b']), 'INVALID_PARAMETER', 'value', 'filters.s'],
  [is('filters.s', 'in', Array<JsonValue>(50_001).fill(1)), 'LIMIT_EXCEEDED', 'value', '50000'],
];

const shortened = (condition: JsonObject): string => JSON.stringify(condition).slice(0, 100);

describe.each([
  ['keys', KEYS],
  ['operators', OPERATORS],
  ['values', VALUES],
])('a condition is refused for its %s', (_, refusals) => {
  test.each(refusals.map((each) => [shortened(each[0]), each] as const))(
    '%s',
    async (_name, [condition, code, field, text]) => {
      expect(refusalOf(await shapes.ask({ filter: [condition] }))).toEqual({
        code: `ERROR_${code}`,
        fields: [`query.filter[0].${field}`],
        text: expect.stringContaining(text),
      });
    },
  );
});

testNoFaults(shapes.service);
