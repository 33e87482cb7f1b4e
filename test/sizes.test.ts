// Large data and large requests: each is answered, or rejected by the name of a limit.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import type { Outcome, RpcName } from './harness/client.js';
import { distinct, field, grouped, is, key, page, shown, stages } from './harness/query.js';
import { testNoFaults, useService } from './harness/use-service.js';

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

const service = useService('sizes');

beforeAll(async () => {
  const few = jobsOf(MANY_COLLECTORS_DOMAIN, manyCollectors.slice(0, 3));
  const heavy = jobsOf(HEAVY_COLLECTORS_DOMAIN, heavyCollectors);
  await service.insert([...few, ...heavy], [...manyCollectors, ...heavyCollectors]);
  for (let at = 0; at < jobs.length; at += 20) await service.insert(jobs.slice(at, at + 20));
}, 60_000);

/** Returns the limit exceeded by a call, or OK if it was answered. */
function limitOf(outcome: Outcome): string {
  if ('response' in outcome) return 'OK';
  const { code, text } = outcome.error;
  return /^Limit exceeded. \(limit = (.*?), max/.exec(text)?.[1] ?? `${code}: ${text}`;
}

const limitOfCall = async (rpc: RpcName, domain_id: string, query: JsonObject): Promise<string> =>
  limitOf(await service.call(rpc, { domain_id, query }));

const ROW_LIMIT = 'bytes of a row';
const MEMORY_LIMIT = "memory of the database's sorting and grouping";
const RESPONSE_LIMIT = 'bytes of an answer; ask for less by page.limit';
const QUERY_LIMIT = 'bytes of the query as MongoDB takes it';
const COLLECTORS_LIMIT = 'bytes of collectors that a stat asks of';

/** A group by a field, or of all jobs. */
const group = (key: string, operator: string, by?: string): JsonObject =>
  grouped(by === undefined ? [] : [{ k: by, n: 'by' }], field('made', operator, key));

const fields = (length: number, of: (i: number) => JsonObject): JsonObject[] =>
  Array.from({ length }, (_, i) => of(i));

const copies = fields(40, (i) => key('filters', `n${i}`));
const large = (what: string, query: JsonObject, limit: string) =>
  [what, LARGE_JOBS_DOMAIN, query, limit] as const;

const namesOfCollectors = stages(group('job_id', 'push', 'collector.name'));

const STATS: readonly (readonly [string, string, JsonObject, string])[] = [
  large('push of more than one row', stages(group('filters.text', 'push', 'group')), ROW_LIMIT),
  large('push of more than memory', stages(group('filters', 'push')), MEMORY_LIMIT),
  large('add_to_set of more than one row', stages(group('filters.text', 'add_to_set', 'group')), ROW_LIMIT),
  large('add_to_set of more than memory', stages(group('filters.text', 'add_to_set')), MEMORY_LIMIT),
  large('merge_objects of more than one row', stages(group('filters', 'merge_objects', 'group')), ROW_LIMIT),
  large('a row of copies', stages({ project: { fields: copies } }), ROW_LIMIT),
  large(
    'a median beside many large operands',
    {
      filter: [is('job_id', 'in', ['large-0', 'large-1', 'large-2'])],
      ...stages(
        grouped(
          [],
          ...fields(200, (i) => field(`s${i}`, 'sum', 'filters.text')),
          field('m', 'median', 'duration'),
        ),
      ),
    },
    ROW_LIMIT,
  ),
  large('a key of copies', stages(grouped(copies)), ROW_LIMIT),
  large('keys of more than one response', stages(grouped([key('filters', 'n')])), RESPONSE_LIMIT),
  large('a sort of more than memory', stages({ sort: { key: 'filters' } }, { limit: 3 }), 'OK'),
  large('a sort of all', stages({ sort: { key: 'filters' } }, { count: { name: 'n' } }), 'OK'),
  large('distinct of more than one response', distinct('filters.text'), RESPONSE_LIMIT),
  large('a page of distinct', { ...distinct('filters.text'), ...page(3) }, 'OK'),
  large(
    'push of pushes',
    stages(group('filters.text', 'push', 'job_id'), group('made', 'push')),
    MEMORY_LIMIT,
  ),
  ...[
    stages(group('collector.tags', 'max')),
    stages(group('job_id', 'push', 'collector.tags.text')),
    stages({ sort: { key: 'collector.tags' } }),
    stages(shown('collector.tags.text', 'n')),
    distinct('collector.tags'),
  ].map(
    (query) =>
      ['collectors of more than one command', HEAVY_COLLECTORS_DOMAIN, query, COLLECTORS_LIMIT] as const,
  ),
  ['one small field of large collectors', HEAVY_COLLECTORS_DOMAIN, namesOfCollectors, 'OK'],
  ['one small field of many collectors', MANY_COLLECTORS_DOMAIN, namesOfCollectors, 'OK'],
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
    const outcome = await service.list(MANY_COLLECTORS_DOMAIN, { ...query, count_only: true });
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
    const outcome = await service.list(MANY_COLLECTORS_DOMAIN, { ...query, count_only: true });
    expect('response' in outcome ? (outcome.response['total_count'] ?? 0) : outcome).toBe(expected);
  });
});

describe('a large request', () => {
  const path = Array.from({ length: 9 }, () => 's').join('.');
  const many = <T>(length: number, of: (i: number) => T): T[] => Array.from({ length }, (_, i) => of(i));
  const object: JsonValue = Object.fromEntries(many(100, (i) => [`f${i}`, 'x'.repeat(35_000)]));
  const thousand = fields(1000, () => is('k'.repeat(1300), 'lt', 1));
  const long = Array.from({ length: 99 }, () => 's'.repeat(80)).join('.');

  test.each<readonly [string, JsonObject, string]>([
    ['match', { filter: [{ k: `filters.${path}`, o: 'match', v: object }] }, QUERY_LIMIT],
    ['match on a collector', { filter: [{ k: `collector.${path}`, o: 'match', v: object }] }, QUERY_LIMIT],
    [
      'contain_in',
      {
        filter: [
          is(
            'filters.v',
            'contain_in',
            many(60, () => '.'.repeat(8192)),
          ),
        ],
      },
      'OK',
    ],
    [
      'regex_in',
      {
        filter: [
          is(
            'filters.v',
            'regex_in',
            many(3000, (i) => `a+b+${i}`),
          ),
        ],
      },
      'OK',
    ],
    [
      'in',
      {
        filter: [
          is(
            'filters.v',
            'in',
            many(50_000, (i) => i),
          ),
        ],
      },
      'OK',
    ],
    ['keyword', { keyword: 'x '.repeat(3000) }, 'OK'],
    [
      '1,000 conditions',
      { filter: fields(1000, () => ({ k: `filters.${'k'.repeat(4000)}`, o: 'not', v: 1 })) },
      'OK',
    ],
    ['a long key', { filter: [{ k: `filters.${long}`, o: 'exists', v: false }] }, 'OK'],
  ])('with %s has the expected limit in list, count and stat', async (_, query, expected) => {
    const limit = (rpc: RpcName, more: JsonObject): Promise<string> =>
      limitOfCall(rpc, MANY_COLLECTORS_DOMAIN, { ...query, ...more });
    expect(await limit('list', page(1))).toBe(expected);
    expect(await limit('list', { count_only: true })).toBe(expected);
    expect(await limit('stat', distinct('status'))).toBe(expected);
  });

  test.each<readonly [string, JsonObject, string]>([
    ['distinct of a long key', { distinct: long }, 'OK'],
    ['distinct of a key over the limit', { distinct: 's'.repeat(10_000) }, 'bytes of query.distinct'],
    ['keys of a group', stages(grouped(fields(500, (i) => key(`${'k'.repeat(8000)}${i}`, `n${i}`)))), 'OK'],
    [
      'conditions',
      stages(...fields(3, (i) => grouped([], field(`n${i}`, 'count', '', { conditions: thousand })))),
      'OK',
    ],
  ])('with %s has the expected limit in stat', async (_, query, expected) => {
    expect(await limitOfCall('stat', MANY_COLLECTORS_DOMAIN, query)).toBe(expected);
  });
});

testNoFaults(service);
