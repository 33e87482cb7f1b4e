// Orders by many keys: a repeated key counts once, by its first place, and MongoDB sorts by 32 keys at most.
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { exportJobs } from '../harness/http-client.js';
import { useService } from '../harness/use-service.js';

const DOMAIN = 'domain-sort-keys0000';
const MAX_SORT_KEYS = 32;

const service = useService('sort_keys');

beforeAll(async () => {
  const jobs = [
    { job_id: 'job-a', total_tasks: 1, remained_tasks: 2 },
    { job_id: 'job-b', total_tasks: 1, remained_tasks: 1 },
    { job_id: 'job-c', total_tasks: 2, remained_tasks: 1 },
    { job_id: 'job-d', total_tasks: 2, remained_tasks: 1 },
  ];
  await service.insert(jobs.map((job) => ({ ...job, domain_id: DOMAIN, status: 'SUCCESS' })));
});

const list = (keys: readonly JsonObject[]) =>
  service.list(DOMAIN, { only: ['job_id'], sort: { keys: [...keys] } });

const inOrder = (letters: string): unknown => ({
  response: expect.objectContaining({
    results: letters.split('').map((letter) => expect.objectContaining({ job_id: `job-${letter}` })),
  }),
});

const asc = (key: string): JsonObject => ({ key });
const desc = (key: string): JsonObject => ({ key, desc: true });

describe('a repeated sort key', () => {
  test.each([
    ['keeps its first direction', [desc('job_id'), asc('job_id')], 'dcba'],
    ['keeps its first place', [asc('total_tasks'), asc('remained_tasks'), desc('total_tasks')], 'bacd'],
    ['keeps its first place as the last', [desc('total_tasks'), desc('job_id'), asc('total_tasks')], 'dcba'],
    ['does so under two names', [desc('status'), asc('status'), desc('job_id')], 'dcba'],
  ])('%s', async (_, keys, due) => {
    expect(await list(keys)).toEqual(inOrder(due));
  });
});

describe('sort keys', () => {
  /** Keys without a value in any job: they order nothing. */
  const missing = (count: number): readonly JsonObject[] =>
    Array.from({ length: count }, (_, nth) => asc(`filter.missing${nth}`));

  test.each([
    ['32 with the id', [...missing(MAX_SORT_KEYS - 1), desc('job_id')]],
    ['31 and the id behind them', [...missing(MAX_SORT_KEYS - 2), desc('status')]],
  ])('are %s', async (_, keys) => {
    expect(await list(keys)).toEqual(inOrder('dcba'));
  });

  test('may be 32 beside the id', async () => {
    expect(await list(missing(MAX_SORT_KEYS))).toHaveProperty('response.results.length', 4);
  });

  test('must not be 33', async () => {
    expect(await list(missing(MAX_SORT_KEYS + 1))).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        code: 'ERROR_LIMIT_EXCEEDED',
        text: 'Limit exceeded. (limit = keys of query.sort, max = 32)',
      },
    });
  });
});

describe('a sort key without a field', () => {
  const LONG = 'x'.repeat(100);
  const lastCall = (): unknown => service.log.findLast(({ msg }) => msg === 'call');

  test('is named once and shortened in the log line of the call', async () => {
    await list([asc('task'), desc('status'), asc('task'), asc(LONG), asc('_id')]);
    expect(lastCall()).toMatchObject({
      status: 'OK',
      sort_keys_passed_over: ['task', `${LONG.slice(0, 63)}…`, '_id'],
    });
  });

  test('is named in the log line of a failed call', async () => {
    const domain_id = 'domain-parallel-lists';
    const filters = { a: [1, 2], b: [1, 2] };
    await service.insert([{ job_id: 'job-parallel', domain_id, filters }]);
    const keys = ['task', 'filter.a', 'filter.b'].map(asc);
    await service.call('list', { domain_id, query: { sort: { keys } } });
    expect(lastCall()).toMatchObject({
      status: 'INVALID_ARGUMENT',
      sort_keys_passed_over: ['task'],
    });
  });

  test('is named in the log line of an export', async () => {
    const request = { domain_id: DOMAIN, query: { sort: { key: 'task' } } };
    const text = await exportJobs(service.http, request, 'application/x-ndjson');
    expect(text.trim().split('\n')).toHaveLength(4);
    expect(lastCall()).toMatchObject({ status: 'OK', sort_keys_passed_over: ['task'] });
  });

  test.each([
    ['where all keys are fields', [asc('status')]],
    ['where there is no key', []],
  ])('is not named %s', async (_, keys) => {
    await list(keys);
    expect(lastCall()).not.toHaveProperty('sort_keys_passed_over');
  });
});

describe('an order through lists with elements of several kinds', () => {
  const MIXED = 'domain-mixed-lists00';
  const idsIn = (text: string) => text.match(/job-mixed-[a-d]/g);
  const REGEX = { k: 'job_id', v: '^(job|none)-', o: 'regex' };

  beforeAll(async () => {
    const lists = { a: [{ v: 3 }], b: [{ v: 2 }, 5, null], c: [5, { v: 1 }], d: [[{ v: 0 }], { v: 1 }] };
    const jobs = Object.entries(lists).map(([letter, list]) => ({
      job_id: `job-mixed-${letter}`,
      filters: { list },
    }));
    await service.insert(jobs.map((job) => ({ ...job, domain_id: MIXED, created_at: new Date(0) })));
  });

  describe.each([
    ['filters.list.v', [asc('filters.list.v')]],
    ['filters.list.0.v', [asc('filters.list.0.v')]],
    ['filters.list.1', [desc('filters.list.1')]],
    ['filters.list.v behind status', [asc('status'), asc('filters.list.v')]],
  ])('by %s', (_, keys) => {
    const query = { sort: { keys } };
    const ordered = async () => idsIn(JSON.stringify(await service.list(MIXED, query)));

    test.each<[string, JsonObject]>([
      ['one field', { only: ['job_id'] }],
      ['the list', { only: ['job_id', 'filters.list.v'] }],
      ['one field, where an expression matches', { only: ['job_id'], filter: [REGEX] }],
      ['one field in a page', { only: ['job_id'], page: { limit: 9 } }],
    ])('is the same with %s', async (_way, more) => {
      const answer = await service.list(MIXED, { ...query, ...more });
      expect(idsIn(JSON.stringify(answer))).toEqual(await ordered());
    });

    test.each(['application/x-ndjson', 'text/csv'])('is the same as %s', async (type) => {
      const request = { domain_id: MIXED, query: { ...query, only: ['job_id'] } };
      const exported = await exportJobs(service.http, request, type);
      expect(idsIn(exported)).toEqual(await ordered());
    });
  });
});
