// Large data and large requests: each is answered, or rejected by the name of a limit.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { jsonClient } from './harness/client.js';
import type { JsonClient, Outcome, RpcName } from './harness/client.js';
import { startService } from './harness/service.js';
import type { Service } from './harness/service.js';

const LARGE_JOBS_DOMAIN = 'domain-of-large-jobs';
const MANY_COLLECTORS_DOMAIN = 'domain-of-many-collectors';
const HEAVY_COLLECTORS_DOMAIN = 'domain-of-heavy-collectors';

const LARGE_JOBS = 230;
const HALF_A_MEGABYTE = 'x'.repeat(500_000);

const jobs: readonly Document[] = Array.from({ length: LARGE_JOBS }, (_, i) => ({
  job_id: `large-${i}`,
  domain_id: LARGE_JOBS_DOMAIN,
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

const manyCollectors = collectorsOf(MANY_COLLECTORS_DOMAIN, 9000, {});
const heavyCollectors = collectorsOf(HEAVY_COLLECTORS_DOMAIN, 300, { tags: { text: 'x'.repeat(60_000) } });

const jobsOf = (domain_id: string, collectors: readonly Document[]): readonly Document[] =>
  collectors.map(({ _id }, i) => ({ job_id: `${domain_id}-${i}`, domain_id, collector: _id as ObjectId }));

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('sizes');
  client = jsonClient(service.address);
  await service.db.collection('collector').insertMany([...manyCollectors, ...heavyCollectors]);
  await service.db
    .collection('job')
    .insertMany([
      ...jobsOf(MANY_COLLECTORS_DOMAIN, manyCollectors.slice(0, 3)),
      ...jobsOf(HEAVY_COLLECTORS_DOMAIN, heavyCollectors),
    ]);
  for (let at = 0; at < jobs.length; at += 20)
    await service.db.collection('job').insertMany(jobs.slice(at, at + 20));
}, 60_000);

afterAll(async () => {
  client.close();
  await service.stop();
});

/** Returns the limit exceeded by a call, or OK if it was answered. */
function limitOf(outcome: Outcome): string {
  if ('response' in outcome) return 'OK';
  const { code, text } = outcome.error;
  return /^Limit exceeded. \(limit = (.*?), max/.exec(text)?.[1] ?? `${code}: ${text}`;
}

const limitOfCall = async (rpc: RpcName, domain_id: string, query: JsonObject): Promise<string> =>
  limitOf(await client.call(rpc, { domain_id, query }));

const ROW_LIMIT = 'bytes of a row';
const MEMORY_LIMIT = "memory of the database's sorting and grouping";
const RESPONSE_LIMIT = 'bytes of an answer; ask for less by page.limit';
const QUERY_LIMIT = 'bytes of the query as MongoDB takes it';
const COLLECTORS_LIMIT = 'bytes of collectors that a stat asks of';

const group = (key: string, operator: string, by?: string): JsonObject => ({
  group: {
    keys: by === undefined ? [] : [{ k: by, n: 'by' }],
    fields: [{ n: 'made', o: operator, k: key }],
  },
});

const fields = (length: number, of: (i: number) => JsonObject): JsonObject[] =>
  Array.from({ length }, (_, i) => of(i));

const STATS: readonly (readonly [string, string, JsonObject, string])[] = [
  [
    'push of more than one row',
    LARGE_JOBS_DOMAIN,
    { aggregate: [group('filters.text', 'push', 'group')] },
    ROW_LIMIT,
  ],
  ['push of more than memory', LARGE_JOBS_DOMAIN, { aggregate: [group('filters', 'push')] }, MEMORY_LIMIT],
  [
    'add_to_set of more than one row',
    LARGE_JOBS_DOMAIN,
    { aggregate: [group('filters.text', 'add_to_set', 'group')] },
    ROW_LIMIT,
  ],
  [
    'add_to_set of more than memory',
    LARGE_JOBS_DOMAIN,
    { aggregate: [group('filters.text', 'add_to_set')] },
    MEMORY_LIMIT,
  ],
  [
    'merge_objects of more than one row',
    LARGE_JOBS_DOMAIN,
    { aggregate: [group('filters', 'merge_objects', 'group')] },
    ROW_LIMIT,
  ],
  [
    'a row of copies',
    LARGE_JOBS_DOMAIN,
    { aggregate: [{ project: { fields: fields(40, (i) => ({ k: 'filters', n: `n${i}` })) } }] },
    ROW_LIMIT,
  ],
  [
    'a key of copies',
    LARGE_JOBS_DOMAIN,
    { aggregate: [{ group: { keys: fields(40, (i) => ({ k: 'filters', n: `n${i}` })), fields: [] } }] },
    ROW_LIMIT,
  ],
  [
    'keys of more than one response',
    LARGE_JOBS_DOMAIN,
    { aggregate: [{ group: { keys: [{ k: 'filters', n: 'n' }], fields: [] } }] },
    RESPONSE_LIMIT,
  ],
  [
    'a sort of more than memory',
    LARGE_JOBS_DOMAIN,
    { aggregate: [{ sort: { key: 'filters' } }, { limit: 3 }] },
    'OK',
  ],
  [
    'a sort of all',
    LARGE_JOBS_DOMAIN,
    { aggregate: [{ sort: { key: 'filters' } }, { count: { name: 'n' } }] },
    'OK',
  ],
  ['distinct of more than one response', LARGE_JOBS_DOMAIN, { distinct: 'filters.text' }, RESPONSE_LIMIT],
  ['a page of distinct', LARGE_JOBS_DOMAIN, { distinct: 'filters.text', page: { start: 1, limit: 3 } }, 'OK'],
  [
    'push of pushes',
    LARGE_JOBS_DOMAIN,
    { aggregate: [group('filters.text', 'push', 'job_id'), group('made', 'push')] },
    MEMORY_LIMIT,
  ],
  ...[
    { aggregate: [group('collector.tags', 'max')] },
    { aggregate: [group('job_id', 'push', 'collector.tags.text')] },
    { aggregate: [{ sort: { key: 'collector.tags' } }] },
    { aggregate: [{ project: { fields: [{ k: 'collector.tags.text', n: 'n' }] } }] },
    { distinct: 'collector.tags' },
  ].map(
    (query) =>
      ['collectors of more than one command', HEAVY_COLLECTORS_DOMAIN, query, COLLECTORS_LIMIT] as const,
  ),
  [
    'one small field of large collectors',
    HEAVY_COLLECTORS_DOMAIN,
    { aggregate: [group('job_id', 'push', 'collector.name')] },
    'OK',
  ],
  [
    'one small field of many collectors',
    MANY_COLLECTORS_DOMAIN,
    { aggregate: [group('job_id', 'push', 'collector.name')] },
    'OK',
  ],
];

describe('a stat', () => {
  test.each(STATS)('of %s on %s has the expected limit', async (_, domain, query, expected) => {
    expect(await limitOfCall('stat', domain, query)).toBe(expected);
  });
});

describe('a list', () => {
  test.each([
    ['of more than one response', {}, RESPONSE_LIMIT],
    ['with a sort of more than memory', { sort: { key: 'filters' }, page: { start: 1, limit: 3 } }, 'OK'],
    ['of a page of more than one batch', { page: { start: 1, limit: 50 } }, 'OK'],
  ])('%s has the expected limit', async (_, query, expected) => {
    expect(await limitOfCall('list', LARGE_JOBS_DOMAIN, query)).toBe(expected);
  });
});

describe('conditions on many collectors', () => {
  const conditions = fields(95, (i) => ({ k: 'collector.name', o: 'not_contain', v: `none ${i}` }));
  const exclusions = fields(95, (i) => ({ k: 'collector.name', o: 'not', v: `none ${i}` }));

  test.each([
    ['all matching', { filter: conditions }],
    ['all excluding', { filter: exclusions }],
    ['any matching', { filter_or: conditions }],
    ['any excluding', { filter_or: exclusions }],
    [
      'both kinds at once',
      { filter: [...conditions, ...exclusions], filter_or: [...conditions, ...exclusions] },
    ],
  ])('are answered: %s', async (_, query) => {
    const outcome = await client.call('list', {
      domain_id: MANY_COLLECTORS_DOMAIN,
      query: { ...query, count_only: true },
    });
    expect(outcome).toEqual({ response: { total_count: 3 } });
  });
});

describe('conditions on the name of a collector', () => {
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
  ])('%j matches %d jobs', async (query, expected) => {
    const outcome = await client.call('list', {
      domain_id: MANY_COLLECTORS_DOMAIN,
      query: { ...query, count_only: true },
    });
    expect('response' in outcome ? (outcome.response['total_count'] ?? 0) : outcome).toBe(expected);
  });
});

describe('a large request', () => {
  const path = Array.from({ length: 9 }, () => 's').join('.');
  const object: JsonValue = Object.fromEntries(
    fields(100, () => ({})).map((_, i) => [`f${i}`, 'x'.repeat(35_000)]),
  );
  const long = Array.from({ length: 99 }, () => 's'.repeat(80)).join('.');

  test.each<readonly [string, JsonObject, string]>([
    ['match', { filter: [{ k: `filters.${path}`, o: 'match', v: object }] }, QUERY_LIMIT],
    ['match on a collector', { filter: [{ k: `collector.${path}`, o: 'match', v: object }] }, QUERY_LIMIT],
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
  ])('with %s has the expected limit in list, count and stat', async (_, query, expected) => {
    expect(
      await limitOfCall('list', MANY_COLLECTORS_DOMAIN, { ...query, page: { start: 1, limit: 1 } }),
    ).toBe(expected);
    expect(await limitOfCall('list', MANY_COLLECTORS_DOMAIN, { ...query, count_only: true })).toBe(expected);
    expect(await limitOfCall('stat', MANY_COLLECTORS_DOMAIN, { ...query, distinct: 'status' })).toBe(
      expected,
    );
  });

  test.each<readonly [string, JsonObject, string]>([
    ['distinct of a long key', { distinct: long }, 'OK'],
    ['distinct of a key over the limit', { distinct: 's'.repeat(10_000) }, 'bytes of query.distinct'],
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
  ])('with %s has the expected limit in stat', async (_, query, expected) => {
    expect(await limitOfCall('stat', MANY_COLLECTORS_DOMAIN, query)).toBe(expected);
  });
});

test('no request caused an internal error', () => {
  expect(service.faults).toEqual([]);
});
