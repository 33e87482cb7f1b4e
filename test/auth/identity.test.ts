// The identity service: whose keys count, what roles see by both doors, and what holds while it is away.
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWTPayload } from 'jose';
import { fetchedKeys } from '../../src/auth/fetched-keys.js';
import { identityService } from '../../src/auth/identity.js';
import { jwt } from '../../src/auth/jwt.js';
import { roles } from '../../src/auth/roles.js';
import { jsonClient } from '../support/client.js';
import type { Outcome, RpcName } from '../support/client.js';
import { callHttp } from '../support/http-client.js';
import { standIn } from '../support/identity.js';
import type { IdentityAnswers, StandIn } from '../support/identity.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const OTHER = 'domain-07d2e9c4a6b1';
const UNKNOWN = 'domain-unknown';
const JOB = 'job-ebd1af51271a';
/** Milliseconds that an answer of identity may take here. */
const PATIENCE = 400;
const KEEP = 1000;
const PROJECT = 'project-of-the-test';

let privateKey: CryptoKey;
let jwk: string;
let identity: StandIn;
let service: Service;
let clock = 0;
let role: IdentityAnswers['role'] = () => ({ role_type: 'DOMAIN', projects: [], project_groups: [] });
let stalled = false;
const closing: (() => void)[] = [];

const answers: IdentityAnswers = {
  key(domain_id) {
    if (stalled) return 'stall';
    if (domain_id === UNKNOWN)
      return { code: status.INVALID_ARGUMENT, details: `ERROR_NOT_FOUND: domain ${domain_id}` };
    return { domain_id, public_key: jwk };
  },
  role: (request, token) => (stalled ? 'stall' : role(request, token)),
};

/** Authenticates by the identity service on `port`, with nothing known yet. */
function authenticating(port: number, keep = 0) {
  const client = identityService(
    { address: `127.0.0.1:${port}`, secure: false },
    { patience: PATIENCE, report: () => undefined },
  );
  closing.push(client.close);
  const keysOf = fetchedKeys(client, { clock: () => clock });
  return jwt({ keysOf, now: () => Date.now(), roles: roles(client, { keep, clock: () => clock }) });
}

beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  ({ privateKey } = pair);
  jwk = JSON.stringify(await exportJWK(pair.publicKey));
  identity = await standIn(answers);
  service = await startService('identity', {}, { authenticate: authenticating(identity.port) });
  await service.db.collection('job').updateOne({ job_id: JOB }, { $set: { projects: [PROJECT] } });
});
beforeEach(() => {
  role = () => ({ role_type: 'DOMAIN', projects: [], project_groups: [] });
  stalled = false;
  identity.fetched.length = 0;
  identity.verified.length = 0;
});
afterAll(async () => {
  for (const close of closing) close();
  identity.stop();
  await service.stop();
});

const signed = (more: JWTPayload = {}): Promise<string> => {
  const exp = Math.floor(Date.now() / 1000) + 600;
  const payload = { cat: 'ACCESS_TOKEN', user_type: 'USER', did: DOMAIN, exp, ...more };
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256' }).sign(privateKey);
};

async function callGrpc(rpc: RpcName, request: JsonObject, token: string): Promise<Outcome> {
  const client = jsonClient(service.address, token);
  const outcome = await client.call(rpc, request);
  client.close();
  return outcome;
}

const DOORS = [
  ['gRPC', callGrpc],
  [
    'HTTP',
    (rpc: RpcName, request: JsonObject, token: string) => callHttp(service.http, rpc, request, { token }),
  ],
] as const;

const answering = (role_type: string, projects: readonly string[] = []) => ({
  role_type,
  projects: [...projects],
  project_groups: [],
});

const COUNT: JsonObject = { query: { aggregate: [{ count: { name: 'n' } }] } };

/** How many jobs there are, by list and by stat. */
async function counts(call: (typeof DOORS)[number][1], request: JsonObject, token: string) {
  const listed = await call('list', { ...request, query: { count_only: true } }, token);
  const counted = await call('stat', { ...request, ...COUNT }, token);
  return [listed, counted];
}

const ONE = [
  { response: expect.objectContaining({ total_count: 1 }) },
  { response: { results: [{ n: 1 }] } },
];
const NONE = [{ response: {} }, { response: { results: [] } }];

describe.each(DOORS)('%s', (_, call) => {
  test('a user is asked about with each call, what it names, and its token', async () => {
    const tokens: string[] = [];
    role = (__, token) => {
      tokens.push(token);
      return answering('DOMAIN');
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

  test('an owner is not, and has its domain whatever it names', async () => {
    const token = await signed({ user_type: 'DOMAIN_OWNER' });
    expect(await call('get', { job_id: JOB, domain_id: OTHER }, token)).toHaveProperty(
      'response.domain_id',
      DOMAIN,
    );
    expect(identity.verified).toEqual([]);
  });

  test('a project’s user sees its jobs only, in all four calls', async () => {
    const [own, none] = [await signed({ aud: 'own' }), await signed({ aud: 'none' })];
    role = (__, token) => answering('PROJECT', token === own ? [PROJECT] : []);
    expect(await call('get', { job_id: JOB }, own)).toHaveProperty('response.job_id', JOB);
    expect(await counts(call, {}, own)).toEqual(ONE);
    expect(await counts(call, {}, none)).toEqual(NONE);
    const foreign = await call('get', { job_id: JOB }, none);
    expect(foreign).toHaveProperty('error.code', 'ERROR_NOT_FOUND');
    expect(await call('delete', { job_id: JOB }, none)).toEqual(foreign);
    const missing = JSON.stringify(await call('get', { job_id: 'job-000000000000' }, none));
    expect(JSON.stringify(foreign)).toBe(missing.replaceAll('job-000000000000', JOB));
    expect(await service.db.collection('job').countDocuments({ job_id: JOB })).toBe(1);
  });

  test('a system’s user has the domain that it names, and has to name one', async () => {
    role = () => answering('SYSTEM');
    const token = await signed();
    const [listed] = await counts(call, { domain_id: OTHER }, token);
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
      'refused',
      () => ({ code: status.PERMISSION_DENIED, details: 'ERROR_PERMISSION_DENIED: no' }),
      'ERROR_PERMISSION_DENIED',
    ],
    [
      'not known',
      () => ({ code: status.INVALID_ARGUMENT, details: 'ERROR_NOT_FOUND: user' }),
      'ERROR_PERMISSION_DENIED',
    ],
    ['of no known role', () => answering('ROOT'), 'ERROR_PERMISSION_DENIED'],
    ['of no role', () => answering(''), 'ERROR_PERMISSION_DENIED'],
    [
      'not believed',
      () => ({ code: status.UNAUTHENTICATED, details: 'ERROR_AUTHENTICATE_FAILURE: x' }),
      'ERROR_AUTHENTICATE_FAILURE',
    ],
    [
      'not answered for by a fault',
      () => ({ code: status.INTERNAL, details: 'at 10.0.0.7' }),
      'ERROR_UNAVAILABLE',
    ],
    ['not answered for', () => 'stall' as const, 'ERROR_UNAVAILABLE'],
  ])('a user who is %s', async (__, answer, code) => {
    role = answer;
    const outcome = await call('list', {}, await signed());
    expect(outcome).toHaveProperty('error.code', code);
    expect(JSON.stringify(outcome)).not.toMatch(/10\.0\.0\.7|127\.0\.0\.1/);
  });

  test('permissions come before roles', async () => {
    expect(await call('delete', { job_id: JOB }, await signed({ permissions: ['*.get'] }))).toHaveProperty(
      'error.code',
      'ERROR_PERMISSION_DENIED',
    );
    expect(identity.verified).toEqual([]);
  });
});

const ask = (authenticate: ReturnType<typeof jwt>, token: string): Promise<unknown> =>
  authenticate({ token, verb: 'get', signal: new AbortController().signal }).then(
    () => 'let in',
    (error: unknown) => (error instanceof Error ? error.message : error),
  );

const REFUSED = expect.stringMatching(/^ERROR_AUTHENTICATE_FAILURE: /);
const AWAY = expect.stringMatching(/^ERROR_UNAVAILABLE: /);

test('a thousand cold callers of ten domains fetch ten keys, and one of an unknown domain none again for 30 s', async () => {
  const authenticate = authenticating(identity.port);
  const domains = Array.from({ length: 10 }, (_, nth) => `domain-${nth}`);
  const tokens = await Promise.all([...domains, UNKNOWN].map((did) => signed({ did })));
  const asked = await Promise.all(
    Array.from({ length: 1100 }, (_, nth) => ask(authenticate, tokens[nth % tokens.length] ?? '')),
  );
  expect(asked.filter((each) => each === 'let in')).toHaveLength(1000);
  expect(identity.fetched.toSorted()).toEqual([...domains, UNKNOWN].toSorted());
  const unknown = tokens.at(-1) ?? '';
  clock += 29_000;
  expect(await ask(authenticate, unknown)).toEqual(REFUSED);
  expect(identity.fetched).toHaveLength(11);
  clock += 2_000;
  expect(await ask(authenticate, unknown)).toEqual(REFUSED);
  expect(identity.fetched).toHaveLength(12);
});

test('a key is kept for ten minutes, goes on to count while identity is away, and is fetched when it is back', async () => {
  const first = await standIn(answers);
  const authenticate = authenticating(first.port);
  const token = await signed({ user_type: 'DOMAIN_OWNER' });
  expect(await ask(authenticate, token)).toBe('let in');
  clock += 599_000;
  expect(await ask(authenticate, token)).toBe('let in');
  expect(first.fetched).toHaveLength(1);
  first.stop();
  clock += 2_000;
  expect(await ask(authenticate, token)).toBe('let in');
  expect(await ask(authenticate, await signed({ did: 'domain-cold' }))).toEqual(AWAY);
  const second = await standIn(answers, first.port);
  closing.push(second.stop);
  clock += 6_000;
  expect(await ask(authenticate, token)).toBe('let in');
});

test('an identity service that takes connections and says nothing makes nobody wait for longer than its time', async () => {
  const sockets: Socket[] = [];
  const mute = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => mute.once('listening', resolve));
  const address = mute.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const begun = performance.now();
  expect(await ask(authenticating(port), await signed())).toEqual(AWAY);
  expect(performance.now() - begun).toBeLessThan(PATIENCE * 3);
  for (const socket of sockets) socket.destroy();
  mute.close();
});

test('roles are kept as long as they may be, each with what was asked', async () => {
  const authenticate = authenticating(identity.port, KEEP);
  const signal = new AbortController().signal;
  const caller = await authenticate({ token: await signed(), verb: 'list', signal });
  const scope = () => caller.scope({ domain_id: DOMAIN });
  expect(await Promise.all([scope(), scope()])).toEqual([{ domainId: DOMAIN }, { domainId: DOMAIN }]);
  const asked = identity.verified.length;
  await scope();
  expect(identity.verified).toHaveLength(asked);
  await caller.scope({ domain_id: DOMAIN, project_id: PROJECT });
  expect(identity.verified).toHaveLength(asked + 1);
  clock += KEEP;
  await scope();
  expect(identity.verified).toHaveLength(asked + 2);
});

test('a caller who leaves ends the question about its role', async () => {
  stalled = false;
  const authenticate = authenticating(identity.port);
  const gone = new AbortController();
  const caller = await authenticate({ token: await signed(), verb: 'list', signal: gone.signal });
  stalled = true;
  const waiting = caller.scope({ domain_id: DOMAIN });
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
});
