// Queries refused as a whole, and queries at the limits.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { idsOf, refusalOf } from '../request.js';
import { ofTwo, useShapes } from './shapes.js';

const shapes = useShapes('operators-limits');

const a = is('filters.n', 'eq', 2);
const b = is('filters.s', 'contain', 'éclair');

const path = (segments: number): string => ['filters', ...Array<string>(segments - 1).fill('x')].join('.');

test.each<readonly [string, JsonObject, string, string, string]>([
  [
    'the second condition',
    { filter: [a, is('nosuch', 'eq', 1)] },
    'INVALID_PARAMETER',
    'query.filter[1].key',
    'nosuch',
  ],
  [
    'an alternative',
    { filter_or: [a, is('filters.x', 'in', 1)] },
    'OPERATOR_LIST_VALUE_TYPE',
    'query.filter_or[1].value',
    'query.filter_or[1]',
  ],
  [
    'an expression of an alternative',
    { filter: [b], filter_or: [a, is('filters.s', 'regex', '(')] },
    'INVALID_PARAMETER',
    'query.filter_or[1].value',
    'filters.s',
  ],
  ['a sort by an operator', { sort: { key: '$natural' } }, 'INVALID_PARAMETER', 'query.sort.key', '$natural'],
  [
    'a sort by a field of the collector',
    { sort: { key: 'collector.name' } },
    'INVALID_PARAMETER',
    'query.sort.key',
    'collector.name',
  ],
  [
    'a sort by a field of the collector, aliased',
    { sort: { keys: [{ key: 'collector_info.name' }] } },
    'INVALID_PARAMETER',
    'query.sort.keys[0].key',
    'collector_info.name',
  ],
  [
    'a sort key without a key',
    { sort: { keys: [{ key: 'status' }, { desc: true }] } },
    'REQUIRED_PARAMETER',
    'query.sort.keys[1].key',
    'query.sort.keys[1].key',
  ],
  [
    'a sort through two arrays',
    { sort: { keys: [{ key: 'projects' }, { key: 'errors.message' }] } },
    'INVALID_PARAMETER',
    'query.sort.keys',
    'arrays',
  ],
  [
    '33 sort keys',
    { sort: { keys: Array.from({ length: 33 }, (_, i) => ({ key: `filters.k${i}` })) } },
    'LIMIT_EXCEEDED',
    'query.sort.keys',
    '32',
  ],
  ['an unknown name in only', { only: ['job_id', 'nosuch'] }, 'INVALID_PARAMETER', 'query.only[1]', 'nosuch'],
  [
    'user_projects in only',
    { only: ['user_projects'] },
    'INVALID_PARAMETER',
    'query.only[0]',
    'user_projects',
  ],
  ['_id in only', { only: ['_id'] }, 'INVALID_PARAMETER', 'query.only[0]', '_id'],
  ['an empty name in only', { only: [''] }, 'REQUIRED_PARAMETER', 'query.only[0]', 'query.only[0]'],
  ['a name below a scalar', { only: ['status.x'] }, 'INVALID_PARAMETER', 'query.only[0]', 'status.x'],
  [
    'a name below a scalar of errors',
    { only: ['errors.message.x'] },
    'INVALID_PARAMETER',
    'query.only[0]',
    'errors.message.x',
  ],
  ['an operator in only', { only: ['filter.$slice'] }, 'INVALID_PARAMETER', 'query.only[0]', 'filter.$slice'],
  [
    'an unknown name in only, counting',
    { only: ['nosuch'], count_only: true },
    'INVALID_PARAMETER',
    'query.only[0]',
    'nosuch',
  ],
  [
    'an unknown name in only, minimal',
    { only: ['nosuch'], minimal: true },
    'INVALID_PARAMETER',
    'query.only[0]',
    'nosuch',
  ],
  [
    '1,001 conditions',
    { filter: Array<JsonValue>(600).fill(a), filter_or: Array<JsonValue>(401).fill(b) },
    'LIMIT_EXCEEDED',
    'query.filter',
    '1000',
  ],
  [
    'a path of 101 names',
    { filter: [is(path(101), 'eq', 1)] },
    'LIMIT_EXCEEDED',
    'query.filter[0].key',
    '100',
  ],
  [
    'a keyword of 50,001 words',
    { keyword: 'a '.repeat(50_001) },
    'LIMIT_EXCEEDED',
    'query.keyword',
    'words of query.keyword, max = 50000',
  ],
])('a query is refused: %s', async (_name, query, code, field, text) => {
  const refusal = refusalOf(await shapes.ask(query));
  expect(refusal).toEqual({ code: `ERROR_${code}`, fields: [field], text: expect.stringContaining(text) });
});

test.each<readonly [string, JsonObject]>([
  ['1,000 conditions', { filter: Array<JsonValue>(1000).fill(a) }],
  ['50,000 values', { filter: [is('filters.n', 'in', [2, ...Array<JsonValue>(49_999).fill(7)])] }],
  ['an expression of 1 KiB', { filter: [a, is('filters.s', 'not_contain', 'x'.repeat(1024))] }],
  ['a path of 100 names', { filter: [a, is(path(100), 'eq')] }],
])('a query at a limit is answered: %s', async (_name, query) => {
  expect(idsOf(await shapes.find(query))).toEqual(ofTwo);
});

test('a match of many fields on a deep path exceeds a limit', async () => {
  const fields = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`k${i.toString(36)}`, 1]));
  expect(refusalOf(await shapes.ask({ filter: [is(path(100), 'match', fields)] }))).toMatchObject({
    code: 'ERROR_LIMIT_EXCEEDED',
  });
});

testNoFaults(shapes.service);
