// An unusable key at the identity service: it authenticates nobody, and the log has a line.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { JWTPayload } from 'jose';
import { createFetchedKeys } from '../../src/auth/fetched-keys.js';
import { createIdentity } from '../../src/auth/identity.js';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import type { KeysOf } from '../../src/auth/keys.js';
import type { Outcome } from '../harness/client.js';
import { callHttp } from '../harness/http-client.js';
import { startStandIn } from '../harness/identity.js';
import type { StandIn } from '../harness/identity.js';
import { UNUSABLE } from '../harness/keys.js';
import { createRecordedLog } from '../harness/log.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { access, forged, pairOf, publicJwk, seconds, signed } from '../harness/tokens.js';
import type { Pair } from '../harness/tokens.js';

const MINUTE_MS = 60_000;

let pair: Pair;
let jwk: string;
let identity: StandIn;
let service: Service;
let keysOf: KeysOf;
let clock = 0;
let texts: Readonly<Record<string, string>> = {};
/** The domain of an answer. */
let answered = (asked: string): string => asked;
const log = createRecordedLog();
const closing: (() => void | Promise<void>)[] = [];

beforeAll(async () => {
  pair = await pairOf('ES256');
  jwk = JSON.stringify(await publicJwk(pair));
  identity = await startStandIn({
    key: (domain_id) => ({ domain_id: answered(domain_id), public_key: texts[domain_id] ?? '' }),
    role: () => ({ role_type: 'DOMAIN', projects: [], project_groups: [] }),
  });
  const options = { now: () => Date.now(), monotonicNow: () => clock, log };
  const client = createIdentity({ address: `127.0.0.1:${identity.port}`, secure: false }, options);
  closing.push(client.close, identity.stop);
  keysOf = createFetchedKeys(client, options);
  const authenticate = createJwtAuthenticate({ keysOf, now: () => Date.now() });
  service = await startService('unusable_keys', {}, { authenticate });
});
beforeEach(() => {
  answered = (asked) => asked;
});
afterAll(async () => {
  for (const close of closing) await close();
  await service.stop();
});

async function outcomes(token?: string): Promise<readonly Outcome[]> {
  const headers = token === undefined ? {} : { token };
  return [await service.call('list', {}, { headers }), await callHttp(service.http, 'list', {}, headers)];
}

const refusal = {
  code: 'ERROR_AUTHENTICATE_FAILURE',
  text: 'Authenticate failure. (message = a valid token is needed)',
};
const REFUSED = [refusal, refusal].map((error) => ({ error: expect.objectContaining(error) }));
const ACCEPTED = { response: {} };
const tokenOf = (did: string): Promise<string> => signed(access(did), pair, { alg: 'ES256' });
const fetches = (did: string): number => identity.fetched.filter((each) => each === did).length;
const loggedLines = (did: string) =>
  log.entries.filter(({ about }) => 'domain_id' in about && about.domain_id === did);

describe.each(UNUSABLE.map((key, nth) => ({ ...key, nth })))(
  'an invalid key ($name)',
  ({ nth, text, why }) => {
    test('authenticates nobody, and is fetched and logged once', async () => {
      const did = `domain-first-${nth}`;
      texts = { [did]: await text() };
      const token = await tokenOf(did);
      expect(await outcomes(token)).toEqual(REFUSED);
      expect(await outcomes()).toEqual(REFUSED);
      expect(fetches(did)).toBe(1);
      clock += 30_000;
      expect(await outcomes(token)).toEqual(REFUSED);
      expect(fetches(did)).toBe(2);
      expect(loggedLines(did)).toEqual([
        {
          level: 'warn',
          about: { domain_id: did, reason: expect.stringContaining(why) },
          message: 'the key of a domain cannot be used',
        },
      ]);
      expect(service.faults).toEqual([]);
    });

    test('revokes the access by the key before it until a valid key returns', async () => {
      const did = `domain-after-${nth}`;
      texts = { [did]: jwk };
      const token = await tokenOf(did);
      const outcome = () => callHttp(service.http, 'list', {}, { token });
      expect(await outcome()).toEqual(ACCEPTED);
      texts = { [did]: await text() };
      clock += 10 * MINUTE_MS;
      expect(await outcome()).toEqual(REFUSED[0]);
      texts = { [did]: jwk };
      clock += 30_000;
      expect(await outcome()).toEqual(ACCEPTED);
      expect(loggedLines(did).map(({ level }) => level)).toEqual(['warn', 'info']);
      expect(service.faults).toEqual([]);
    });
  },
);

test('an answer about another domain holds no usable key, and a domain of another form stays out of the log', async () => {
  const did = 'of the test';
  texts = { [did]: jwk };
  answered = () => 'domain-other';
  expect(await outcomes(await tokenOf(did))).toEqual(REFUSED);
  expect(log.entries.map(({ about }) => about)).toContainEqual({
    domain_id: undefined,
    reason: 'the answer is about another domain',
  });
});

const HEADER = '{"alg":"ES256"}';
const ofNobody = (more: JWTPayload = {}): JWTPayload => access('domain-of-nobody', more);

test.each<readonly [string, string]>([
  ['no token', ''],
  ['no JWT', '.'],
  ['the cat of a refresh token', forged(HEADER, ofNobody({ cat: 'REFRESH_TOKEN' }))],
  ['an empty did', forged(HEADER, access(''))],
  ['a did of 65 characters', forged(HEADER, access('x'.repeat(65)))],
  ['a permission of type number', forged(HEADER, ofNobody({ permissions: ['*', 1] }))],
  ['an expiry two minutes ago', forged(HEADER, ofNobody({ exp: seconds() - 120 }))],
  ['a start in an hour', forged(HEADER, ofNobody({ nbf: seconds() + 3600 }))],
  ['an empty header', forged('{}', ofNobody())],
  ['a header that is no JSON', forged('x', ofNobody())],
  ['a header of type list', forged(`[${HEADER}]`, ofNobody())],
  ['a header of null', forged('null', ofNobody())],
  ['alg none', forged('{"alg":"none"}', ofNobody())],
  ['alg HS256', forged('{"alg":"HS256"}', ofNobody())],
  ['an alg of type list', forged('{"alg":["ES256"]}', ofNobody())],
  ['a critical extension', forged('{"alg":"ES256","crit":["x"],"x":1}', ofNobody())],
  ['a character too much', `${forged(HEADER, ofNobody())}A`],
])('no key is fetched for %s', async (_, token) => {
  const before = identity.fetched.length;
  expect(await outcomes(token)).toEqual(REFUSED);
  expect(identity.fetched).toHaveLength(before);
});
