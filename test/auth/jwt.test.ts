// Tokens, by both transports: which let a caller in, to what, and that nobody is told why one does not.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import type { JWTPayload } from 'jose';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { keySet } from '../../src/auth/keys.js';
import type { KeysOf } from '../../src/auth/keys.js';
import { jsonClient } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { callHttp, post } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access as accessOf, pairOf, publicJwk, seconds, signed as signedBy } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** Has a key of its own; the others share one. */
const OTHER = 'domain-07d2e9c4a6b1';
const JOB = 'job-ebd1af51271a';
const HOUR = 3600;

let service: Service;
let shared: Pair;
let others: Pair;
let stranger: Pair;
let curve: Pair;
let edwards: Pair;

const keysOf = async (): Promise<KeysOf> => {
  const set = await keySet(
    JSON.stringify({
      keys: [
        await publicJwk(shared),
        await publicJwk(others, { kid: OTHER }),
        await publicJwk(curve, { kid: 'domain-curve' }),
        await publicJwk(edwards, { kid: 'domain-edwards' }),
      ],
    }),
  );
  return (domainId) => Promise.resolve(set.get(domainId) ?? set.get('') ?? []);
};

beforeAll(async () => {
  [shared, others, stranger, curve, edwards] = await Promise.all([
    pairOf('RS256'),
    pairOf('RS256'),
    pairOf('RS256'),
    pairOf('ES256'),
    pairOf('EdDSA'),
  ]);
  service = await startService(
    'jwt',
    {},
    {
      authenticate: createJwtAuthenticate({ keysOf: await keysOf(), now: () => Date.now() }),
    },
  );
});
afterAll(async () => {
  await service.stop();
});

const access = (more: JWTPayload = {}): JWTPayload => accessOf(DOMAIN, more);

const without = (payload: JWTPayload, claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim));

const signed = (payload: JWTPayload, pair: Pair = shared, header: object = {}): Promise<string> =>
  signedBy(payload, pair, header);

async function callGrpc(rpc: RpcName, request: JsonObject, token?: string): Promise<Outcome> {
  const client = jsonClient(service.address, token);
  const outcome = await client.call(rpc, request);
  client.close();
  return outcome;
}

const DOORS = [
  ['gRPC', callGrpc],
  [
    'HTTP, token',
    (rpc: RpcName, request: JsonObject, token?: string) =>
      callHttp(service.http, rpc, request, token === undefined ? {} : { token }),
  ],
  [
    'HTTP, authorization',
    (rpc: RpcName, request: JsonObject, token?: string) =>
      callHttp(service.http, rpc, request, token === undefined ? {} : { authorization: `Bearer ${token}` }),
  ],
] as const;

const get: JsonObject = { job_id: JOB };

type Token = () => Promise<string>;

const ACCEPTED: readonly (readonly [string, Token])[] = [
  ['an access token', () => signed(access())],
  ['one that has just ended, by clocks that differ', () => signed(access({ exp: seconds() - 30 }))],
  ['one that begins in a moment, by clocks that differ', () => signed(access({ nbf: seconds() + 30 }))],
  [
    'an API key without an end',
    () => signed({ cat: 'API_KEY', did: DOMAIN, api_key_id: 'api-key-1', ver: '1' }),
  ],
  ['a token that permits the call', () => signed(access({ permissions: ['identity.*', '*.Job.get'] }))],
  ['a token with a kid that means nothing', () => signed(access(), shared, { kid: 'x' })],
];

describe.each(DOORS)('%s', (_, call) => {
  test.each(ACCEPTED)('%s lets in, to its own domain', async (__, token) => {
    expect(await call('get', get, await token())).toHaveProperty('response.domain_id', DOMAIN);
  });
});

/** With what the header and the claims of a good token are put together by hand. */
const parts = async (header: object, payload: JWTPayload): Promise<string> => {
  const [, , signature] = (await signed(payload)).split('.');
  const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${text(header)}.${text(payload)}.${signature ?? ''}`;
};

const FORGED: readonly (readonly [string, Token])[] = [
  ['no JWT', () => Promise.resolve('token')],
  ['nothing', () => Promise.resolve('.')],
  ['three nothings', () => Promise.resolve('..')],
  ['an unsigned one', () => Promise.resolve(new UnsecuredJWT(access()).encode())],
  ['alg none', () => parts({ alg: 'none' }, access())],
  ['alg None', () => parts({ alg: 'None' }, access())],
  ['no alg', () => parts({ typ: 'JWT' }, access())],
  ['no signature', async () => (await signed(access())).split('.').slice(0, 2).join('.') + '.'],
  [
    'another’s signature',
    async () => {
      const [header, payload] = (await signed(access())).split('.');
      return [header, payload, (await signed(access({ aud: 'x' }))).split('.')[2]].join('.');
    },
  ],
  ['a key that nobody knows', () => signed(access(), stranger)],
  ['the key of another domain', () => signed(access({ did: DOMAIN }), others)],
  ['the shared key for a domain with its own', () => signed(access({ did: OTHER }), shared)],
  [
    'HS256 by the public key',
    async () =>
      new SignJWT(access())
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from(await exportSPKI(shared.publicKey))),
  ],
  [
    'HS256 by nothing much',
    () => new SignJWT(access()).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32)),
  ],
  [
    'PS256 by an RSA key',
    async () =>
      new SignJWT(access()).setProtectedHeader({ alg: 'PS256' }).sign((await pairOf('PS256')).privateKey),
  ],
  [
    'ES256 where the key is RSA',
    () => new SignJWT(access()).setProtectedHeader({ alg: 'ES256' }).sign(curve.privateKey),
  ],
  ['a key in its header', async () => signed(access(), stranger, { jwk: await publicJwk(stranger) })],
  ['an address of keys in its header', () => signed(access(), stranger, { jku: 'http://127.0.0.1/keys' })],
  ['a certificate in its header', () => signed(access(), stranger, { x5u: 'http://127.0.0.1/x' })],
  ['a kid that is another domain', () => signed(access({ did: DOMAIN }), others, { kid: OTHER })],
  ['something critical that is unknown', () => parts({ alg: 'RS256', crit: ['x'], x: 1 }, access())],
  ['an end long ago', () => signed(access({ exp: seconds() - HOUR }))],
  ['an end two minutes ago', () => signed(access({ exp: seconds() - 120 }))],
  ['no end', () => signed(without(access(), 'exp'))],
  [
    'an end that is a text',
    () => signed(Object.fromEntries([...Object.entries(access()), ['exp', 'never']])),
  ],
  ['a beginning in an hour', () => signed(access({ nbf: seconds() + HOUR }))],
  ['no did', () => signed(without(access(), 'did'))],
  ['an empty did', () => signed(access({ did: '' }))],
  ['a did that is a list', () => signed(access({ did: [DOMAIN] }))],
  ['a did that is an object', () => signed(access({ did: { $ne: '' } }))],
  ['no cat', () => signed(without(access(), 'cat'))],
  ['a token to refresh', () => signed(access({ cat: 'REFRESH_TOKEN' }))],
  ['cat in small letters', () => signed(access({ cat: 'access_token' }))],
  ['permissions that are a text', () => signed(access({ permissions: '*' }))],
  ['permissions that are no texts', () => signed(access({ permissions: [1] }))],
  ['a blank within it', async () => (await signed(access())).replace(/.{5}$/, ' $&')],
  ['more than 8 KiB', () => signed(access({ aud: 'x'.repeat(6500) }))],
];

describe.each(DOORS)('by %s', (_, call) => {
  const refused = expect.objectContaining({
    status: 'UNAUTHENTICATED',
    code: 'ERROR_AUTHENTICATE_FAILURE',
    text: 'Authenticate failure. (message = a valid token is needed)',
  });

  test.each(FORGED)('a token with %s is refused with the one text', async (__, token) => {
    expect(await call('get', get, await token())).toEqual({ error: refused });
  });

  test('no token is refused with the same', async () => {
    expect(await call('get', get)).toEqual({ error: refused });
    expect(await call('get', get, '')).toEqual({ error: refused });
  });
});

const RPC_NAMES = ['get', 'list', 'stat', 'delete'] as const;
const MISSING: JsonObject = { job_id: 'job-000000000000' };
const REQUESTS: Readonly<Record<RpcName, JsonObject>> = {
  get: MISSING,
  list: { query: { page: { limit: 1 } } },
  stat: { query: { distinct: 'status' } },
  delete: MISSING,
};
const statusOf = (outcome: Outcome): string => ('error' in outcome ? outcome.error.status : 'OK');
const PERMITTED: Readonly<Record<RpcName, string>> = {
  get: 'NOT_FOUND',
  list: 'OK',
  stat: 'OK',
  delete: 'NOT_FOUND',
};

describe.each(RPC_NAMES)('a token that permits %s alone', (permitted) => {
  const token = (): Promise<string> => signed(access({ permissions: [`inventory.Job.${permitted}`] }));

  test.each(DOORS)('lets in to that rpc and to no other, by %s', async (_, call) => {
    const sent = await token();
    const ends = await Promise.all(
      RPC_NAMES.map(async (rpc) => [rpc, statusOf(await call(rpc, REQUESTS[rpc], sent))]),
    );
    const expected = {
      get: 'PERMISSION_DENIED',
      list: 'PERMISSION_DENIED',
      stat: 'PERMISSION_DENIED',
      delete: 'PERMISSION_DENIED',
    };
    expect(Object.fromEntries(ends)).toEqual({ ...expected, [permitted]: PERMITTED[permitted] });
  });

  test.each(['text/csv', 'application/x-ndjson'])(
    'lets in to an export as %s as it does to a list',
    async (accept) => {
      const response = await post(service.http, '/inventory/v1/job/list', '{}', {
        accept,
        token: await token(),
      });
      await response.text();
      const expected: Readonly<Record<RpcName, number>> = { get: 403, list: 200, stat: 403, delete: 403 };
      expect(response.status).toBe(expected[permitted]);
    },
  );
});

describe('what a token lets in to', () => {
  test.each<readonly [string, RpcName, JsonObject]>([
    ['get', 'get', { job_id: JOB }],
    ['list', 'list', { query: { page: { limit: 1 } } }],
    ['stat', 'stat', { query: { distinct: 'domain_id' } }],
  ])('%s is of its domain, whichever the request names', async (_, rpc, request) => {
    const token = await signed(access());
    const own = await callGrpc(rpc, request, token);
    expect(own).toHaveProperty('response');
    expect(await callGrpc(rpc, { ...request, domain_id: OTHER }, token)).toEqual(own);
  });

  test('another domain’s job is none', async () => {
    const token = await signed(access({ did: OTHER }), others);
    const foreign = await callGrpc('delete', { job_id: JOB, domain_id: DOMAIN }, token);
    expect(foreign).toHaveProperty('error.status', 'NOT_FOUND');
    expect(await callGrpc('get', get, await signed(access()))).toHaveProperty('response');
  });

  test.each([
    ['none', []],
    ['others', ['inventory.Job.list', 'identity.*']],
    ['other letters', ['inventory.job.get']],
  ])('permissions for %s do not cover a get', async (_, permissions) => {
    const outcome = await callGrpc('get', get, await signed(access({ permissions })));
    expect(outcome).toHaveProperty('error.status', 'PERMISSION_DENIED');
  });

  test.each([
    ['ES256', () => curve, 'domain-curve'],
    ['EdDSA', () => edwards, 'domain-edwards'],
  ])('%s is verified too', async (alg, pair, did) => {
    const outcome = await callGrpc('list', {}, await signed(access({ did }), pair(), { alg }));
    expect(outcome).toEqual({ response: {} });
  });
});
