// The identity service: its keys, the scope of each role over both transports, and outages.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import type { JWTPayload } from 'jose';
import type { Outcome, RpcName } from '../harness/client.js';
import { callHttp } from '../harness/http-client.js';
import {
  authenticateOnce,
  createIdentityAuthenticate,
  roleAnswer,
  startStandIn,
} from '../harness/identity.js';
import type { IdentityAnswers, StandIn } from '../harness/identity.js';
import { createRecordedLog } from '../harness/log.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access, pairOf, publicJwk, signed as signedBy } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';
import { until } from '../harness/until.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const OTHER = 'domain-07d2e9c4a6b1';
const UNKNOWN = 'domain-unknown';
const JOB = 'job-ebd1af51271a';
/** Timeout of a request to the identity service. */
const TIMEOUT_MS = 400;
const PROJECT = 'project-of-the-test';

let pair: Pair;
let jwk: string;
let identity: StandIn;
let service: Service;
const clock = { now: 0 };
let role: IdentityAnswers['role'] = () => roleAnswer('DOMAIN');
let stalled = false;
const log = createRecordedLog();
const options = { clock, log, timeoutMs: TIMEOUT_MS };
const closing: (() => void | Promise<void>)[] = [];

const answers: IdentityAnswers = {
  key(domain_id) {
    if (stalled) return 'stall';
    if (domain_id === UNKNOWN)
      return { code: status.INVALID_ARGUMENT, details: `ERROR_NOT_FOUND: domain ${domain_id}` };
    return { domain_id, public_key: jwk };
  },
  role: (request, token) => (stalled ? 'stall' : role(request, token)),
};

const createAuthenticate = (port: number) => createIdentityAuthenticate(port, options, closing);

beforeAll(async () => {
  pair = await pairOf('RS256');
  jwk = JSON.stringify(await publicJwk(pair));
  identity = await startStandIn(answers);
  service = await startService('identity', {}, { authenticate: createAuthenticate(identity.port) });
  await service.db.collection('job').updateOne({ job_id: JOB }, { $set: { projects: [PROJECT] } });
});
beforeEach(() => {
  role = () => roleAnswer('DOMAIN');
  stalled = false;
  identity.fetched.length = 0;
  identity.verified.length = 0;
  identity.cancelled.length = 0;
  log.entries.length = 0;
});
afterAll(async () => {
  for (const close of closing) await close();
  identity.stop();
  await service.stop();
});

const signed = (claims: JWTPayload = {}): Promise<string> => signedBy(access(DOMAIN, claims), pair);

const callGrpc = (rpc: RpcName, request: JsonObject, token: string, signal?: AbortSignal): Promise<Outcome> =>
  service.call(rpc, request, { headers: { token }, ...(signal === undefined ? {} : { signal }) });

const callByHttp: typeof callGrpc = (rpc, request, token, signal) =>
  callHttp(service.http, rpc, request, { token }, signal);

const TRANSPORTS = [
  ['gRPC', callGrpc],
  ['HTTP', callByHttp],
] as const;

const COUNT: JsonObject = { query: { aggregate: [{ count: { name: 'n' } }] } };

/** Counts the jobs by list and by stat. */
async function countJobs(call: (typeof TRANSPORTS)[number][1], request: JsonObject, token: string) {
  const listed = await call('list', { ...request, query: { count_only: true } }, token);
  const counted = await call('stat', { ...request, ...COUNT }, token);
  return [listed, counted];
}

const ONE_JOB = [
  { response: expect.objectContaining({ total_count: 1 }) },
  { response: { results: [{ n: 1 }] } },
];
const NO_JOBS = [{ response: {} }, { response: { results: [] } }];

describe.each(TRANSPORTS)('%s', (_, call) => {
  test('every call of a user is verified with its rpc, domain, project and token', async () => {
    const tokens: string[] = [];
    role = (__, token) => {
      tokens.push(token);
      return roleAnswer('DOMAIN');
    };
    const token = await signed();
    expect(await call('get', { job_id: JOB }, token)).toHaveProperty('response.domain_id', DOMAIN);
    await call('list', { project_id: PROJECT, domain_id: DOMAIN }, token);
    expect(identity.verified).toMatchObject([
      { service: 'inventory', resource: 'Job', verb: 'get', scope: 3, domain_id: '', project_id: '' },
      { verb: 'list', domain_id: DOMAIN, project_id: PROJECT },
    ]);
    expect(tokens).toEqual([token, token]);
  });

  test.each(['get', 'list', 'stat', 'delete'] as const)(
    'a user of a domain reaches only this domain whichever one is requested, for %s',
    async (rpc) => {
      const requests: Readonly<Record<RpcName, JsonObject>> = {
        get: { job_id: JOB },
        list: { query: { only: ['domain_id'] } },
        stat: { query: { distinct: 'domain_id' } },
        delete: { job_id: 'job-000000000000' },
      };
      const token = await signed();
      const own = await call(rpc, requests[rpc], token);
      expect(JSON.stringify(own)).not.toContain(OTHER);
      expect(await call(rpc, { ...requests[rpc], domain_id: OTHER }, token)).toEqual(own);
    },
  );

  test('a domain owner reaches only its domain, without verification by the identity service', async () => {
    const token = await signed({ user_type: 'DOMAIN_OWNER' });
    expect(await call('get', { job_id: JOB, domain_id: OTHER }, token)).toHaveProperty(
      'response.domain_id',
      DOMAIN,
    );
    expect(identity.verified).toEqual([]);
  });

  test('a user of a project sees only its jobs in all four rpcs', async () => {
    const [own, none] = [await signed({ aud: 'own' }), await signed({ aud: 'none' })];
    role = (__, token) => roleAnswer('PROJECT', token === own ? [PROJECT] : []);
    expect(await call('get', { job_id: JOB }, own)).toHaveProperty('response.job_id', JOB);
    expect(await countJobs(call, {}, own)).toEqual(ONE_JOB);
    expect(await countJobs(call, {}, none)).toEqual(NO_JOBS);
    const foreign = await call('get', { job_id: JOB }, none);
    expect(foreign).toHaveProperty('error.code', 'ERROR_NOT_FOUND');
    expect(await call('delete', { job_id: JOB }, none)).toEqual(foreign);
    const missing = JSON.stringify(await call('get', { job_id: 'job-000000000000' }, none));
    expect(JSON.stringify(foreign)).toBe(missing.replaceAll('job-000000000000', JOB));
    expect(await service.db.collection('job').countDocuments({ job_id: JOB })).toBe(1);
  });

  test('a system user reaches the requested domain and must name one', async () => {
    role = () => roleAnswer('SYSTEM');
    const token = await signed();
    const [listed] = await countJobs(call, { domain_id: OTHER }, token);
    expect(listed).toHaveProperty(
      'response.total_count',
      await service.db.collection('job').countDocuments({ domain_id: OTHER }),
    );
    expect(await call('get', { job_id: JOB, domain_id: DOMAIN }, token)).toHaveProperty(
      'response.job_id',
      JOB,
    );
    expect(await call('list', {}, token)).toMatchObject({
      error: { code: 'ERROR_REQUIRED_PARAMETER', text: 'Required parameter. (key = domain_id)' },
    });
  });

  test.each([
    [
      'denied by identity',
      () => ({ code: status.PERMISSION_DENIED, details: 'ERROR_PERMISSION_DENIED: no' }),
      'ERROR_PERMISSION_DENIED',
    ],
    [
      'unknown to identity',
      () => ({ code: status.INVALID_ARGUMENT, details: 'ERROR_NOT_FOUND: user' }),
      'ERROR_PERMISSION_DENIED',
    ],
    ['given an unknown role', () => roleAnswer('ROOT'), 'ERROR_PERMISSION_DENIED'],
    ['given no role', () => roleAnswer(''), 'ERROR_PERMISSION_DENIED'],
    [
      'not authenticated by identity',
      () => ({ code: status.UNAUTHENTICATED, details: 'ERROR_AUTHENTICATE_FAILURE: x' }),
      'ERROR_AUTHENTICATE_FAILURE',
    ],
    [
      'not verified because identity fails',
      () => ({ code: status.INTERNAL, details: 'at 10.0.0.7' }),
      'ERROR_UNAVAILABLE',
    ],
    ['not verified because identity stalls', () => 'stall' as const, 'ERROR_UNAVAILABLE'],
  ])('a call of a user %s is rejected', async (__, answer, code) => {
    role = answer;
    const outcome = await call('list', {}, await signed());
    expect(outcome).toHaveProperty('error.code', code);
    expect(JSON.stringify(outcome)).not.toMatch(/10\.0\.0\.7|127\.0\.0\.1/);
  });

  test('permissions of the token are checked before the role is requested', async () => {
    expect(await call('delete', { job_id: JOB }, await signed({ permissions: ['*.get'] }))).toHaveProperty(
      'error.code',
      'ERROR_PERMISSION_DENIED',
    );
    expect(identity.verified).toEqual([]);
  });
});

const REFUSED = expect.stringMatching(/^ERROR_AUTHENTICATE_FAILURE: /);
const UNAVAILABLE = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

test('1,000 concurrent callers of ten domains cause ten fetches, and an unknown domain is fetched again after 30 s', async () => {
  const authenticate = createAuthenticate(identity.port);
  const domains = Array.from({ length: 10 }, (_, nth) => `domain-${nth}`);
  const tokens = await Promise.all([...domains, UNKNOWN].map((did) => signed({ did })));
  const outcomes = await Promise.all(
    Array.from({ length: 1100 }, (_, nth) =>
      authenticateOnce(authenticate, tokens[nth % tokens.length] ?? ''),
    ),
  );
  expect(outcomes.filter((each) => each === 'let in')).toHaveLength(1000);
  expect(identity.fetched.toSorted()).toEqual([...domains, UNKNOWN].toSorted());
  const unknown = tokens.at(-1) ?? '';
  clock.now += 29_000;
  expect(await authenticateOnce(authenticate, unknown)).toEqual(REFUSED);
  expect(identity.fetched).toHaveLength(11);
  clock.now += 2_000;
  expect(await authenticateOnce(authenticate, unknown)).toEqual(REFUSED);
  expect(identity.fetched).toHaveLength(12);
});

test('a key is kept for ten minutes, stays valid during an outage, and is fetched again afterwards', async () => {
  const first = await startStandIn(answers);
  const authenticate = createAuthenticate(first.port);
  const token = await signed({ user_type: 'DOMAIN_OWNER' });
  expect(await authenticateOnce(authenticate, token)).toBe('let in');
  clock.now += 599_000;
  expect(await authenticateOnce(authenticate, token)).toBe('let in');
  expect(first.fetched).toHaveLength(1);
  first.stop();
  clock.now += 2_000;
  expect(await authenticateOnce(authenticate, token)).toBe('let in');
  expect(await authenticateOnce(authenticate, await signed({ did: 'domain-cold' }))).toEqual(UNAVAILABLE);
  const second = await startStandIn(answers, first.port);
  closing.push(second.stop);
  clock.now += 6_000;
  expect(await authenticateOnce(authenticate, token)).toBe('let in');
  const isFetched = async () => {
    clock.now += 6_000;
    return (await authenticateOnce(authenticate, token)) === 'let in' && second.fetched.length === 1;
  };
  await until('the key is fetched', isFetched, 5000);
});

describe('a caller that aborts', () => {
  test('cancels the request for its role', async () => {
    const authenticate = createAuthenticate(identity.port);
    const controller = new AbortController();
    const caller = await authenticate({ token: await signed(), verb: 'list', signal: controller.signal });
    stalled = true;
    const waiting = caller.scope({ domain_id: DOMAIN });
    await until('the request reaches identity', () => identity.verified.length === 1, 1000);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await until('the request is cancelled', () => identity.cancelled.includes('list'), TIMEOUT_MS / 2);
  });

  test('cancels the request for its key unless others wait for it', async () => {
    stalled = true;
    const authenticate = createAuthenticate(identity.port);
    const callers = [new AbortController(), new AbortController()];
    const token = await signed({ did: 'domain-left' });
    const waiting = callers.map(({ signal }) =>
      expect(authenticate({ token, verb: 'list', signal })).rejects.toThrow('gone'),
    );
    await until('the request reaches identity', () => identity.fetched.length === 1, 1000);
    callers[0]?.abort(new Error('gone'));
    await waiting[0];
    expect(identity.cancelled).toEqual([]);
    callers[1]?.abort(new Error('gone'));
    await waiting[1];
    await until('the request is cancelled', () => identity.cancelled.includes('domain-left'), TIMEOUT_MS / 2);
  });

  test('does not mark identity as unreachable', async () => {
    stalled = true;
    const authenticate = createAuthenticate(identity.port);
    const controller = new AbortController();
    const waiting = authenticate({
      token: await signed({ did: 'domain-left' }),
      verb: 'list',
      signal: controller.signal,
    });
    await until('the request reaches identity', () => identity.fetched.length === 1, 1000);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    await until('the request is cancelled', () => identity.cancelled.length === 1, 1000);
    expect(log.entries).toEqual([]);
  });

  test.each(TRANSPORTS)('over %s cancels the request to identity', async (transport, call) => {
    stalled = true;
    const controller = new AbortController();
    const token = await signed({ did: `domain-left-over-${transport}` });
    void call('list', {}, token, controller.signal).catch(() => undefined);
    await until('the request reaches identity', () => identity.fetched.length === 1, 1000);
    controller.abort();
    await until('the request is cancelled', () => identity.cancelled.length === 1, TIMEOUT_MS / 2);
  });
});
