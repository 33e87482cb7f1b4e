// Keys unfit for verification, each with the logged reason.
import { exportJWK } from 'jose';
import { generateKeyPairSync } from 'node:crypto';
import { pairOf, publicJwk } from './tokens.js';

export interface UnusableKey {
  readonly name: string;
  /** The key is JSON, and can be part of a set. */
  readonly json: boolean;
  /** The key at the identity service. */
  text(): Promise<string>;
  readonly why: string;
}

/** An RSA key with one deviation. */
const pair = await pairOf('RS256');
const RSA = async (more: object = {}): Promise<string> =>
  JSON.stringify({ ...(await publicJwk(pair)), ...more });

const rsaOf = (modulusLength: number): Promise<string> =>
  Promise.resolve(
    JSON.stringify(generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' })),
  );

const key = (name: string, why: string, text: () => Promise<string>): UnusableKey => ({
  name,
  json: true,
  why,
  text,
});
const constant = (text: string) => (): Promise<string> => Promise.resolve(text);

const KIND = 'is none of RSA, EC P-256 and OKP Ed25519';
const SECRET = 'is a private key; only its public part belongs here';
const READ = 'cannot be read';
const KID = 'has a kid that is no domain_id';
const WEAK = 'is too weak: RSA keys have 2,048 bits or more';

export const UNUSABLE: readonly UnusableKey[] = [
  { name: 'no JSON', json: false, why: 'it is no JSON', text: constant('-----BEGIN PUBLIC KEY-----') },
  { name: 'an empty text', json: false, why: 'it is no JSON', text: constant('') },
  key('a list', 'is no object', constant('[]')),
  key('null', 'is no object', constant('null')),
  key('a number', 'is no object', constant('5')),
  key('an empty object', KIND, constant('{}')),
  key('a set of keys', KIND, async () => `{"keys": [${await RSA()}]}`),
  key('a symmetric key', KIND, constant('{"kty": "oct", "k": "c2VjcmV0"}')),
  key('a key of P-384', KIND, async () => JSON.stringify(await publicJwk(await pairOf('ES384')))),
  key('a kind that is a number', KIND, constant('{"kty": 1}')),
  key('a private key', SECRET, async () => JSON.stringify(await exportJWK(pair.privateKey))),
  key('a prime of a private key', SECRET, () => RSA({ p: 'AQAB' })),
  key('another algorithm', 'has another alg than RS256', () => RSA({ alg: 'RS512' })),
  key('an algorithm of another kind', 'has another alg than RS256', () => RSA({ alg: 'HS256' })),
  key('an algorithm that is null', 'has another alg than RS256', () => RSA({ alg: null })),
  key('a kid that is a number', KID, () => RSA({ kid: 7 })),
  key('a kid that is null', KID, () => RSA({ kid: null })),
  key('a kid that is an object', KID, () => RSA({ kid: { $ne: '' } })),
  key('a kid that is a list', KID, () => RSA({ kid: ['domain-a'] })),
  key('a kid that is true', KID, () => RSA({ kid: true })),
  key('a kid that is empty', KID, () => RSA({ kid: '' })),
  key('half a key', READ, () => RSA({ e: undefined })),
  key('a modulus that is a number', READ, () => RSA({ n: 5 })),
  key('half a point', READ, constant('{"kty": "EC", "crv": "P-256", "x": "AQAB"}')),
  key(
    'a point that is not on its curve',
    READ,
    constant('{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}'),
  ),
  key('a key of 1,024 bits', WEAK, () => rsaOf(1024)),
  key('a modulus of 17 bits', WEAK, () => RSA({ n: 'AQAB' })),
  key('an exponent of 1', WEAK, () => RSA({ e: 'AQ' })),
  key('an even exponent', WEAK, () => RSA({ e: 'AQAA' })),
];
