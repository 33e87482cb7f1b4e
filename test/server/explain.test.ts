// The explanation of a call, through every transport, and its limits.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { readKeySet } from '../../src/auth/keys.js';
import { encodeRequest } from '../harness/encoder.js';
import { framed } from '../harness/frames.js';
import type { RpcName } from '../harness/client.js';
import { post, routeOf } from '../harness/http-client.js';
import { explainedIn } from '../harness/explanation.js';
import { pathOf } from '../harness/messages.js';
import { rawHeaders } from '../harness/raw-grpc.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access, pairOf, publicJwk, signed } from '../harness/tokens.js';

const DOMAIN = 'domain-07d2e9c4a6b1';
const REQUEST = { domain_id: DOMAIN, query: { page: { limit: 2 } } };
const BYTES = encodeRequest('list', REQUEST);
const TEXT = JSON.stringify(REQUEST);
const ASKED = { 'x-explain': '1' };

let service: Service;
let off: Service;
let bare: Service;
let guarded: Service;
let confined: Service;
let token: string;

beforeAll(async () => {
  const pair = await pairOf('RS256');
  const keys = await readKeySet(JSON.stringify({ keys: [await publicJwk(pair)] }));
  const keysOf = () => Promise.resolve(keys.get('') ?? []);
  token = await signed(access(DOMAIN, { permissions: ['inventory.Job.get'] }), pair);
  const authenticate = createJwtAuthenticate({ keysOf, now: Date.now });
  service = await startService('explain', { explain: 'on' });
  off = await startService('explain_off');
  bare = await startService('explain_bare', { explain: 'on' });
  guarded = await startService('explain_guarded', { explain: 'on' }, { authenticate });
  const scope = () => Promise.resolve({ domainId: DOMAIN, projects: ['project-827a72d770aa'] });
  confined = await startService(
    'explain_confined',
    { explain: 'on' },
    { authenticate: () => Promise.resolve({ scope }) },
  );
});
afterAll(async () => {
  await service.stop();
  await off.stop();
  await bare.stop();
  await guarded.stop();
  await confined.stop();
});

type Headers = Readonly<Record<string, string>>;

const grpc = async (of: Service, headers: Headers, body = BYTES) =>
  explainedIn((await rawHeaders(of.address, pathOf('list'), framed(body), headers)).get('x-explain-bin'));

async function http(
  path: string,
  type: string,
  body: Uint8Array | string,
  headers: Headers = ASKED,
  of = service,
) {
  const answer = await post(of.http, path, body, { 'content-type': type, ...headers });
  await answer.arrayBuffer();
  return answer.headers.get('x-explain') ?? undefined;
}

const route = (rpc: RpcName, request: JsonObject, headers: Headers = ASKED) =>
  http(routeOf(rpc), 'application/json', JSON.stringify(request), headers);

const PAGE = {
  ...{ command: 'find', collection: 'job', limit: 2, index: ['domain_id_1_created_at_-1_job_id_-1'] },
  filter: { $and: expect.any(Array) },
  sort: { created_at: -1, job_id: -1 },
  ...{ keys_examined: 2, documents_examined: 2, results: 2 },
};
const EXPLAINED = {
  queued_ms: expect.any(Number),
  database_ms: expect.any(Number),
  encoding_ms: expect.any(Number),
  operations: expect.arrayContaining([expect.objectContaining(PAGE)]),
};

test.each<readonly [string, () => Promise<string | undefined>]>([
  ['gRPC', () => grpc(service, ASKED)],
  ['JSON', () => http(routeOf('list'), 'application/json', TEXT)],
  ['Connect', () => http(pathOf('list'), 'application/proto', BYTES)],
  ['gRPC-Web', () => http(pathOf('list'), 'application/grpc-web', framed(BYTES))],
])('a call by %s is explained to its caller', async (_, call) => {
  expect(JSON.parse((await call()) ?? '{}')).toEqual(EXPLAINED);
});

test.each<readonly [string, () => Promise<string | undefined>]>([
  ['without asking, over gRPC', () => grpc(service, {})],
  ['without asking, over HTTP', () => route('list', REQUEST, {})],
  ['with another value', () => grpc(service, { 'x-explain': 'true' })],
  ['where the setting is off', () => grpc(off, ASKED)],
  ['without a token', () => grpc(guarded, ASKED)],
  ['without the permission of the call', () => grpc(guarded, { token, ...ASKED })],
  ['of an export', () => route('list', REQUEST, { ...ASKED, accept: 'application/x-ndjson' })],
  ['for a faulty request', () => route('list', { ...REQUEST, query: { sort: { key: 1 } } })],
])('nothing is explained %s', async (_, call) => {
  expect(await call()).toBeUndefined();
});

const BY_STATUS = {
  aggregate: [
    { group: { keys: [{ key: 'status', name: 'status' }], fields: [{ name: 'n', operator: 'count' }] } },
  ],
};

test('a stat shows its pipeline, and what it examined', async () => {
  const explanation: unknown = JSON.parse(
    (await route('stat', { domain_id: DOMAIN, query: BY_STATUS })) ?? '',
  );
  expect(explanation).toMatchObject({
    operations: [{ command: 'aggregate', pipeline: expect.any(Array), keys_examined: expect.any(Number) }],
  });
});

/** The operations in the explanation of a list, with `value` and the time left out. */
async function operationsFor(of: Service, k: string, v: string): Promise<string> {
  const body = JSON.stringify({ domain_id: DOMAIN, query: { filter: [{ k, o: 'eq', v }] } });
  const explanation = (await http(routeOf('list'), 'application/json', body, ASKED, of)) ?? '';
  const [, operations = ''] = explanation.split('"operations":');
  return operations.replaceAll(v, 'the value').replaceAll(/,"execution_ms":\d+/g, '');
}

describe('to callers confined to a domain, nothing about others is revealed', () => {
  const OTHERS = Array.from({ length: 3000 }, (_, n) => ({
    ...{ job_id: `job-other-${n}`, domain_id: 'domain-other', created_at: new Date(n) },
    ...{ status: 'OTHER', collector_id: 'collector-other' },
    ...{ project_id: 'project-other', projects: ['project-other'] },
  }));
  let jwt: Service;
  beforeAll(async () => {
    const scope = () => Promise.resolve({ domainId: DOMAIN });
    const authenticate = () => Promise.resolve({ scope });
    jwt = await startService('explain_jwt', { explain: 'on', auth: 'jwt' }, { authenticate });
    await jwt.insert(OTHERS);
  });
  afterAll(() => jwt.stop());

  test.each([
    ['job_id', 'job-other-1', 'job-none'],
    ['project_id', 'project-other', 'project-none'],
    ['projects', 'project-other', 'project-none'],
    ['collector_id', 'collector-other', 'collector-none'],
    ['status', 'OTHER', 'NONE'],
  ])('by a condition on %s', async (k, other, none) => {
    const ofOther = await operationsFor(jwt, k, other);
    expect(ofOther).toContain('the value');
    expect(ofOther).toBe(await operationsFor(jwt, k, none));
  });

  test('by the index of ids', async () => {
    const body = JSON.stringify({ domain_id: DOMAIN, job_id: 'job-39fc4a58d6de' });
    const explanation = await http(routeOf('get'), 'application/json', body, ASKED, jwt);
    expect(explanation).toContain('"command":"find"');
    expect(explanation).not.toMatch(/index|examined|execution_ms/);
  });
});

describe('nothing in other domains is counted', () => {
  beforeAll(() => bare.db.collection('job').dropIndexes());

  test.each<readonly [string, string, () => Promise<string | undefined>]>([
    ['the index of ids', 'job_id_1', () => route('get', { domain_id: DOMAIN, job_id: 'job-39fc4a58d6de' })],
    [
      'a scan of the collection',
      'COLLSCAN',
      () => http(routeOf('list'), 'application/json', TEXT, ASKED, bare),
    ],
  ])('by %s', async (_, index, call) => {
    const explanation = await call();
    expect(explanation).toContain(`"index":["${index}"]`);
    expect(explanation).not.toMatch(/examined|execution_ms/);
  });
});

test('nothing but its times is explained to a caller confined to projects', async () => {
  const explanation = await http(routeOf('list'), 'application/json', TEXT, ASKED, confined);
  expect(JSON.parse(explanation ?? '')).toEqual({ ...EXPLAINED, operations: [] });
});

test('an explanation is ASCII, and short for any filter', async () => {
  const texts = Array.from({ length: 300 }, (_, index) => `é${index}`);
  const filter = texts.map((v) => ({ k: 'filters.note', o: 'not', v }));
  const explanation = (await route('list', { domain_id: DOMAIN, query: { filter } })) ?? '';
  expect(explanation).toMatch(/^[\x20-\x7e]+$/);
  expect(explanation.length).toBeLessThanOrEqual(3072);
  expect(explanation).toContain('keys_examined');
});
