// Fairness between domains under long stats, within a domain under slow counts, and in memory for collectors.
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';
import type { Outcome } from '../harness/client.js';
import { startService } from '../harness/service.js';
import { MONITORED, useCommands, useService } from '../harness/use-service.js';
import { insertSlowJob, noneRunning, running, runningSoon, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';

const DATABASE = 'fairness';
const STATS = 6;
/** Database connections for stats, and as many for everything else. */
const STAT_CONNECTIONS = 2;
/** A domain slow to count: every condition searches its text in vain from each offset. */
const COUNTED_DOMAIN = 'domain-counted00000';
const COUNTED_JOBS = 5000;
const SLOW_COUNT: JsonObject = {
  domain_id: COUNTED_DOMAIN,
  query: {
    filter: Array.from({ length: 100 }, () => ({ k: 'filter.text', v: 'xxxxxxxxyx', o: 'not_contain' })),
    count_only: true,
  },
};
/** More calls than the short calls a domain may run at once. */
const CONCURRENT_COUNTS = 90;
const GET = { domain_id: 'domain-3f1c9a7b2e40', job_id: 'job-ebd1af51271a' };

/** Operations of stats and counts. A get just answered may still be active in MongoDB. */
const AGGREGATIONS = { 'command.aggregate': 'job' };

const service = useService(DATABASE, {}, { mongo: { maxPoolSize: STAT_CONNECTIONS } });

beforeAll(async () => {
  await insertSlowJob(service.db);
  const jobs = Array.from({ length: COUNTED_JOBS }, (_, nth) => ({
    job_id: `job-${nth}`,
    domain_id: COUNTED_DOMAIN,
    filters: { text: `${'x'.repeat(100)}y` },
  }));
  await service.insert(jobs);
});

test('more long stats than connections do not delay a get and end at their deadline', async () => {
  const deadline = Date.now() + 2000;
  const stats = Array.from({ length: STATS }, (_, nth) =>
    service.call('stat', slowStat(4, `rows${nth}`), { deadline }),
  );
  await runningSoon(service.client, DATABASE, STAT_CONNECTIONS);
  expect(await service.call('get', GET, { deadline })).toHaveProperty('response.job_id', GET.job_id);
  expect(await running(service.client, DATABASE, AGGREGATIONS)).toBe(STAT_CONNECTIONS);
  const statuses = (await Promise.all(stats)).map((outcome) => 'error' in outcome && outcome.error.status);
  expect(new Set(statuses)).toEqual(new Set(['DEADLINE_EXCEEDED']));
  await noneRunning(service.client, DATABASE, 2000);
  expect(service.faults).toEqual([]);
});

const COLLECTORS = 'domain-collectors00';
const LARGE_COLLECTORS = 'domain-collectors01';
/** Size of a collector. */
const COLLECTOR_BYTES = 10_000;

/** Builds a stat reading the collectors of `domain_id`; a distinct name makes a distinct stat. */
const byCollector = (domain_id: string, name: string): JsonObject => ({
  domain_id,
  query: {
    aggregate: [
      {
        group: {
          keys: [{ key: 'collector.plugin_info', name }],
          fields: [{ name: 'jobs', operator: 'count' }],
        },
      },
    ],
    page: { limit: 10 },
  },
});

describe('stats over collectors', () => {
  const all = useService('fairness-collectors', {}, MONITORED);
  const commands = useCommands(all);

  beforeAll(async () => {
    const collectors = (domain_id: string, count: number) =>
      Array.from({ length: count }, (_, nth) => ({
        _id: new ObjectId(),
        collector_id: `collector-${domain_id}-${nth}`,
        domain_id,
        plugin_info: { version: `1.${nth}`, text: 'x'.repeat(COLLECTOR_BYTES) },
      }));
    const large = collectors(LARGE_COLLECTORS, 2000);
    const referring = large.map(({ _id }, nth) => ({
      job_id: `job-of-large-${nth}`,
      domain_id: LARGE_COLLECTORS,
      collector: _id,
    }));
    const one = { job_id: 'job-of-collectors', domain_id: COLLECTORS };
    await all.insert([...referring, one], [...collectors(COLLECTORS, 100), ...large]);
  });

  const collectorReads = (): number => commands.filter(({ find }) => find === 'collector').length;

  test('read collectors only while running, within the shared memory budget', async () => {
    const running: number[] = [];
    all.onCommand(({ find }) => {
      running.push(...(find === 'collector' ? [all.usage().schedulers.stats.running] : []));
    });
    const stats = Array.from({ length: 40 }, (_, nth) =>
      all.call('stat', byCollector(COLLECTORS, `by${nth}`)),
    );
    await until('collectors are read', () => all.taken() > 100 * COLLECTOR_BYTES, 5000);
    expect(all.usage().schedulers.stats.running).toBe(15);
    expect(new Set((await Promise.all(stats)).map((outcome) => 'response' in outcome))).toEqual(
      new Set([true]),
    );
    expect(running).toHaveLength(40);
    expect(Math.min(...running)).toBeGreaterThan(0);
    expect(Math.max(...running)).toBeLessThanOrEqual(15);
    await until('all memory is released', () => all.taken() === 0, 2000);
  });

  test('share one read of collectors between equal stats', async () => {
    const stats = Array.from({ length: 40 }, () => all.call('stat', byCollector(COLLECTORS, 'same')));
    const outcomes = await Promise.all(stats);
    expect(outcomes).toEqual(stats.map(() => outcomes[0]));
    expect(outcomes[0]).toHaveProperty('response.total_count', 1);
    expect(collectorReads()).toBeLessThan(10);
  });

  test.each<readonly [string, JsonObject]>([
    ['a group', byCollector(LARGE_COLLECTORS, 'by')],
    ['distinct values', { domain_id: LARGE_COLLECTORS, query: { distinct: 'collector.plugin_info' } }],
  ])('are rejected for %s if the collectors exceed one query', async (_, request) => {
    expect(await all.call('stat', request)).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        code: 'ERROR_LIMIT_EXCEEDED',
        text: expect.stringContaining('collectors'),
      },
    });
    expect(all.faults).toEqual([]);
    await until('all memory is released', () => all.taken() === 0, 2000);
  });

  test('are rejected while the shared memory budget is exhausted', async () => {
    const tight = await startService('fairness-tight', {}, { memory: createMemoryBudget(1_000_000) });
    const collectors = Array.from({ length: 30 }, (_, nth) => ({
      collector_id: `collector-${nth}`,
      domain_id: COLLECTORS,
      plugin_info: 'x'.repeat(COLLECTOR_BYTES),
    }));
    await tight.insert([], collectors);
    expect(await tight.call('stat', byCollector(COLLECTORS, 'by'))).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        text: expect.stringContaining('bytes of all requests and answers'),
      },
    });
    await tight.stop();
  });
});

test('calls sharing one count do not delay another call of their domain', async () => {
  const ends: string[] = [];
  const recordEnd = async (name: string, call: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await call;
    ends.push(name);
    return outcome;
  };
  const counts = Array.from({ length: CONCURRENT_COUNTS }, () =>
    recordEnd('count', service.call('list', SLOW_COUNT)),
  );
  await runningSoon(service.client, DATABASE, 1);
  const get = recordEnd('get', service.call('get', { domain_id: COUNTED_DOMAIN, job_id: 'job-7' }));
  expect(await get).toHaveProperty('response.job_id', 'job-7');
  expect(await running(service.client, DATABASE, AGGREGATIONS)).toBe(1);
  const answered = await Promise.all(counts);
  expect(answered).toEqual(counts.map(() => ({ response: { total_count: COUNTED_JOBS } })));
  expect(ends[0]).toBe('get');
  expect(service.faults).toEqual([]);
});
