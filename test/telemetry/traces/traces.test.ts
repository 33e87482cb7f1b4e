// The traces of calls at a receiver: through every transport, the identity service and the database.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Config } from '../../../src/config/config.js';
import { encodeRequest } from '../../harness/encoder.js';
import { framed } from '../../harness/frames.js';
import type { RpcName } from '../../harness/client.js';
import { callHttp, post, routeOf } from '../../harness/http-client.js';
import { roleAnswer, startStandIn } from '../../harness/identity.js';
import type { StandIn } from '../../harness/identity.js';
import { pathOf } from '../../harness/messages.js';
import { startReceiver } from '../../harness/otlp.js';
import type { ReceivedSpan, Receiver } from '../../harness/otlp.js';
import { callRaw } from '../../harness/raw-grpc.js';
import { startService } from '../../harness/service.js';
import type { Service } from '../../harness/service.js';
import { insertSlowJob, runningSoon, SLOW_DOMAIN, slowStat } from '../../harness/slow.js';
import { access, pairOf, publicJwk, signed } from '../../harness/tokens.js';
import { until } from '../../harness/until.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const METHOD = 'spaceone.api.inventory.v1.Job';
const LIST = 'spaceone.api.inventory.v1.Job/list';
const CALLER = '00f067aa0ba902b7';
const REQUEST = { domain_id: DOMAIN, query: { page: { limit: 2 } } };
const BYTES = encodeRequest('list', REQUEST);
/** A domain with a key not asked for yet. */
const NEW_DOMAIN = 'domain-new-to-the-service';

let receiver: Receiver;
let identity: StandIn;
let open: Service;
let service: Service;
let token: string;
let tokenOfNewDomain: string;

/** A new trace for a test. */
const traceOf = (nth: number): string => nth.toString(16).padStart(32, 'a');
const parentOf = (traceId: string, flags = '01') => ({ traceparent: `00-${traceId}-${CALLER}-${flags}` });

const serve = (database: string, settings: Partial<Config> = {}): Promise<Service> =>
  startService(database, { otlpEndpoint: receiver.url, ...settings });

beforeAll(async () => {
  // The packages read it themselves.
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
  receiver = await startReceiver();
  const pair = await pairOf('RS256');
  const public_key = JSON.stringify(await publicJwk(pair));
  token = await signed(access(DOMAIN), pair);
  tokenOfNewDomain = await signed(access(NEW_DOMAIN), pair);
  identity = await startStandIn({
    key: (domain_id) => ({ domain_id, public_key }),
    role: () => roleAnswer('DOMAIN'),
  });
  const authIdentityEndpoint = { address: `127.0.0.1:${identity.port}`, secure: false };
  service = await serve('traces', { auth: 'jwt', authIdentityEndpoint, otelServiceName: 'jobs-of-a-test' });
  open = await serve('traces_open', {
    explain: 'on',
    otelResourceAttributes: { 'service.name': 'named', team: 'inventory' },
  });
  await insertSlowJob(open.db);
});
afterAll(async () => {
  await service.stop();
  await open.stop();
  identity.stop();
  await receiver.stop();
});

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan | undefined =>
  spans.find((span) => span.name === name);

test('a call through identity and the database is one trace', async () => {
  const traceId = traceOf(1);
  const asked = { tracestate: 'a=1', 'x-request-id': 'traced-1', ...parentOf(traceId) };
  const bytes = encodeRequest('list', { ...REQUEST, domain_id: NEW_DOMAIN });
  await callRaw(service.address, pathOf('list'), framed(bytes), { token: tokenOfNewDomain, ...asked });
  const spans = await receiver.trace(traceId, LIST);
  const call = named(spans, LIST);
  expect(call).toMatchObject({
    ...{ kind: 'SERVER', parentId: CALLER, traceState: 'a=1', status: 'UNSET' },
    attributes: {
      'rpc.system.name': 'grpc',
      'rpc.method': LIST,
      'rpc.status_code': 'OK',
      'network.peer.address': '127.0.0.1',
      'network.peer.port': expect.any(Number),
      'inventory_job.transport': 'grpc',
      'inventory_job.request_id': 'traced-1',
    },
    resource: {
      'service.name': 'jobs-of-a-test',
      'service.version': expect.any(String),
      'service.instance.id': expect.any(String),
      'telemetry.sdk.language': 'nodejs',
    },
  });
  const below = { kind: 'CLIENT', parentId: call?.spanId, status: 'UNSET' };
  const ofIdentity = {
    ...{ 'rpc.system.name': 'grpc', 'rpc.status_code': 'OK' },
    ...{ 'server.address': '127.0.0.1', 'server.port': identity.port },
  };
  const ofDatabase = {
    ...{ 'db.system.name': 'mongodb', 'db.namespace': 'traces', 'db.operation.name': 'find' },
    ...{ 'server.address': '127.0.0.1', 'server.port': expect.any(Number) },
  };
  const expected = {
    'spaceone.api.identity.v1.Domain/get_public_key': {
      ...ofIdentity,
      'rpc.method': 'spaceone.api.identity.v1.Domain/get_public_key',
    },
    'spaceone.api.identity.v1.Authorization/verify': {
      ...ofIdentity,
      'rpc.method': 'spaceone.api.identity.v1.Authorization/verify',
    },
    'find job': {
      ...ofDatabase,
      'db.collection.name': 'job',
      'db.query.summary': 'find job {domain_id} sort {created_at, job_id}',
    },
  };
  for (const [name, attributes] of Object.entries(expected))
    expect(named(spans, name)).toMatchObject({ ...below, attributes });
  expect(spans.map(({ attributes }) => Object.keys(attributes)).flat()).not.toContain('db.query.text');
});

test('identity gets the context of the span that asks it, and the id of the call', async () => {
  const traceId = traceOf(2);
  const headers = { token, tracestate: 'a=1', transaction_id: 'tnx-2', ...parentOf(traceId) };
  await callRaw(service.address, pathOf('list'), framed(BYTES), headers);
  const spans = await receiver.trace(traceId, LIST);
  const asking = named(spans, 'spaceone.api.identity.v1.Authorization/verify');
  expect(identity.metadata.at(-1)).toMatchObject({
    ...{ transaction_id: 'tnx-2', tracestate: 'a=1' },
    traceparent: `00-${traceId}-${asking?.spanId}-01`,
  });
});

const TEXT = JSON.stringify(REQUEST);
type Headers = Readonly<Record<string, string>>;
const http = (path: string, type: string, body: Uint8Array | string, headers: Headers) =>
  post(open.http, path, body, { 'content-type': type, ...headers }).then((answer) => answer.text());

test.each<readonly [string, string, (headers: Headers) => Promise<unknown>]>([
  ['grpc', 'grpc', (headers) => callRaw(open.address, pathOf('list'), framed(BYTES), headers)],
  ['json', 'json', (headers) => http(routeOf('list'), 'application/json', TEXT, headers)],
  ['connect', 'connectrpc', (headers) => http(pathOf('list'), 'application/proto', BYTES, headers)],
  ['grpc_web', 'grpc', (headers) => http(pathOf('list'), 'application/grpc-web', framed(BYTES), headers)],
  [
    'export',
    'json',
    (headers) =>
      http(routeOf('list'), 'application/json', TEXT, { accept: 'application/x-ndjson', ...headers }),
  ],
])('a call by %s is a span below its caller', async (transport, system, call) => {
  const traceId = Buffer.from(transport.padEnd(16)).toString('hex');
  await call(parentOf(traceId));
  const spans = await receiver.trace(traceId, LIST);
  expect(named(spans, LIST)).toMatchObject({
    parentId: CALLER,
    attributes: { 'inventory_job.transport': transport, 'rpc.system.name': system },
    resource: { 'service.name': 'named', team: 'inventory' },
  });
  expect(named(spans, 'find job')).toMatchObject({ kind: 'CLIENT' });
});

test.each<readonly [string, number, RpcName, JsonObject, Headers, string, object]>([
  [
    'a faulty request',
    10,
    'list',
    { query: { sort: 'x' } },
    {},
    'UNSET',
    { 'rpc.status_code': 'INVALID_ARGUMENT' },
  ],
  ['an unknown job', 11, 'get', { job_id: 'job-none' }, {}, 'UNSET', { 'rpc.status_code': 'NOT_FOUND' }],
  [
    'a passed deadline',
    12,
    'stat',
    slowStat(4),
    { 'grpc-timeout': '300m' },
    'ERROR',
    { 'rpc.status_code': 'DEADLINE_EXCEEDED', 'error.type': 'DEADLINE_EXCEEDED' },
  ],
])('the span of %s has its status', async (_, nth, rpc, request, headers, status, attributes) => {
  const traceId = traceOf(nth);
  const body = JSON.stringify({ domain_id: DOMAIN, ...request });
  await http(routeOf(rpc), 'application/json', body, { ...headers, ...parentOf(traceId) });
  const spans = await receiver.trace(traceId, `${METHOD}/${rpc}`);
  expect(named(spans, `${METHOD}/${rpc}`)).toMatchObject({ status, attributes });
});

test.each<readonly [string, number, RpcName, JsonObject, string]>([
  ['a find', 18, 'list', REQUEST, 'explain job {domain_id} sort {created_at, job_id}'],
  [
    'an aggregate',
    19,
    'stat',
    { domain_id: DOMAIN, query: { aggregate: [{ count: { name: 'n' } }] } },
    'explain job $match {domain_id} $',
  ],
])('the explanation of %s has its collection and its summary', async (_, nth, rpc, request, summary) => {
  const traceId = traceOf(nth);
  await callHttp(open.http, rpc, request, { 'x-explain': '1', ...parentOf(traceId) });
  const spans = await receiver.trace(traceId, `${METHOD}/${rpc}`);
  expect(named(spans, 'explain job')).toMatchObject({
    attributes: {
      'db.collection.name': 'job',
      'db.operation.name': 'explain',
      'db.query.summary': expect.stringContaining(summary),
    },
  });
});

test('an operation that the database ends has its code', async () => {
  const traceId = traceOf(13);
  await callHttp(open.http, 'stat', slowStat(4), { 'grpc-timeout': '300m', ...parentOf(traceId) });
  const spans = await receiver.trace(traceId, 'aggregate job');
  const code = expect.stringMatching(/^(?:50|11601)$/);
  expect(named(spans, 'aggregate job')).toMatchObject({
    status: 'ERROR',
    attributes: { 'db.response.status_code': code, 'error.type': code },
  });
});

test('a running operation has the trace of its call as comment', async () => {
  const traceId = traceOf(14);
  const leaving = new AbortController();
  const call = callHttp(open.http, 'stat', slowStat(4), parentOf(traceId), leaving.signal).catch(
    () => 'left',
  );
  await runningSoon(open.client, 'traces_open', 1);
  const running = await open.client
    .db('admin')
    .aggregate([
      { $currentOp: {} },
      { $match: { ns: 'traces_open.job', active: true } },
      { $project: { comment: '$command.comment' } },
    ])
    .toArray();
  leaving.abort();
  expect(await call).toBe('left');
  const expected = expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
  expect(running).toEqual([{ comment: expected }]);
});

test('equal stats have one operation below the call that leads them', async () => {
  const traces = [traceOf(15), traceOf(16), traceOf(17)];
  const [leading, ...others] = traces;
  const call = (traceId = '') => callHttp(open.http, 'stat', slowStat(3), parentOf(traceId));
  const running = call(leading);
  await runningSoon(open.client, 'traces_open', 1);
  await Promise.all([running, ...others.map(call)]);
  const received = await Promise.all(traces.map((traceId) => receiver.trace(traceId, `${METHOD}/stat`)));
  const spans = received.flat();
  const ids = spans.filter(({ kind }) => kind === 'SERVER').map(({ spanId }) => spanId);
  const operations = spans.filter(({ name }) => name === 'aggregate job');
  expect(operations.map(({ parentId }) => ids.includes(parentId))).toEqual([true, true]);
});

describe('a call without a trace of its caller', () => {
  test('begins one, and its id is in the log line', async () => {
    await callHttp(open.http, 'list', REQUEST, { 'x-request-id': 'root-1' });
    const line = () => open.log.find((each) => each['request_id'] === 'root-1');
    await until('the call is logged', () => line() !== undefined, 5000);
    const spans = await receiver.trace(String(line()?.['trace_id']), LIST);
    expect(named(spans, LIST)).toMatchObject({ parentId: '' });
  });
});

describe('sampling', () => {
  let never: Service;

  beforeAll(async () => {
    never = await serve('traces_never', {
      otelTracesSampler: 'parentbased_traceidratio',
      otelTracesSamplerArg: 0,
    });
  });
  afterAll(() => never.stop());

  test('follows a caller without a sample, at a ratio of 1', async () => {
    const [without, after] = [traceOf(20), traceOf(21)];
    await callHttp(open.http, 'list', REQUEST, parentOf(without, '00'));
    await callHttp(open.http, 'list', REQUEST, parentOf(after));
    await receiver.trace(after, LIST);
    expect(receiver.spans.filter(({ traceId }) => traceId === without)).toEqual([]);
  });

  test('follows a caller with a sample, at a ratio of 0, and samples nothing else', async () => {
    const before = receiver.spans.filter(
      ({ resource }) => resource['service.name'] === 'inventory-job',
    ).length;
    await callHttp(never.http, 'list', REQUEST, { 'x-request-id': 'never-1' });
    await callHttp(never.http, 'list', REQUEST, parentOf(traceOf(22)));
    await receiver.trace(traceOf(22), LIST);
    const own = receiver.spans.filter(({ resource }) => resource['service.name'] === 'inventory-job');
    expect(new Set(own.slice(before).map(({ traceId }) => traceId))).toEqual(new Set([traceOf(22)]));
    expect(never.log.find((line) => line['request_id'] === 'never-1')).not.toHaveProperty('trace_id');
  });
});

test('no domain and no token is in any span', () => {
  const text = JSON.stringify(receiver.spans);
  const values = [DOMAIN, NEW_DOMAIN, SLOW_DOMAIN, token, tokenOfNewDomain];
  expect(values.filter((each) => text.includes(each))).toEqual([]);
});
