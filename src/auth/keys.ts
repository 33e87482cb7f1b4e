/** Keys for verifying tokens: a JWK set in a file, reloaded when it changes (docs/secure.md «Authentication»). */
import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { MonotonicClock } from '../clock.js';
import { raceAbort } from '../limits/abort.js';
import { createReloadedFiles } from '../limits/reloaded-files.js';
import type { Origin } from './caller.js';

/** A key with its one algorithm; the token has no say in the algorithm. */
export interface VerifyingKey {
  readonly algorithm: string;
  readonly key: CryptoKey;
}

/** Returns the keys of a domain, possibly none; `signal` ends the wait. */
export type KeysOf = (
  domainId: string,
  signal: AbortSignal,
  origin?: Origin,
) => Promise<readonly VerifyingKey[]>;

/** By key type and curve; symmetric keys are not supported. */
const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['RSA', 'RS256'],
  ['EC P-256', 'ES256'],
  ['OKP Ed25519', 'EdDSA'],
]);

/** Tells whether tokens signed by an algorithm are accepted at all. */
export const isAlgorithm = (name: unknown): boolean => [...ALGORITHMS.values()].some((each) => each === name);

/** The secret members of a JWK. */
const SECRETS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const;

/** Minimum strength of an RSA key; weaker keys can be forged. */
const MIN_RSA_BITS = 2048;
const MIN_RSA_EXPONENT = 3;

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Tests an RSA key against the minimum; the supported curves are strong by definition. */
function isStrong({ algorithm }: CryptoKey): boolean {
  if (!('modulusLength' in algorithm && 'publicExponent' in algorithm)) return true;
  const { modulusLength, publicExponent } = algorithm;
  if (typeof modulusLength !== 'number' || !(publicExponent instanceof Uint8Array)) return false;
  const exponent = BigInt(`0x0${Buffer.from(publicExponent).toString('hex')}`);
  return modulusLength >= MIN_RSA_BITS && exponent >= MIN_RSA_EXPONENT && exponent % 2n === 1n;
}

/** Imports a JWK, called `name` in errors. */
async function verifyingKey(jwk: unknown, name: string): Promise<VerifyingKey> {
  const wrong = (why: string): never => {
    throw new Error(`${name} ${why}`);
  };
  if (!isObject(jwk)) return wrong('is no object');
  const kind = [jwk['kty'], jwk['crv']].filter((part) => typeof part === 'string').join(' ');
  const algorithm = ALGORITHMS.get(kind) ?? wrong('is none of RSA, EC P-256 and OKP Ed25519');
  if (SECRETS.some((member) => member in jwk)) wrong('is a private key; only its public part belongs here');
  if (jwk['alg'] !== undefined && jwk['alg'] !== algorithm) wrong(`has another alg than ${algorithm}`);
  const { kid } = jwk;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) wrong('has a kid that is no domain_id');
  const key = await importJWK(publicPart(jwk), algorithm).catch(() => wrong('cannot be read'));
  if (key instanceof Uint8Array || !isStrong(key))
    return wrong('is too weak: RSA keys have 2,048 bits or more');
  return { algorithm, key };
}

const publicPart = ({ kty, crv, x, y, n, e }: Members): JWK =>
  Object.fromEntries(
    Object.entries({ kty, crv, x, y, n, e }).filter(([, value]) => typeof value === 'string'),
  );

/** Keys by domain; those under '' are for domains without keys of their own. */
type KeySet = ReadonlyMap<string, readonly VerifyingKey[]>;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    // Its own error would quote the file.
    throw new Error('it is no JSON');
  }
}

/** Reads one JWK. Errors: an Error about the fault, without any content of the key. */
export const readKey = async (text: string): Promise<VerifyingKey> =>
  verifyingKey(parseJson(text), 'the JWK');

/** Reads a JWK set. Errors: an Error about the fault, without any content of the keys. */
export async function readKeySet(text: string): Promise<KeySet> {
  const set = parseJson(text);
  const jwks: readonly unknown[] = isObject(set) && Array.isArray(set['keys']) ? set['keys'] : [];
  if (jwks.length === 0) throw new Error('it is no JWK set with keys: {"keys": [{"kty": …}, …]}');
  const keys = new Map<string, readonly VerifyingKey[]>();
  for (const [nth, jwk] of jwks.entries()) {
    const key = await verifyingKey(jwk, `key ${nth} of the JWK set`);
    const domain = isObject(jwk) && typeof jwk['kid'] === 'string' ? jwk['kid'] : '';
    keys.set(domain, [...(keys.get(domain) ?? []), key]);
  }
  return keys;
}

/** Takes the keys of a domain from `first`, or from `other` if `first` has none. */
export const eitherKeys =
  (first: KeysOf, other: KeysOf): KeysOf =>
  async (...asked) => {
    const keys = await first(...asked);
    return keys.length > 0 ? keys : other(...asked);
  };

/** Interval between two checks of the file. */
const POLL_INTERVAL_MS = 1000;

export interface KeyFileOptions {
  readonly monotonicNow: MonotonicClock;
  /** Called once for each fault of a changed file; the last valid keys stay in use. */
  readonly report: (error: unknown) => void;
}

/** The keys in a file. */
export interface KeyFile {
  readonly keysOf: KeysOf;
  /** True while the changed file cannot be used. */
  hasFailed(): boolean;
}

/** Loads the keys in the file at `path`. Errors: the first load fails; after that, the last valid keys stay in use. */
export async function createKeyFile(
  path: string,
  { monotonicNow, report }: KeyFileOptions,
): Promise<KeyFile> {
  const parse = ([content]: readonly Buffer[]): Promise<KeySet> => readKeySet(String(content));
  const { latest, hasFailed, reload } = await createReloadedFiles([path], { parse, report });
  let checkedAt = monotonicNow();
  return {
    async keysOf(domainId, signal) {
      if (monotonicNow() - checkedAt >= POLL_INTERVAL_MS) {
        checkedAt = monotonicNow();
        await raceAbort(reload(), signal);
      }
      const keys = latest();
      return keys.get(domainId) ?? keys.get('') ?? [];
    },
    hasFailed,
  };
}
