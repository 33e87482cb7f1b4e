// The metrics of calls: each transport and each end of a call moves its own series, and no value of a caller is in any.
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jsonClient } from '../../harness/client.js';
import type { JsonClient } from '../../harness/client.js';
import { framed } from '../../harness/frames.js';
import { post, routeOf } from '../../harness/http-client.js';
import { fetchScrape, moved, parseScrape, scrape } from '../../harness/metrics.js';
import { pathOf, requestBytes } from '../../harness/messages.js';
import { callRaw } from '../../harness/raw-grpc.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { insertSlowJob, slowStat } from '../../harness/slow.js';
import { sendBy, TRANSPORTS } from '../../harness/transports.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const JOB = { domain_id: DOMAIN, job_id: 'job-ebd1af51271a' };
const PAGE: JsonObject = { domain_id: DOMAIN, query: { page: { limit: 3 } } };
const LARGE: JsonObject = { domain_id: DOMAIN, query: { page: { limit: 2000 } } };
const BAD: JsonObject = { domain_id: DOMAIN, query: { filter: [{ k: 'status', v: 1, o: 'in' }] } };

let service: Service;
let client: JsonClient;
/** The service with low limits. */
let limited: Service;
let limitedClient: JsonClient;

beforeAll(async () => {
  service = await startService('metrics-calls', { adminPort: 0 });
  const limits = { maxPageSize: 2000, maxResponseBytes: 200_000 };
  limited = await startService('metrics-limits', { adminPort: 0, ...limits });
  limitedClient = jsonClient(limited.address);
  await insertSlowJob(service.db);
  client = jsonClient(service.address);
});
afterAll(async () => {
  client.close();
  limitedClient.close();
  await Promise.all([service.stop(), limited.stop()]);
});

/** The series of gRPC for a call of `method` that ends with a status, by its names of Go and of OpenTelemetry. */
function grpcSeries(method: string, code: string, status: string, errorType = ''): Record<string, number> {
  const own = `grpc_method="${method}",grpc_service="spaceone.api.inventory.v1.Job",grpc_type="unary"`;
  const type = errorType === '' ? '' : `error_type="${errorType}",`;
  const rpc = `rpc_method="spaceone.api.inventory.v1.Job/${method}",rpc_status_code="${status}",rpc_system_name="grpc"`;
  return {
    [`grpc_server_started_total{${own}}`]: 1,
    [`grpc_server_handled_total{grpc_code="${code}",${own}}`]: 1,
    [`grpc_server_handling_seconds_count{${own}}`]: 1,
    [`rpc_server_call_duration_seconds_count{${type}${rpc}}`]: 1,
  };
}

const httpSeries = (transport: string, method: string, status: string): Record<string, number> => ({
  [`inventory_job_calls_total{method="${method}",status="${status}",transport="${transport}"}`]: 1,
  [`inventory_job_call_duration_seconds_count{method="${method}",transport="${transport}"}`]: 1,
});

const answer = (method: string): Record<string, number> => ({
  [`inventory_job_answer_bytes_count{method="${method}"}`]: 1,
});

const limit = (kind: string): Record<string, number> => ({
  [`inventory_job_limits_hit_total{limit="${kind}"}`]: 1,
});

interface Row {
  readonly cause: string;
  readonly begin: () => Promise<unknown>;
  readonly moves: Readonly<Record<string, number>>;
}

const exported = async (accept: string): Promise<string> =>
  (await post(service.http, routeOf('list'), JSON.stringify({ domain_id: DOMAIN }), { accept })).text();

const ROWS: readonly Row[] = [
  {
    cause: 'a get over gRPC',
    begin: () => client.call('get', JOB),
    moves: { ...grpcSeries('get', 'OK', 'OK'), ...answer('get') },
  },
  {
    cause: 'a list over gRPC',
    begin: () => client.call('list', PAGE),
    moves: { ...grpcSeries('list', 'OK', 'OK'), ...answer('list') },
  },
  {
    cause: 'a get of no job',
    begin: () => client.call('get', { ...JOB, job_id: 'job-none' }),
    moves: grpcSeries('get', 'NotFound', 'NOT_FOUND'),
  },
  {
    cause: 'a list with a wrong filter',
    begin: () => client.call('list', BAD),
    moves: grpcSeries('list', 'InvalidArgument', 'INVALID_ARGUMENT'),
  },
  {
    cause: 'a delete of no job',
    begin: () => client.call('delete', { ...JOB, job_id: 'job-none' }),
    moves: grpcSeries('delete', 'NotFound', 'NOT_FOUND'),
  },
  {
    // A client that ends the call at the deadline itself may be earlier than the service.
    cause: 'a slow stat at its deadline',
    begin: () =>
      callRaw(service.address, pathOf('stat'), framed(requestBytes('stat', slowStat(4))), {
        'grpc-timeout': '300m',
      }),
    moves: grpcSeries('stat', 'DeadlineExceeded', 'DEADLINE_EXCEEDED', 'DEADLINE_EXCEEDED'),
  },
  {
    cause: 'a cancelled stat',
    begin: () => client.call('stat', slowStat(4), { signal: AbortSignal.timeout(300) }),
    moves: grpcSeries('stat', 'Canceled', 'CANCELLED'),
  },
  {
    cause: 'a list as JSON',
    begin: () => sendBy(TRANSPORTS.HTTP, service.http, 'list', Buffer.from(JSON.stringify(PAGE))),
    moves: { ...httpSeries('json', 'list', 'OK'), ...answer('list') },
  },
  {
    cause: 'a wrong list as JSON',
    begin: () => sendBy(TRANSPORTS.HTTP, service.http, 'list', Buffer.from(JSON.stringify(BAD))),
    moves: httpSeries('json', 'list', 'INVALID_ARGUMENT'),
  },
  {
    cause: 'a get by Connect',
    begin: () => sendBy(TRANSPORTS['Connect with protobuf'], service.http, 'get', requestBytes('get', JOB)),
    moves: { ...httpSeries('connect', 'get', 'OK'), ...answer('get') },
  },
  {
    cause: 'a get by gRPC-Web',
    begin: () => sendBy(TRANSPORTS['gRPC-Web'], service.http, 'get', requestBytes('get', JOB)),
    moves: { ...httpSeries('grpc_web', 'get', 'OK'), ...answer('get') },
  },
  {
    cause: 'an export as CSV',
    begin: () => exported('text/csv'),
    moves: { ...httpSeries('export', 'list', 'OK'), ...answer('export') },
  },
];

const LIMITED: readonly Row[] = [
  {
    cause: 'a page over MAX_PAGE_SIZE',
    begin: () => limitedClient.call('list', { domain_id: DOMAIN, query: { page: { limit: 2001 } } }),
    moves: { ...grpcSeries('list', 'ResourceExhausted', 'RESOURCE_EXHAUSTED'), ...limit('page_size') },
  },
  {
    cause: 'an answer over MAX_RESPONSE_BYTES',
    begin: () => limitedClient.call('list', LARGE),
    moves: limit('answer_bytes'),
  },
  {
    cause: 'a filter with too many conditions',
    begin: () =>
      limitedClient.call('list', {
        domain_id: DOMAIN,
        query: { filter: Array.from({ length: 5000 }, () => ({ k: 'status', v: 'SUCCESS', o: 'eq' })) },
      }),
    moves: limit('request'),
  },
];

test.each(ROWS)('$cause moves its series', async ({ begin, moves }) => {
  const before = await scrape(service.admin);
  await begin();
  expect(await moved(service.admin, before, moves)).toEqual(moves);
});

test.each(LIMITED)('$cause moves the series of its limit', async ({ begin, moves }) => {
  const before = await scrape(limited.admin);
  await begin();
  expect(await moved(limited.admin, before, moves)).toEqual(moves);
});

test('a call that is refused before it has an rpc is no call', async () => {
  const before = await scrape(service.admin);
  await post(service.http, '/inventory/v1/job/other', '{}');
  await post(service.http, routeOf('list'), 'x', { 'content-type': 'text/plain' });
  const after = await scrape(service.admin);
  const calls = (all: ReadonlyMap<string, number>): number =>
    [...all].reduce(
      (sum, [name, value]) => sum + (name.startsWith('inventory_job_calls_total') ? value : 0),
      0,
    );
  expect(calls(after)).toBe(calls(before));
});

describe('after odd requests', () => {
  const MARK = 'planted-by-a-caller';
  const odd = (nth: number): JsonObject => ({
    domain_id: `${MARK}-${nth}`,
    query: { filter: [{ k: `${MARK}.${nth}`, v: MARK, o: pickOperator(nth) }], page: { limit: nth } },
  });
  const OPERATORS = ['eq', 'contain', 'regex', 'in', MARK, 'datetime_gt'];
  const pickOperator = (nth: number): string => OPERATORS[nth % OPERATORS.length] ?? '';
  const headers = { 'x-request-id': MARK, token: MARK, host: 'localhost', 'x-forwarded-for': MARK };

  async function sendAll(): Promise<void> {
    for (let nth = 0; nth < 60; nth++) {
      await client.call('list', odd(nth), { headers: { 'x-request-id': MARK, token: MARK } });
      await post(service.http, routeOf('list'), JSON.stringify(odd(nth)), headers);
      await post(service.http, `/inventory/v1/job/${MARK}-${nth}`, '{}', headers);
      await post(service.http, routeOf('get'), MARK.repeat(nth), headers);
      await client.send('stat', Buffer.from(MARK.slice(nth % MARK.length)));
    }
  }

  test('a scrape has fewer than 2,000 series, the same as before, and nothing of a caller', async () => {
    const before = await scrape(service.admin);
    await sendAll();
    const text = await fetchScrape(service.admin);
    const after = parseScrape(text).flatMap(({ samples }) => samples);
    expect(after.length).toBeLessThan(2000);
    expect(after.length).toBe(before.size);
    expect(text).not.toContain(MARK);
    expect(text).not.toContain(DOMAIN);
  });
});
