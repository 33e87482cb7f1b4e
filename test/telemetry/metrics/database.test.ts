// The metrics of the database: each operation, each failure and each pool moves its own series.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { jsonClient } from '../../harness/client.js';
import type { JsonClient } from '../../harness/client.js';
import { callHttp, post, routeOf } from '../../harness/http-client.js';
import { moved, scrape } from '../../harness/metrics.js';
import { startMongod } from '../../harness/mongod.js';
import type { OwnMongod } from '../../harness/mongod.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { insertSlowJob, noneRunning, running, runningSoon, slowStat } from '../../harness/slow.js';
import { until } from '../../harness/until.js';

const DATABASE = 'metrics-database';
const DOMAIN = 'domain-3f1c9a7b2e40';
const PAGE = { domain_id: DOMAIN, query: { page: { limit: 3 } } };
/** The wall clock of the service, behind that of the database. */
const BEHIND_MS = 5000;

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  const mongo = { maxPoolSize: 2, waitQueueTimeoutMS: 500 };
  const behind = (): number => Date.now() - BEHIND_MS;
  service = await startService(DATABASE, { adminPort: 0 }, { mongo }, behind);
  await insertSlowJob(service.db);
  client = jsonClient(service.address);
});
afterAll(async () => {
  client.close();
  await service.stop();
});

/** The series of an operation's durations: its number. */
function operation(name: string, collection: string, code = '', type = code): string {
  const named = collection === '' ? '' : `db_collection_name="${collection}",`;
  const status = code === '' ? '' : `db_response_status_code="${code}",`;
  const error = type === '' ? '' : `,error_type="${type}"`;
  return `db_client_operation_duration_seconds_count{${named}db_namespace="${DATABASE}",db_operation_name="${name}",${status}db_system_name="mongodb"${error}}`;
}

const ofPool = (name: string, pool: string): string =>
  `db_client_connection_${name}{db_client_connection_pool_name="${pool}"}`;
const inState = (pool: string, state: string): string =>
  `db_client_connection_count{db_client_connection_pool_name="${pool}",db_client_connection_state="${state}"}`;

const stat = (name: string, timeoutMs: number) => client.call('stat', slowStat(4, name), { timeoutMs });

interface Row {
  readonly cause: string;
  readonly begin: () => Promise<unknown>;
  readonly moves: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    cause: 'a list',
    begin: () => client.call('list', PAGE),
    moves: [
      operation('find', 'job'),
      operation('find', 'collector'),
      ofPool('wait_time_seconds_count', 'reads'),
    ],
  },
  {
    cause: 'a stat',
    begin: () => client.call('stat', slowStat(2)),
    moves: [operation('aggregate', 'job'), ofPool('wait_time_seconds_count', 'stats')],
  },
  {
    cause: 'an export of many jobs',
    begin: async () =>
      (
        await post(service.http, routeOf('list'), JSON.stringify({ domain_id: DOMAIN }), {
          accept: 'application/x-ndjson',
        })
      ).text(),
    moves: [operation('getMore', 'job')],
  },
  {
    cause: 'a stat by a field of collectors',
    begin: () =>
      client.call('list', {
        domain_id: DOMAIN,
        query: { filter: [{ k: 'collector.provider', v: 'aws', o: 'eq' }], page: { limit: 1 } },
      }),
    moves: [operation('aggregate', 'collector')],
  },
  {
    cause: 'a delete',
    begin: () => client.call('delete', { domain_id: DOMAIN, job_id: 'job-none' }),
    moves: [operation('delete', 'job')],
  },
  {
    cause: 'a stat that MongoDB ends at its time',
    begin: () => callHttp(service.http, 'stat', slowStat(4, 'late'), { 'grpc-timeout': '1S' }),
    moves: [operation('aggregate', 'job', '50')],
  },
  {
    cause: 'a stat that its client leaves',
    begin: () => client.call('stat', slowStat(4, 'left'), { signal: AbortSignal.timeout(500) }),
    moves: [operation('aggregate', 'job', '11601'), operation('killSessions', '')],
  },
  {
    cause: 'a stat that MongoDB refuses',
    begin: () =>
      client.call('stat', {
        domain_id: DOMAIN,
        query: {
          aggregate: [
            { group: { keys: [], fields: [{ name: 'all', key: 'job_id', operator: 'merge_objects' }] } },
          ],
        },
      }),
    moves: [operation('aggregate', 'job', '_OTHER')],
  },
  {
    cause: 'a look at the indexes',
    begin: () => service.lookAtIndexes(),
    moves: [operation('listIndexes', ''), operation('_OTHER', '')],
  },
  {
    cause: 'stats beyond the connections',
    begin: () => Promise.all(['a', 'b', 'c', 'd'].map((name) => stat(name, 2000))),
    moves: [ofPool('timeouts_total', 'stats')],
  },
];

test.each(ROWS)('$cause moves its series', async ({ begin, moves }) => {
  const expected = Object.fromEntries(moves.map((series) => [series, 1]));
  const before = await scrape(service.admin);
  await begin();
  const found = await moved(service.admin, before, expected);
  expect(Object.entries(found).filter(([, by]) => by < 1)).toEqual([]);
});

test('connections are idle or used, and operations wait for them', async () => {
  const stats = Array.from({ length: 3 }, (_, nth) => stat(`pool${nth}`, 2000));
  await runningSoon(service.client, DATABASE, 2);
  const now = await scrape(service.admin);
  expect(now.get(inState('stats', 'used'))).toBe(2);
  expect(now.get(ofPool('max', 'stats'))).toBe(2);
  expect(now.get(ofPool('pending_requests', 'stats'))).toBe(1);
  // The driver does not tell of a wait that its caller ends.
  await client.call('stat', slowStat(2, 'gone'), { signal: AbortSignal.timeout(100) });
  await Promise.all(stats);
  await noneRunning(service.client, DATABASE, 2000);
  await until(
    'the connections are idle',
    async () => {
      const later = await scrape(service.admin);
      const names = [inState('stats', 'used'), ofPool('pending_requests', 'stats')];
      return names.every((name) => later.get(name) === 0) && later.get(inState('stats', 'idle')) === 2;
    },
    3000,
  );
  expect(await running(service.client, DATABASE)).toBe(0);
});

test("the skew is the database's clock minus that of the service", async () => {
  const skew = (await scrape(service.admin)).get('inventory_job_database_clock_skew_seconds');
  expect(skew).toBeGreaterThan(BEHIND_MS / 1000 - 1);
  expect(skew).toBeLessThan(BEHIND_MS / 1000 + 1);
});

describe('when the database goes away', () => {
  const AWAY = 'metrics-away';
  let mongod: OwnMongod;
  let mongo: MongoClient;
  let own: Service;

  beforeAll(async () => {
    mongod = await startMongod([]);
    const uri = `mongodb://${mongod.host}/`;
    mongo = new MongoClient(uri);
    await insertSlowJob(mongo.db(AWAY));
    own = await startService(AWAY, { adminPort: 0, mongodbUri: uri });
  });
  afterAll(async () => {
    await own.stop();
    await mongo.close();
    await mongod.stop();
  });

  test('its operations fail by the network, and the reason for not serving is there', async () => {
    const before = await scrape(own.admin);
    const reason = 'inventory_job_not_serving_reason{reason="unreachable"}';
    expect([before.get('inventory_job_serving'), before.get(reason)]).toEqual([1, 0]);
    const caller = jsonClient(own.address);
    const ended = caller.call('stat', slowStat(4));
    await runningSoon(mongo, AWAY, 1);
    await mongod.stop();
    await ended;
    caller.close();
    const failed = operation('aggregate', 'job', '', 'network').replace(DATABASE, AWAY);
    const expected = { [failed]: 1, [reason]: 1 };
    const found = await moved(own.admin, before, expected, 10_000);
    expect(found[failed]).toBeGreaterThanOrEqual(1);
    const now = await scrape(own.admin);
    expect([now.get('inventory_job_serving'), now.get(reason)]).toEqual([0, 1]);
    const readyz = await (await fetch(`http://${own.admin}/readyz`)).text();
    expect(readyz).toMatch(/^not serving: unreachable: /);
    expect(own.log.map(({ reason: logged }) => logged).filter(Boolean)).toEqual(['unreachable']);
  });
});
