// The log line of a call: who called, from where, over which transport, under which id (docs/monitor.md «Log»).
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { readKeySet } from '../../src/auth/keys.js';
import { RequestInfo } from '../../src/gen/google/rpc/error_details.js';
import { jsonClient } from '../harness/client.js';
import type { RpcName } from '../harness/client.js';
import { framed } from '../harness/frames.js';
import { encodeRequest } from '../harness/encoder.js';
import { callHttp, post, routeOf } from '../harness/http-client.js';
import { pathOf } from '../harness/messages.js';
import { callRaw } from '../harness/raw-grpc.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { startService } from '../harness/service.js';
import type { LogLine, Service } from '../harness/service.js';
import { access, pairOf, publicJwk, signed } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const USER = 'user@example.org';
const REQUEST = { domain_id: DOMAIN, query: { page: { limit: 2 } } };
const BYTES = encodeRequest('list', REQUEST);

let service: Service;
let open: Service;
let token: string;

beforeAll(async () => {
  const pair = await pairOf('RS256');
  const keys = await readKeySet(JSON.stringify({ keys: [await publicJwk(pair)] }));
  const keysOf = () => Promise.resolve(keys.get('') ?? []);
  token = await signed(access(DOMAIN), pair);
  service = await startService(
    'call_lines',
    {},
    { authenticate: createJwtAuthenticate({ keysOf, now: Date.now }) },
  );
  open = await startService('call_lines_open', { logQuietMethods: ['get'] });
});
afterAll(async () => {
  await service.stop();
  await open.stop();
});

type Headers = Readonly<Record<string, string>>;

/** The one line of a call on `of` with this request id. */
async function lineOf({ log }: Service, id: string): Promise<LogLine | undefined> {
  const find = (): LogLine | undefined => log.find((line) => line['request_id'] === id);
  await until('the call is logged', () => find() !== undefined, 5000);
  return find();
}

const grpc = (headers: Headers, of = service) =>
  callRaw(of.address, pathOf('list'), framed(BYTES), { token, ...headers });
const http = (path: string, type: string, body: Uint8Array | string, headers: Headers) =>
  post(service.http, path, body, { token, 'content-type': type, ...headers });

const TEXT = JSON.stringify(REQUEST);

test.each<readonly [string, (headers: Headers) => Promise<unknown>]>([
  ['grpc', (headers) => grpc(headers)],
  ['json', (headers) => http(routeOf('list'), 'application/json', TEXT, headers)],
  ['connect', (headers) => http(pathOf('list'), 'application/proto', BYTES, headers)],
  ['grpc_web', (headers) => http(pathOf('list'), 'application/grpc-web', framed(BYTES), headers)],
  [
    'export',
    async (headers) => {
      const accept = 'application/x-ndjson';
      const answer = await http(routeOf('list'), 'application/json', TEXT, { accept, ...headers });
      return answer.text();
    },
  ],
])('a call by %s is logged with its caller, its domain and its peer', async (transport, call) => {
  const id = `line-by-${transport}`;
  await call({ 'x-request-id': id });
  expect(await lineOf(service, id)).toMatchObject({
    ...{ rpc: 'list', transport, domain_id: DOMAIN, user: USER, status: 'OK' },
    peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
});

describe('the times of a call', () => {
  const BY_STATUS = {
    aggregate: [
      { group: { keys: [{ key: 'status', name: 'status' }], fields: [{ name: 'n', operator: 'count' }] } },
    ],
  };

  test.each<readonly [string, RpcName, JsonObject, object]>([
    ['a page', 'list', { query: { page: { limit: 2 } } }, { results: 2 }],
    ['a count', 'list', { query: { count_only: true } }, {}],
    ['a stat', 'stat', { query: BY_STATUS }, { results: expect.any(Number) }],
    ['a get', 'get', { job_id: 'job-39fc4a58d6de' }, {}],
  ])('are logged for %s', async (name, rpc, request, expected) => {
    const id = `times-of-${name.replace(' ', '-')}`;
    const headers = { token, 'x-request-id': id };
    await callHttp(service.http, rpc, { domain_id: DOMAIN, ...request }, headers);
    const { ms = 0, queued_ms: queued, db_ms: database, ...line } = (await lineOf(service, id)) ?? {};
    expect(line).toMatchObject({ status: 'OK', ...expected });
    expect(queued).toEqual(expect.any(Number));
    expect(Number(database)).toBeLessThanOrEqual(Number(ms) + 1);
  });

  /** Far below the time of a slow stat on a fast machine. */
  const LEAST_SLOW_MS = 10;

  test('are those of the database for each of two calls that share a slow stat', async () => {
    await insertSlowJob(open.db);
    const ids = ['shared-1', 'shared-2'];
    const sent = ids.map((id) => callHttp(open.http, 'stat', slowStat(3), { 'x-request-id': id }));
    await Promise.all(sent);
    const lines = await Promise.all(ids.map((id) => lineOf(open, id)));
    expect(lines.map((line) => Number(line?.['db_ms']) > LEAST_SLOW_MS)).toEqual([true, true]);
  });
});

test.each<readonly [string, Headers, string]>([
  ['x-request-id', { 'x-request-id': 'own-1' }, 'own-1'],
  ['the transaction id of SpaceONE', { transaction_id: 'tnx-2' }, 'tnx-2'],
  ['x-request-id before a transaction id', { 'x-request-id': 'own-3', transaction_id: 'tnx-3' }, 'own-3'],
  [
    'a transaction id in place of a malformed one',
    { 'x-request-id': 'a b', transaction_id: 'tnx-4' },
    'tnx-4',
  ],
])('the request id is %s', async (_, headers, id) => {
  await grpc(headers);
  expect(await lineOf(service, id)).toMatchObject({ rpc: 'list', transport: 'grpc' });
  await http(routeOf('list'), 'application/json', TEXT, headers);
  expect(service.log.filter((line) => line['request_id'] === id)).toHaveLength(2);
});

describe('an error', () => {
  const WRONG = { domain_id: DOMAIN, query: { filter: [{ k: 'status', o: 'eq', v: ['ERROR'] }] } };
  const INFO = { '@type': 'type.googleapis.com/google.rpc.RequestInfo', request_id: 'failed-1' };

  test('names its line in the log over gRPC and as JSON', async () => {
    const headers = { token, 'x-request-id': 'failed-1' };
    const details = { details: expect.arrayContaining([expect.objectContaining(INFO)]) };
    const expected = { error: { details: expect.objectContaining(details) } };
    const client = jsonClient(service.address);
    expect(await client.call('list', WRONG, { headers })).toMatchObject(expected);
    client.close();
    expect(await callHttp(service.http, 'list', WRONG, headers)).toMatchObject(expected);
  });

  test('names its line in the log over Connect', async () => {
    const answer = await http(pathOf('list'), 'application/json', JSON.stringify(WRONG), {
      'x-request-id': 'failed-2',
    });
    const value = Buffer.from(RequestInfo.encode({ request_id: 'failed-2' }).finish()).toString('base64');
    const details: unknown = await answer.json();
    const info = { type: 'google.rpc.RequestInfo', value: value.replaceAll('=', '') };
    expect(details).toMatchObject({ details: expect.arrayContaining([info]) });
  });
});

test.each<readonly [string, JsonObject, string | undefined]>([
  ['the form of an id', { domain_id: DOMAIN }, DOMAIN],
  ['blanks', { domain_id: 'a domain of many words' }, undefined],
  ['line breaks', { domain_id: 'a\nb' }, undefined],
  ['200 characters', { domain_id: 'd'.repeat(200) }, undefined],
])('a domain with %s is logged as expected', async (form, request, expected) => {
  const id = `domain-with-${form.replaceAll(' ', '-')}`;
  await callHttp(open.http, 'list', request, { 'x-request-id': id });
  expect((await lineOf(open, id))?.['domain_id']).toBe(expected);
});

test('only failed calls of a quiet method are logged', async () => {
  const job = { domain_id: DOMAIN, job_id: 'job-39fc4a58d6de' };
  await callHttp(open.http, 'get', job, { 'x-request-id': 'quiet-1' });
  await callHttp(open.http, 'get', { ...job, job_id: 'job-none' }, { 'x-request-id': 'quiet-2' });
  expect(await lineOf(open, 'quiet-2')).toMatchObject({ rpc: 'get', status: 'NOT_FOUND' });
  expect(open.log.filter((line) => line['request_id'] === 'quiet-1')).toEqual([]);
});
