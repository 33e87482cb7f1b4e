// Tokens over both transports: valid ones, their scope, and one uniform error for every invalid one.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { CompactSign, exportSPKI, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey, JWTPayload } from 'jose';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { readKeySet } from '../../src/auth/keys.js';
import type { KeysOf } from '../../src/auth/keys.js';
import { statusOf } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { callHttp, post, routeOf } from '../harness/http-client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access as accessOf, pairOf, publicJwk, seconds, signed as signedBy } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** A domain with its own key; the others share one. */
const OTHER = 'domain-07d2e9c4a6b1';
const JOB = 'job-ebd1af51271a';
const HOUR_SECONDS = 3600;

let service: Service;
let sharedKey: Pair;
let otherKey: Pair;
let unknownKey: Pair;
let ecKey: Pair;
let edKey: Pair;

const keysOf = async (): Promise<KeysOf> => {
  const set = await readKeySet(
    JSON.stringify({
      keys: [
        await publicJwk(sharedKey),
        await publicJwk(otherKey, { kid: OTHER }),
        await publicJwk(ecKey, { kid: 'domain-curve' }),
        await publicJwk(edKey, { kid: 'domain-edwards' }),
      ],
    }),
  );
  return (domainId) => Promise.resolve(set.get(domainId) ?? set.get('') ?? []);
};

beforeAll(async () => {
  [sharedKey, otherKey, unknownKey] = [await pairOf('RS256'), await pairOf('RS256'), await pairOf('RS256')];
  [ecKey, edKey] = [await pairOf('ES256'), await pairOf('EdDSA')];
  const authenticate = createJwtAuthenticate({ keysOf: await keysOf(), now: () => Date.now() });
  service = await startService('jwt', {}, { authenticate });
});
afterAll(() => service.stop());

const access = (claims: JWTPayload = {}): JWTPayload => accessOf(DOMAIN, claims);

const without = (payload: JWTPayload, claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim));

const signed = (payload: JWTPayload, pair: Pair = sharedKey, header: object = {}): Promise<string> =>
  signedBy(payload, pair, header);

type Send = (rpc: RpcName, request: JsonObject, token?: string) => Promise<Outcome>;

const callGrpc: Send = (rpc, request, token) =>
  service.call(rpc, request, { headers: token === undefined ? {} : { token } });
const callWithToken: Send = (rpc, request, token) =>
  callHttp(service.http, rpc, request, token === undefined ? {} : { token });
const callAsBearer: Send = (rpc, request, token) =>
  callHttp(service.http, rpc, request, token === undefined ? {} : { authorization: `Bearer ${token}` });
const callBesideEmptyToken: Send = (rpc, request, token) =>
  callHttp(service.http, rpc, request, { token: '', authorization: `Bearer ${token ?? ''}` });

const TRANSPORTS = [
  ['gRPC', callGrpc],
  ['HTTP, token', callWithToken],
  ['HTTP, authorization', callAsBearer],
  ['HTTP, authorization beside an empty token', callBesideEmptyToken],
] as const;

const GET: JsonObject = { job_id: JOB };

type Token = () => Promise<string>;

/** The letter after the last one of an RSA signature: its bits differ only behind the last byte. */
const next = (letter: string): string => String.fromCharCode(letter.charCodeAt(0) + 1);

const ACCEPTED: readonly (readonly [string, Token])[] = [
  ['an access token', () => signed(access())],
  ['a token expired within the clock tolerance', () => signed(access({ exp: seconds() - 30 }))],
  ['a token valid soon, within the clock tolerance', () => signed(access({ nbf: seconds() + 30 }))],
  [
    'an API key without an expiry',
    () => signed({ cat: 'API_KEY', did: DOMAIN, api_key_id: 'api-key-1', ver: '1' }),
  ],
  [
    'a token with a permission for the call',
    () => signed(access({ permissions: ['identity.*', '*.Job.get'] })),
  ],
  ['a token with its times in fractions of a second', () => signed(access({ exp: seconds() + 0.5 }))],
  ['a token with an unknown kid', () => signed(access(), sharedKey, { kid: 'x' })],
];

describe.each(TRANSPORTS)('%s', (_, call) => {
  test.each(ACCEPTED)('%s gives access to its own domain', async (__, token) => {
    expect(await call('get', GET, await token())).toHaveProperty('response.domain_id', DOMAIN);
  });
});

test.each(['Bearer  ', 'bearer   ', 'BEARER '])(
  'the token comes after any number of blanks: "%s"',
  async (scheme) => {
    const headers = { authorization: `${scheme}${await signed(access())}` };
    expect(await callHttp(service.http, 'get', GET, headers)).toHaveProperty('response.domain_id', DOMAIN);
  },
);

/** Builds a token from any header and claims, with the signature of a valid token. */
const assembleToken = async (header: object, payload: JWTPayload): Promise<string> => {
  const [, , signature] = (await signed(payload)).split('.');
  const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${text(header)}.${text(payload)}.${signature ?? ''}`;
};

/** Signs claims with a part of their JSON replaced. */
const signedText = (payload: JWTPayload, part: RegExp, by: string): Promise<string> =>
  new CompactSign(Buffer.from(JSON.stringify(payload).replace(part, by)))
    .setProtectedHeader({ alg: 'RS256' })
    .sign(sharedKey.privateKey);

const signedAs = (alg: string, key: CryptoKey | Uint8Array): Promise<string> =>
  new SignJWT(access()).setProtectedHeader({ alg }).sign(key);

const INVALID: readonly (readonly [string, Token])[] = [
  ['a text in place of a JWT', () => Promise.resolve('token')],
  ['a single dot', () => Promise.resolve('.')],
  ['two dots', () => Promise.resolve('..')],
  ['an unsigned JWT', () => Promise.resolve(new UnsecuredJWT(access()).encode())],
  ['alg none', () => assembleToken({ alg: 'none' }, access())],
  ['alg None', () => assembleToken({ alg: 'None' }, access())],
  ['no alg', () => assembleToken({ typ: 'JWT' }, access())],
  ['no signature', async () => (await signed(access())).split('.').slice(0, 2).join('.') + '.'],
  [
    'the signature of another token',
    async () => {
      const [header, payload] = (await signed(access())).split('.');
      return [header, payload, (await signed(access({ aud: 'x' }))).split('.')[2]].join('.');
    },
  ],
  ['an unknown key', () => signed(access(), unknownKey)],
  ['the key of another domain', () => signed(access({ did: DOMAIN }), otherKey)],
  ['the shared key for a domain with its own', () => signed(access({ did: OTHER }), sharedKey)],
  [
    'HS256 by the public key',
    async () => signedAs('HS256', Buffer.from(await exportSPKI(sharedKey.publicKey))),
  ],
  ['HS256 by a key of zeros', () => signedAs('HS256', Buffer.alloc(32))],
  ['PS256 by an RSA key', async () => signedAs('PS256', (await pairOf('PS256')).privateKey)],
  ['ES256 where the key is RSA', () => signedAs('ES256', ecKey.privateKey)],
  ['a key in its header', async () => signed(access(), unknownKey, { jwk: await publicJwk(unknownKey) })],
  ['an address of keys in its header', () => signed(access(), unknownKey, { jku: 'http://127.0.0.1/keys' })],
  ['a certificate in its header', () => signed(access(), unknownKey, { x5u: 'http://127.0.0.1/x' })],
  ['the kid of another domain', () => signed(access({ did: DOMAIN }), otherKey, { kid: OTHER })],
  ['an unknown critical header', () => assembleToken({ alg: 'RS256', crit: ['x'], x: 1 }, access())],
  ['an expiry an hour ago', () => signed(access({ exp: seconds() - HOUR_SECONDS }))],
  ['an expiry two minutes ago', () => signed(access({ exp: seconds() - 120 }))],
  ['no expiry', () => signed(without(access(), 'exp'))],
  [
    'an expiry of type string',
    () => signed(Object.fromEntries([...Object.entries(access()), ['exp', 'never']])),
  ],
  ['a start in an hour', () => signed(access({ nbf: seconds() + HOUR_SECONDS }))],
  ['no did', () => signed(without(access(), 'did'))],
  ['an empty did', () => signed(access({ did: '' }))],
  ['a did of 65 characters', () => signed(access({ did: 'x'.repeat(65) }))],
  ['an infinite expiry', () => signedText(access(), /"exp":\d+/, '"exp":1e400')],
  ['a start before all time', () => signedText(access({ nbf: 0 }), /"nbf":0/, '"nbf":-1e400')],
  ['an infinite time of issue', () => signedText(access(), /"iat":\d+/, '"iat":1e400')],
  ['a did of type list', () => signed(access({ did: [DOMAIN] }))],
  ['a did of type object', () => signed(access({ did: { $ne: '' } }))],
  ['no cat', () => signed(without(access(), 'cat'))],
  ['the cat of a refresh token', () => signed(access({ cat: 'REFRESH_TOKEN' }))],
  ['cat in lower case', () => signed(access({ cat: 'access_token' }))],
  ['permissions of type string', () => signed(access({ permissions: '*' }))],
  ['permissions of type number', () => signed(access({ permissions: [1] }))],
  ['another spelling of its signature', async () => (await signed(access())).replace(/.$/, next)],
  ['a blank inside', async () => (await signed(access())).replace(/.{5}$/, ' $&')],
  ['more than 8 KiB', () => signed(access({ aud: 'x'.repeat(6500) }))],
];

describe.each(TRANSPORTS)('over %s', (_, call) => {
  const refusal = expect.objectContaining({
    status: 'UNAUTHENTICATED',
    code: 'ERROR_AUTHENTICATE_FAILURE',
    text: 'Authenticate failure. (message = a valid token is needed)',
  });

  test.each(INVALID)('a token with %s is rejected with the uniform error', async (__, token) => {
    expect(await call('get', GET, await token())).toEqual({ error: refusal });
  });

  test('a missing token is rejected with the uniform error', async () => {
    expect(await call('get', GET)).toEqual({ error: refusal });
    expect(await call('get', GET, '')).toEqual({ error: refusal });
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
const PERMITTED: Readonly<Record<RpcName, string>> = {
  get: 'NOT_FOUND',
  list: 'OK',
  stat: 'OK',
  delete: 'NOT_FOUND',
};

describe.each(RPC_NAMES)('a token that permits %s alone', (permitted) => {
  const token = (): Promise<string> => signed(access({ permissions: [`inventory.Job.${permitted}`] }));

  test.each(TRANSPORTS)('gives access to this rpc only, over %s', async (_, call) => {
    const bearer = await token();
    const statuses = await Promise.all(
      RPC_NAMES.map(async (rpc) => [rpc, statusOf(await call(rpc, REQUESTS[rpc], bearer))]),
    );
    const denied = Object.fromEntries(RPC_NAMES.map((rpc) => [rpc, 'PERMISSION_DENIED']));
    expect(Object.fromEntries(statuses)).toEqual({ ...denied, [permitted]: PERMITTED[permitted] });
  });

  test.each(['text/csv', 'application/x-ndjson'])(
    'gives access to an export as %s exactly if it permits list',
    async (accept) => {
      const response = await post(service.http, routeOf('list'), '{}', {
        accept,
        token: await token(),
      });
      await response.text();
      const expected: Readonly<Record<RpcName, number>> = { get: 403, list: 200, stat: 403, delete: 403 };
      expect(response.status).toBe(expected[permitted]);
    },
  );
});

describe('the scope of a token', () => {
  test.each<readonly [string, RpcName, JsonObject]>([
    ['get', 'get', { job_id: JOB }],
    ['list', 'list', { query: { page: { limit: 1 } } }],
    ['stat', 'stat', { query: { distinct: 'domain_id' } }],
  ])('limits %s to its domain whichever one is requested', async (_, rpc, request) => {
    const token = await signed(access());
    const own = await callGrpc(rpc, request, token);
    expect(own).toHaveProperty('response');
    expect(await callGrpc(rpc, { ...request, domain_id: OTHER }, token)).toEqual(own);
  });

  test('hides the jobs of another domain', async () => {
    const token = await signed(access({ did: OTHER }), otherKey);
    const foreign = await callGrpc('delete', { job_id: JOB, domain_id: DOMAIN }, token);
    expect(foreign).toHaveProperty('error.status', 'NOT_FOUND');
    expect(await callGrpc('get', GET, await signed(access()))).toHaveProperty('response');
  });

  test.each([
    ['no rpc', []],
    ['other rpcs', ['inventory.Job.list', 'identity.*']],
    ['another case', ['inventory.job.get']],
  ])('excludes get with permissions for %s', async (_, permissions) => {
    const outcome = await callGrpc('get', GET, await signed(access({ permissions })));
    expect(outcome).toHaveProperty('error.status', 'PERMISSION_DENIED');
  });

  test.each([
    ['ES256', () => ecKey, 'domain-curve'],
    ['EdDSA', () => edKey, 'domain-edwards'],
    ['RS256', () => sharedKey, 'of-64-characters'.repeat(4)],
  ])('is verified for %s keys', async (alg, pair, did) => {
    const outcome = await callGrpc('list', {}, await signed(access({ did }), pair(), { alg }));
    expect(outcome).toEqual({ response: {} });
  });
});
