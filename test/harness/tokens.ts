// Tokens and keys, genuine and forged.
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

const HOUR_S = 3600;

export interface Pair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export const pairOf = (algorithm: string): Promise<Pair> => generateKeyPair(algorithm, { extractable: true });

export const publicJwk = async ({ publicKey }: Pair, more: JWK = {}): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  ...more,
});

export const seconds = (): number => Math.floor(Date.now() / 1000);

/** The claims of an access token for `did`. */
export const access = (did: string, more: JWTPayload = {}): JWTPayload => ({
  cat: 'ACCESS_TOKEN',
  user_type: 'USER',
  did,
  aud: 'user@example.org',
  iat: seconds(),
  exp: seconds() + HOUR_S,
  ...more,
});

export const signed = (payload: JWTPayload, { privateKey }: Pair, header: object = {}): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header }).sign(privateKey);

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

/** A token of a header in any text and of claims, without a valid signature. */
export const forged = (header: string, payload: JWTPayload): string =>
  [header, JSON.stringify(payload), 'signature'].map(base64url).join('.');
