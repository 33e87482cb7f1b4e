// Where in a stat something is wrong: each error names its place in the request.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { is } from '../harness/query.js';
import { useService } from '../harness/use-service.js';
import { refusalOf } from './request.js';

const service = useService('error_paths');

const FIRST: JsonObject = { sort: { key: 'job_id' } };
const COUNTED: JsonObject = { name: 'jobs', operator: 'count' };
const STATUS: JsonObject = { key: 'status', name: 'status' };
const NO_KEY = 'a..b';

/** Cases of the second stage, by what is behind its place. */
const of = (
  stage: string,
  cases: Readonly<Record<string, JsonValue>>,
): readonly (readonly [string, JsonObject])[] =>
  Object.entries(cases).map(([place, value]) => [
    `query.aggregate[1].${stage}${place}`,
    { aggregate: [FIRST, { [stage]: value }] },
  ]);

const field = (more: JsonObject): JsonObject => ({
  fields: [COUNTED, { name: 'x', operator: 'sum', key: 'total_tasks', ...more }],
});
const condition = (more: JsonObject): JsonObject => ({
  fields: [
    COUNTED,
    {
      name: 'x',
      operator: 'count',
      conditions: [
        { key: 'status', operator: 'eq', value: 'A' },
        { key: 'total_tasks', operator: 'gt', value: 1, ...more },
      ],
    },
  ],
});
const kept = (more: JsonObject): JsonObject => ({
  keys: [STATUS, { key: 'project_id', name: 'project', ...more }],
});
const shown = (more: JsonObject): JsonObject => ({
  fields: [STATUS, { key: 'project_id', name: 'project', ...more }],
});

const CASES: readonly (readonly [string, JsonObject])[] = [
  ['query.aggregate', {}],
  ['query.aggregate[0]', { aggregate: [{}] }],
  ['query.aggregate[1]', { aggregate: [FIRST, {}] }],
  ['query.distinct', { distinct: NO_KEY }],
  [
    'query.filter[1].operator',
    {
      distinct: 'status',
      filter: [
        { k: 'status', v: 'A', o: 'eq' },
        { k: 'status', v: 'A', o: 'no' },
      ],
    },
  ],
  ...of('unwind', { '.path': { path: '' } }),
  ...of('count', { '.name': { name: '' } }),
  ...of('limit', { '': 0 }),
  ...of('skip', { '': -1 }),
  ...of('sort', { '.key': {}, '.keys[1].key': { keys: [{ key: 'status' }, { key: NO_KEY }] } }),
  ...of('group', {
    '': {},
    '.keys[1].key': kept({ key: '' }),
    '.keys[1].name': kept({ name: '' }),
    '.keys[1].date_format': kept({ key: 'created_at', date_format: '%' }),
    '.fields[1].name': field({ name: 'jobs' }),
    '.fields[1].operator': field({ operator: 'mode' }),
    '.fields[1].key': field({ key: '' }),
    '.fields[1].conditions': field({
      operator: 'max',
      conditions: [{ key: 'status', operator: 'eq', value: 'A' }],
    }),
    '.fields[1].fields[1].name': field({
      operator: 'push',
      key: '',
      fields: [STATUS, { key: 'status', name: 'status' }],
    }),
    '.fields[1].fields[1].key': field({
      operator: 'push',
      key: '',
      fields: [STATUS, { key: '', name: 'other' }],
    }),
    '.fields[1].conditions[1].key': condition({ key: '' }),
    '.fields[1].conditions[1].operator': condition({ operator: 'like' }),
    '.fields[1].conditions[1].value': condition({ value: {} }),
  }),
  ...of('project', {
    '.fields': {},
    '.fields[1].key': shown({ key: '' }),
    '.fields[1].name': shown({ name: 'a.b' }),
    '.fields[1].operator': shown({ operator: 'half' }),
  }),
];

test.each(CASES)('an error names its place: %s', async (place, query) => {
  expect(await service.call('stat', { domain_id: 'domain-none', query })).toMatchObject({
    error: {
      status: 'INVALID_ARGUMENT',
      details: {
        details: expect.arrayContaining([
          expect.objectContaining({ field_violations: [expect.objectContaining({ field: place })] }),
        ]),
      },
    },
  });
});

const many = (count: number): JsonValue[] => Array.from({ length: count }, () => is('status', 'eq', 'A'));
/** An expression that MongoDB gives up on at `TEXT`. */
const runaway = (end: string): JsonObject => is('filter.text', 'regex', `.*${end}|^.*.*.*.*${end}$`);
const TEXT = 'x'.repeat(8000);

test.each<readonly [string, JsonObject]>([
  ['query.filter', { filter: many(1001) }],
  ['query.filter_or', { filter_or: many(1001) }],
  ['query.keyword', { keyword: 'x'.repeat(9000) }],
  ['query.filter[0].value', { filter: [runaway('y')] }],
  ['query.filter_or', { filter_or: [runaway('y'), runaway('z')] }],
])('an error of a list names its place: %s', async (place, query) => {
  await service.insert([
    { job_id: `${place} ${JSON.stringify(query).length}`, domain_id: place, filters: { text: TEXT } },
  ]);
  expect(refusalOf(await service.list(place, query))).toHaveProperty('fields', [place]);
});
