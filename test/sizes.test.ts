// Sizes that stored data and requests can have: each is answered, or refused by the name of a limit.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { jsonClient } from './harness/client.js';
import type { JsonClient, Outcome, RpcName } from './harness/client.js';
import { startService } from './harness/service.js';
import type { Service } from './harness/service.js';

const LARGE = 'domain-of-large-jobs';
const MANY = 'domain-of-many-collectors';
const HEAVY = 'domain-of-heavy-collectors';

const LARGE_JOBS = 230;
const HALF_A_MEGABYTE = 'x'.repeat(500_000);

const jobs: readonly Document[] = Array.from({ length: LARGE_JOBS }, (_, i) => ({
  job_id: `large-${i}`,
  domain_id: LARGE,
  group: i % 6,
  filters: { [`text${i}`]: `${HALF_A_MEGABYTE}${i}`, text: `${HALF_A_MEGABYTE}${i}` },
}));

const collectorsOf = (domain_id: string, length: number, rest: Document): readonly Document[] =>
  Array.from({ length }, (_, i) => ({
    _id: new ObjectId(),
    collector_id: `${domain_id}-${i}`,
    domain_id,
    name: `name ${i}`,
    ...rest,
  }));

const many = collectorsOf(MANY, 9000, {});
const heavy = collectorsOf(HEAVY, 300, { tags: { text: 'x'.repeat(60_000) } });

const referring = (domain_id: string, collectors: readonly Document[]): readonly Document[] =>
  collectors.map(({ _id }, i) => ({ job_id: `${domain_id}-${i}`, domain_id, collector: _id as ObjectId }));

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('sizes');
  client = jsonClient(service.address);
  await service.db.collection('collector').insertMany([...many, ...heavy]);
  await service.db
    .collection('job')
    .insertMany([...referring(MANY, many.slice(0, 3)), ...referring(HEAVY, heavy)]);
  for (let at = 0; at < jobs.length; at += 20)
    await service.db.collection('job').insertMany(jobs.slice(at, at + 20));
}, 60_000);

afterAll(async () => {
  client.close();
  await service.stop();
});

/** The limit that a call exceeds; OK where it is answered. */
function limitOf(outcome: Outcome): string {
  if ('response' in outcome) return 'OK';
  const { code, text } = outcome.error;
  return /^Limit exceeded. \(limit = (.*?), max/.exec(text)?.[1] ?? `${code}: ${text}`;
}

const ask = async (rpc: RpcName, domain_id: string, query: JsonObject): Promise<string> =>
  limitOf(await client.call(rpc, { domain_id, query }));

const ROW = 'bytes of a row';
const MEMORY = "memory of the database's sorting and grouping";
const ANSWER = 'bytes of an answer; ask for less by page.limit';
const QUERY = 'bytes of the query as MongoDB takes it';
const COLLECTORS = 'bytes of collectors that a stat asks of';

const group = (key: string, operator: string, by?: string): JsonObject => ({
  group: {
    keys: by === undefined ? [] : [{ k: by, n: 'by' }],
    fields: [{ n: 'made', o: operator, k: key }],
  },
});

const fields = (length: number, of: (i: number) => JsonObject): JsonObject[] =>
  Array.from({ length }, (_, i) => of(i));

const STATS: readonly (readonly [string, string, JsonObject, string])[] = [
  ['push of more than a row', LARGE, { aggregate: [group('filters.text', 'push', 'group')] }, ROW],
  ['push of more than memory', LARGE, { aggregate: [group('filters', 'push')] }, MEMORY],
  [
    'add_to_set of more than a row',
    LARGE,
    { aggregate: [group('filters.text', 'add_to_set', 'group')] },
    ROW,
  ],
  ['add_to_set of more than memory', LARGE, { aggregate: [group('filters.text', 'add_to_set')] }, MEMORY],
  [
    'merge_objects of more than a row',
    LARGE,
    { aggregate: [group('filters', 'merge_objects', 'group')] },
    ROW,
  ],
  [
    'a row of copies',
    LARGE,
    { aggregate: [{ project: { fields: fields(40, (i) => ({ k: 'filters', n: `n${i}` })) } }] },
    ROW,
  ],
  [
    'a key of copies',
    LARGE,
    { aggregate: [{ group: { keys: fields(40, (i) => ({ k: 'filters', n: `n${i}` })), fields: [] } }] },
    ROW,
  ],
  [
    'more keys than an answer',
    LARGE,
    { aggregate: [{ group: { keys: [{ k: 'filters', n: 'n' }], fields: [] } }] },
    ANSWER,
  ],
  ['an order of more than memory', LARGE, { aggregate: [{ sort: { key: 'filters' } }, { limit: 3 }] }, 'OK'],
  ['an order of all', LARGE, { aggregate: [{ sort: { key: 'filters' } }, { count: { name: 'n' } }] }, 'OK'],
  ['distinct of more than an answer', LARGE, { distinct: 'filters.text' }, ANSWER],
  ['a page of distinct', LARGE, { distinct: 'filters.text', page: { start: 1, limit: 3 } }, 'OK'],
  [
    'push of pushes',
    LARGE,
    { aggregate: [group('filters.text', 'push', 'job_id'), group('made', 'push')] },
    MEMORY,
  ],
  ...[
    { aggregate: [group('collector.tags', 'max')] },
    { aggregate: [group('job_id', 'push', 'collector.tags.text')] },
    { aggregate: [{ sort: { key: 'collector.tags' } }] },
    { aggregate: [{ project: { fields: [{ k: 'collector.tags.text', n: 'n' }] } }] },
    { distinct: 'collector.tags' },
  ].map((query) => ['more than a command of collectors', HEAVY, query, COLLECTORS] as const),
  ['little of large collectors', HEAVY, { aggregate: [group('job_id', 'push', 'collector.name')] }, 'OK'],
  ['little of many collectors', MANY, { aggregate: [group('job_id', 'push', 'collector.name')] }, 'OK'],
];

describe('a stat', () => {
  test.each(STATS)('%s, in the %s', async (_, domain, query, due) => {
    expect(await ask('stat', domain, query)).toBe(due);
  });
});

describe('a list', () => {
  test.each([
    ['of more than an answer', {}, ANSWER],
    ['in an order of more than memory', { sort: { key: 'filters' }, page: { start: 1, limit: 3 } }, 'OK'],
    ['of a page over one batch', { page: { start: 1, limit: 50 } }, 'OK'],
  ])('%s', async (_, query, due) => {
    expect(await ask('list', LARGE, query)).toBe(due);
  });
});

describe('conditions on many collectors', () => {
  const conditions = fields(95, (i) => ({ k: 'collector.name', o: 'not_contain', v: `none ${i}` }));
  const left = fields(95, (i) => ({ k: 'collector.name', o: 'not', v: `none ${i}` }));

  test.each([
    ['all met', { filter: conditions }],
    ['all left out', { filter: left }],
    ['any met', { filter_or: conditions }],
    ['any left out', { filter_or: left }],
    ['all of them', { filter: [...conditions, ...left], filter_or: [...conditions, ...left] }],
  ])('%s', async (_, query) => {
    const outcome = await client.call('list', { domain_id: MANY, query: { ...query, count_only: true } });
    expect(outcome).toEqual({ response: { total_count: 3 } });
  });
});

describe('conditions that leave some out', () => {
  const named = (o: string, ...names: readonly number[]): JsonObject[] =>
    names.map((i) => ({ k: 'collector.name', o, v: `name ${i}` }));

  test.each([
    [{ filter: named('eq', 0) }, 1],
    [{ filter: named('eq', 0, 1) }, 0],
    [{ filter_or: named('eq', 0, 1) }, 2],
    [{ filter: named('not', 0, 1) }, 1],
    [{ filter_or: named('not', 0, 1) }, 3],
    [{ filter_or: named('not', 0) }, 2],
    [{ filter: [...named('not', 0), ...named('eq', 1)] }, 1],
    [{ filter: [...named('not', 0), ...named('eq', 0)] }, 0],
    [{ filter_or: [...named('not', 0), ...named('eq', 0)] }, 3],
    [{ filter: named('not', 0), filter_or: named('eq', 0, 1) }, 1],
  ])('%j', async (query, due) => {
    const outcome = await client.call('list', { domain_id: MANY, query: { ...query, count_only: true } });
    expect('response' in outcome ? (outcome.response['total_count'] ?? 0) : outcome).toBe(due);
  });
});

describe('a request that grows', () => {
  const path = Array.from({ length: 9 }, () => 's').join('.');
  const object: JsonValue = Object.fromEntries(
    fields(100, () => ({})).map((_, i) => [`f${i}`, 'x'.repeat(35_000)]),
  );
  const long = Array.from({ length: 99 }, () => 's'.repeat(80)).join('.');

  test.each<readonly [string, JsonObject, string]>([
    ['match', { filter: [{ k: `filters.${path}`, o: 'match', v: object }] }, QUERY],
    ['match on a collector', { filter: [{ k: `collector.${path}`, o: 'match', v: object }] }, QUERY],
    [
      'contain_in',
      {
        filter: [{ k: 'filters.v', o: 'contain_in', v: Array.from({ length: 60 }, () => '.'.repeat(8192)) }],
      },
      'OK',
    ],
    [
      'regex_in',
      {
        filter: [{ k: 'filters.v', o: 'regex_in', v: Array.from({ length: 3000 }, (_, i) => `a+b+${i}`) }],
      },
      'OK',
    ],
    ['in', { filter: [{ k: 'filters.v', o: 'in', v: Array.from({ length: 50_000 }, (_, i) => i) }] }, 'OK'],
    ['keyword', { keyword: 'x '.repeat(3000) }, 'OK'],
    [
      '1,000 conditions',
      { filter: fields(1000, () => ({ k: `filters.${'k'.repeat(4000)}`, o: 'not', v: 1 })) },
      'OK',
    ],
    ['a long key', { filter: [{ k: `filters.${long}`, o: 'exists', v: false }] }, 'OK'],
  ])('%s', async (_, query, due) => {
    expect(await ask('list', MANY, { ...query, page: { start: 1, limit: 1 } })).toBe(due);
    expect(await ask('list', MANY, { ...query, count_only: true })).toBe(due);
    expect(await ask('stat', MANY, { ...query, distinct: 'status' })).toBe(due);
  });

  test.each<readonly [string, JsonObject, string]>([
    ['distinct of a long key', { distinct: long }, 'OK'],
    ['distinct of too long a key', { distinct: 's'.repeat(10_000) }, 'bytes of query.distinct'],
    [
      'keys of a group',
      {
        aggregate: [
          { group: { keys: fields(500, (i) => ({ k: `${'k'.repeat(8000)}${i}`, n: `n${i}` })), fields: [] } },
        ],
      },
      'OK',
    ],
    [
      'conditions',
      {
        aggregate: fields(3, (i) => ({
          group: {
            keys: [],
            fields: [
              {
                n: `n${i}`,
                o: 'count',
                conditions: fields(1000, () => ({ k: 'k'.repeat(1300), o: 'lt', v: 1 })),
              },
            ],
          },
        })),
      },
      'OK',
    ],
  ])('%s', async (_, query, due) => {
    expect(await ask('stat', MANY, query)).toBe(due);
  });
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
