// The service's own metrics of limits and of work in the database: each is moved by what causes it.
import { setMaxListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { appError, notServing } from '../../../src/errors.js';
import { CLASSES, createFairScheduler } from '../../../src/limits/fair-scheduler.js';
import { measureKills } from '../../../src/start/register-metrics.js';
import { jsonClient } from '../../harness/client.js';
import type { JsonClient } from '../../harness/client.js';
import { callHttp, post, routeOf } from '../../harness/http-client.js';
import { moved, scrape } from '../../harness/metrics.js';
import { mongodbUri, startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { insertSlowJob, noneRunning, slowStat, startOrphan } from '../../harness/slow.js';
import { until } from '../../harness/until.js';

const DATABASE = 'metrics-own';
const DOMAIN = 'domain-3f1c9a7b2e40';
/** A domain whose collectors no other test reads. */
const ELSEWHERE = 'domain-b84e06d1c5f2';
const JOBS = 2201;
const TIED = 'domain-tied';
const MONGO = { maxPoolSize: 1 };

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService(DATABASE, { adminPort: 0 }, { mongo: MONGO });
  await insertSlowJob(service.db);
  const tied = Array.from({ length: 5 }, (_, nth) => ({
    job_id: `job-tied-${nth}`,
    domain_id: TIED,
    finished_at: new Date(0),
  }));
  await service.db.collection('job').insertMany(tied);
  client = jsonClient(service.address);
});
afterAll(async () => {
  client.close();
  await service.stop();
});

const list = (domain_id: string, query: JsonObject) => client.call('list', { domain_id, query });
const lists = (count: number, query: JsonObject) =>
  Promise.all(Array.from({ length: count }, () => list(DOMAIN, query)));
const exported = async (accept: string) =>
  (await post(service.http, routeOf('list'), JSON.stringify({ domain_id: DOMAIN }), { accept })).text();

const coalesced = (kind: string, how: string): string =>
  `inventory_job_coalesced_total{how="${how}",kind="${kind}"}`;
const killed = (why: string): string => `inventory_job_killed_operations_total{why="${why}"}`;
const ofClass = (name: string, of: string, more = ''): string =>
  `inventory_job_scheduler_${name}{class="${of}"${more}}`;

interface Row {
  readonly cause: string;
  readonly begin: () => Promise<unknown>;
  /** The least movement of each series. */
  readonly moves: Readonly<Record<string, number>>;
}

const TEXT_FILTER = [{ k: 'job_id', v: 'zz', o: 'contain' }];

const ROWS: readonly Row[] = [
  {
    cause: 'an export as NDJSON',
    begin: () => exported('application/x-ndjson'),
    moves: { 'inventory_job_exported_rows_total{format="ndjson"}': JOBS },
  },
  {
    cause: 'an export as CSV',
    begin: () => exported('text/csv'),
    moves: { 'inventory_job_exported_rows_total{format="csv"}': JOBS },
  },
  {
    cause: 'a second list within the second of the cache',
    begin: async () => {
      await list(ELSEWHERE, { page: { limit: 3 } });
      await list(ELSEWHERE, { page: { limit: 3 } });
    },
    moves: {
      'inventory_job_collector_cache_total{result="miss"}': 1,
      'inventory_job_collector_cache_total{result="hit"}': 1,
    },
  },
  {
    cause: 'a page that cuts jobs of one date',
    begin: () => list(TIED, { sort: { key: 'finished_at' }, page: { limit: 2 } }),
    moves: { inventory_job_tie_reads_total: 1 },
  },
  {
    cause: 'equal stats at one time',
    begin: () => Promise.all(Array.from({ length: 5 }, () => client.call('stat', slowStat(2, 'equal')))),
    moves: { [coalesced('stat', 'led')]: 1, [coalesced('stat', 'joined')]: 1 },
  },
  {
    cause: 'equal counts at one time',
    begin: () => lists(20, { count_only: true }),
    moves: { [coalesced('count', 'led')]: 1, [coalesced('count', 'joined')]: 1 },
  },
  {
    cause: 'equal searches for text at one time',
    begin: () => lists(20, { filter: TEXT_FILTER, page: { limit: 1 } }),
    moves: { [coalesced('last_write', 'led')]: 1, [coalesced('scan', 'led')]: 1 },
  },
  {
    cause: 'a stat left by its client',
    begin: () => client.call('stat', slowStat(4, 'left'), { signal: AbortSignal.timeout(400) }),
    moves: { [killed('client')]: 1, inventory_job_kill_seconds_count: 1 },
  },
  {
    cause: 'a stat that waits for a connection until its deadline',
    begin: () =>
      Promise.all(
        ['first', 'second'].map((name) =>
          callHttp(service.http, 'stat', slowStat(4, name), { 'grpc-timeout': '1S' }),
        ),
      ),
    moves: { [killed('deadline')]: 1 },
  },
];

test.each(ROWS)('$cause moves its series', async ({ begin, moves }) => {
  const before = await scrape(service.admin);
  await begin();
  const found = await moved(service.admin, before, moves);
  expect(Object.entries(moves).filter(([series, by]) => (found[series] ?? NaN) < by)).toEqual([]);
});

test.each([
  ['deadline', appError('REQUEST_TIMEOUT', {})],
  ['client', appError('REQUEST_CANCELLED', {})],
  ['not_serving', notServing('unreachable')],
  ['needless', new Error('the scope of this work has ended')],
] as const)('an operation is counted as killed for %s once, at its first kill', async (why, reason) => {
  const counted: unknown[] = [];
  const meter = {
    add: (...event: readonly unknown[]) => void counted.push(event),
    observe: (name: string) => void counted.push(name),
  };
  const kill = measureKills(
    () => Promise.resolve(),
    meter,
    () => 0,
  );
  const { id } = service.client.startSession();
  if (id === undefined) throw new Error('a session has an id');
  await kill(id, reason);
  await kill(id);
  expect(counted).toEqual([['inventory_job_killed_operations_total', { why }], 'inventory_job_kill_seconds']);
});

describe('the scheduler', () => {
  /** More stats of a domain than may run and wait. */
  const STATS = 230;

  test('shows its limits', async () => {
    const now = await scrape(service.admin);
    const shown = Object.keys(CLASSES).map((name) =>
      ['running', 'waiting'].map((kind) => now.get(ofClass('limit', name, `,kind="${kind}"`))),
    );
    const limits = Object.values(CLASSES).map(({ concurrency, waiting }) => [concurrency, waiting]);
    expect(shown).toEqual(limits);
  });

  test('shows running and waiting work, and counts what its full queue refuses', async () => {
    const before = await scrape(service.admin);
    const leave = new AbortController();
    setMaxListeners(0, leave.signal);
    const stats = Array.from({ length: STATS }, (_, nth) =>
      client.call('stat', slowStat(4, `queued${nth}`), { signal: leave.signal }),
    );
    const refused = ofClass('refused_total', 'stats', ',why="domain_full"');
    const found = await moved(service.admin, before, { [refused]: STATS - 215 }, 10_000);
    const now = await scrape(service.admin);
    leave.abort();
    await Promise.all(stats);
    await noneRunning(service.client, DATABASE, 10_000);
    expect(found[refused]).toBe(STATS - 215);
    expect(now.get(ofClass('running', 'stats'))).toBe(15);
    expect(now.get(ofClass('waiting', 'stats'))).toBe(200);
    const isIdle = async (): Promise<boolean> => {
      const after = await scrape(service.admin);
      return ['running', 'waiting'].every((kind) => after.get(ofClass(kind, 'stats')) === 0);
    };
    await until('the scheduler shows no more work', isIdle, 10_000);
  });

  test('times work that waited, and that which did not', async () => {
    const before = await scrape(service.admin);
    const stats = Array.from({ length: 20 }, (_, nth) => client.call('stat', slowStat(2, `timed${nth}`)));
    await Promise.all(stats);
    const after = await scrape(service.admin);
    const by = (series: string): number => (after.get(series) ?? NaN) - (before.get(series) ?? NaN);
    expect(by(ofClass('wait_seconds_count', 'stats'))).toBe(20);
    expect(by(ofClass('wait_seconds_sum', 'stats'))).toBeGreaterThan(0);
  });

  test('tells a full class from a full domain', async () => {
    const refused: string[] = [];
    const observer = {
      monotonicNow: () => 0,
      began: () => undefined,
      refused: (why: string) => void refused.push(why),
    };
    const acquire = createFairScheduler({ concurrency: 1, waiting: 2 }, observer);
    const { signal } = new AbortController();
    const [running] = await Promise.all([acquire('a', signal)]);
    const waiting = acquire('a', signal);
    await expect(acquire('a', signal)).rejects.toThrow('LIMIT_EXCEEDED');
    const other = acquire('b', signal);
    await expect(acquire('c', signal)).rejects.toThrow('LIMIT_EXCEEDED');
    expect(refused).toEqual(['domain_full', 'class_full']);
    running[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    (await other)[Symbol.dispose]();
  });
});

describe('an index', () => {
  const NAME = 'domain_id_1_status_1_created_at_-1_job_id_-1';
  const present = `inventory_job_index_present{index="${NAME}"}`;

  test('is absent once a check has missed it, and present again after', async () => {
    const seen: unknown[] = [(await scrape(service.admin)).get(present)];
    await service.db.collection('job').dropIndex(NAME);
    await service.lookAtIndexes();
    seen.push((await scrape(service.admin)).get(present));
    await service.db.collection('job').createIndex({ domain_id: 1, status: 1, created_at: -1, job_id: -1 });
    await service.lookAtIndexes();
    const last = await scrape(service.admin);
    seen.push(last.get(present));
    expect(seen).toEqual([1, 0, 1]);
    expect(last.get('inventory_job_index_check_age_seconds')).toBeLessThan(5);
  });
});

describe('an operation past its time', () => {
  const OWN = 'metrics-orphans';
  let short: Service;

  beforeAll(async () => {
    short = await startService(OWN, { adminPort: 0, defaultTimeoutMs: 300, maxTimeoutMs: 300 });
    await insertSlowJob(short.db);
  });
  afterAll(() => short.stop());

  test('is an orphan until it ends, and there is none at rest', async () => {
    const orphans = async () => (await scrape(short.admin)).get('inventory_job_orphan_operations');
    expect(await orphans()).toBe(0);
    await using orphan = await startOrphan(mongodbUri(), OWN);
    await until('the orphan is seen', async () => (await orphans()) === 1, 15_000, 500);
    await orphan.end();
    await until('there is none', async () => (await orphans()) === 0, 15_000, 500);
  }, 45_000);
});
