// Tokens, by both doors: which let a caller in, to what, and that nobody is told why one does not.
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { jwt } from '../../src/auth/jwt.js';
import { keyFile, keySet } from '../../src/auth/keys.js';
import { jsonClient } from '../support/client.js';
import type { Outcome, RpcName } from '../support/client.js';
import { callHttp } from '../support/http-client.js';
import { startService } from '../support/service.js';
import type { Service } from '../support/service.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
/** Has a key of its own; the others share one. */
const OTHER = 'domain-07d2e9c4a6b1';
const JOB = 'job-ebd1af51271a';
const HOUR = 3600;

interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const pairOf = (algorithm: string): Promise<Pair> => generateKeyPair(algorithm, { extractable: true });
const publicJwk = async ({ publicKey }: Pair, more: JWK = {}): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  ...more,
});

let service: Service;
let shared: Pair;
let others: Pair;
let stranger: Pair;
let curve: Pair;
let edwards: Pair;
let folder: string;
let file: string;
const reports: unknown[] = [];
let clock = 0;

const write = (keys: readonly JWK[]): Promise<void> => writeFile(file, JSON.stringify({ keys }));

beforeAll(async () => {
  [shared, others, stranger, curve, edwards] = await Promise.all([
    pairOf('RS256'),
    pairOf('RS256'),
    pairOf('RS256'),
    pairOf('ES256'),
    pairOf('EdDSA'),
  ]);
  folder = await mkdtemp(join(tmpdir(), 'inventory-job-keys-'));
  file = join(folder, 'keys.json');
  await write([
    await publicJwk(shared),
    await publicJwk(others, { kid: OTHER }),
    await publicJwk(curve, { kid: 'domain-curve' }),
    await publicJwk(edwards, { kid: 'domain-edwards' }),
  ]);
  const keysOf = await keyFile(file, { clock: () => clock, report: (error) => reports.push(error) });
  service = await startService('jwt', {}, { authenticate: jwt({ keysOf, now: () => Date.now() }) });
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

const seconds = (): number => Math.floor(Date.now() / 1000);

const access = (more: JWTPayload = {}): JWTPayload => ({
  cat: 'ACCESS_TOKEN',
  user_type: 'USER',
  did: DOMAIN,
  aud: 'user@example.org',
  iat: seconds(),
  exp: seconds() + HOUR,
  ...more,
});

const without = (payload: JWTPayload, claim: string): JWTPayload =>
  Object.fromEntries(Object.entries(payload).filter(([name]) => name !== claim));

const signed = (payload: JWTPayload, pair: Pair = shared, header: object = {}): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header }).sign(pair.privateKey);

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
  ['more than 8 KiB', () => signed(access({ aud: 'x'.repeat(6500) }))],
];

test.each(DOORS)(`%s: ${FORGED.length} forged tokens and none are refused with one text`, async (_, call) => {
  const tokens = await Promise.all(FORGED.map(([, token]) => token()));
  const outcomes = await Promise.all([...tokens, undefined].map((token) => call('get', get, token)));
  const told = outcomes.map((outcome) =>
    'error' in outcome ? `${outcome.error.status} ${outcome.error.text}` : 'in',
  );
  const text = 'UNAUTHENTICATED Authenticate failure. (message = a valid token is needed)';
  expect(told).toEqual(told.map(() => text));
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

describe('the file of keys', () => {
  test('is read again when it changes, and stays as it was where it cannot be used', async () => {
    const token = await signed(access(), stranger);
    expect(await callGrpc('get', get, token)).toHaveProperty('error.status', 'UNAUTHENTICATED');
    await write([await publicJwk(stranger), await publicJwk(shared)]);
    await utimes(file, 1, 1);
    clock += 1000;
    expect(await callGrpc('get', get, token)).toHaveProperty('response');
    await writeFile(file, '{"keys": [');
    clock += 1000;
    expect(await callGrpc('get', get, token)).toHaveProperty('response');
    expect(reports).toEqual([expect.objectContaining({ message: 'it is no JSON' })]);
    expect(await callGrpc('get', get, await signed(access()))).toHaveProperty('response');
  });

  test.each<readonly [string, string, string]>([
    ['no JSON', 'secret', 'it is no JSON'],
    ['no set', '{}', 'it is no JWK set'],
    ['no keys', '{"keys": []}', 'it is no JWK set'],
    ['no object', '{"keys": [5]}', 'key 0 of the JWK set is no object'],
    ['a symmetric key', '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', 'is none of RSA'],
    [
      'a private key',
      '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "c2VjcmV0"}]}',
      'is a private key',
    ],
    [
      'another algorithm',
      '{"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "PS256"}]}',
      'another alg',
    ],
    ['half a key', '{"keys": [{"kty": "RSA", "n": "AQAB"}]}', 'cannot be read'],
  ])('is refused with %s, without being quoted', async (_, text, why) => {
    const reading = keySet(text);
    await expect(reading).rejects.toThrow(why);
    await expect(reading).rejects.not.toThrow('secret');
  });
});
