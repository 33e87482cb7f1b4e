/** AUTH=jwt: the token names the caller's domain, and the key of that domain verifies it (docs/secure.md «Authentication»). */
import { errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { fail } from '../errors.js';
import type { RefusedToken } from '../telemetry/metrics/own-definitions.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { Authenticate, Origin } from './caller.js';
import { matchesGlob } from './glob.js';
import { isAlgorithm } from './keys.js';
import type { KeysOf, VerifyingKey } from './keys.js';
import type { Roles } from './roles.js';

/** The size limit of a token. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** A signed token: three parts in base64url, without anything a lenient reader would skip. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** The length of a domain's id; those of the identity service have 40 characters at most. */
const MAX_DOMAIN_ID_CHARACTERS = 64;

/** The tolerance between the clocks of signer and verifier. */
const CLOCK_SKEW_SECONDS = 60;

interface Claims {
  readonly domainId: string;
  readonly user: string | undefined;
  /** Patterns of the permitted calls; undefined permits every call. */
  readonly permissions: readonly string[] | undefined;
  /** Owners of the domain need no role from identity. */
  readonly owner: boolean;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const isDomainId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= MAX_DOMAIN_ID_CHARACTERS;

/** JSON reads `1e400` as infinity. */
const isTime = (value: unknown): boolean => value === undefined || Number.isFinite(value);

/** Access tokens must expire, API keys need not, and refresh tokens are not accepted. */
function isAccepted({ cat, exp, nbf, iat }: JWTPayload): boolean {
  if (![exp, nbf, iat].every(isTime)) return false;
  return cat === 'ACCESS_TOKEN' ? exp !== undefined : cat === 'API_KEY';
}

/** The reason that a token is not valid now. */
function refusalByTime({ exp, nbf }: JWTPayload, seconds: number): RefusedToken | undefined {
  if (exp !== undefined && exp <= seconds - CLOCK_SKEW_SECONDS) return 'expired';
  return nbf !== undefined && nbf > seconds + CLOCK_SKEW_SECONDS ? 'claims' : undefined;
}

/** Reads the claims of a payload; undefined if they are malformed. */
function claimsOf(payload: JWTPayload): Claims | undefined {
  const { did, aud, permissions, user_type } = payload;
  if (!isDomainId(did) || !isAccepted(payload)) return undefined;
  if (permissions !== undefined && !isTexts(permissions)) return undefined;
  const user = typeof aud === 'string' ? aud : undefined;
  return { domainId: did, user, permissions, owner: user_type === 'DOMAIN_OWNER' };
}

/** Returns the bytes of a part; undefined if their one spelling is another: a signed token has no second form. */
function decode(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}

/** Reads a part with an object in JSON; undefined for any other. */
function objectIn(part: string): JWTPayload | undefined {
  try {
    const value: unknown = JSON.parse(decode(part)?.toString() ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** No critical extension of the header is supported. */
const isAcceptedHeader = ({ alg, crit }: JWTPayload): boolean => isAlgorithm(alg) && crit === undefined;

/** The domain to verify the token by, or the reason that no key could make it valid, so that none is fetched. */
function claimedDomain(token: string, now: number): { readonly domainId: string } | RefusedToken {
  if (token === '') return 'missing';
  if (token.length > MAX_TOKEN_BYTES || !COMPACT.test(token)) return 'malformed';
  const [header = '', payload = '', signature = ''] = token.split('.');
  const [head, claims] = [objectIn(header), objectIn(payload)];
  if (head === undefined || claims === undefined || decode(signature) === undefined) return 'malformed';
  const accepted = isAcceptedHeader(head) ? claimsOf(claims) : undefined;
  if (accepted === undefined) return 'claims';
  return refusalByTime(claims, Math.floor(now / 1000)) ?? accepted;
}

async function verifiedBy(
  { algorithm, key }: VerifyingKey,
  token: string,
  now: number,
): Promise<Claims | undefined> {
  const options = { algorithms: [algorithm], clockTolerance: CLOCK_SKEW_SECONDS, currentDate: new Date(now) };
  const { payload } = await jwtVerify(token, key, options);
  return claimsOf(payload);
}

/** The reason that no key verifies a token. */
function refusalOf(tried: readonly PromiseSettledResult<unknown>[]): RefusedToken {
  const failures = tried.map((result): unknown => (result.status === 'rejected' ? result.reason : undefined));
  if (failures.length === 0) return 'no_key';
  if (failures.some((failure) => failure instanceof errors.JWTExpired)) return 'expired';
  const isForged = failures.every((failure) => failure instanceof errors.JWSSignatureVerificationFailed);
  return isForged ? 'signature' : 'claims';
}

/** Verifies a token; returns its claims, or the reason for refusing it. */
async function verified(
  token: string,
  signal: AbortSignal,
  { keysOf, now }: JwtOptions,
  origin?: Origin,
): Promise<Claims | RefusedToken> {
  const claimed = claimedDomain(token, now());
  if (typeof claimed === 'string') return claimed;
  const keys = await keysOf(claimed.domainId, signal, origin);
  const tried = await Promise.allSettled(keys.map((key) => verifiedBy(key, token, now())));
  const values = tried.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  return values.find((value) => value !== undefined) ?? refusalOf(tried);
}

export interface JwtOptions {
  readonly keysOf: KeysOf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Finds the roles of callers other than owners; without it, the scope of each is the whole domain. */
  readonly roles?: Roles;
  readonly meter?: Meter;
}

/** The reason goes to the metrics alone. */
function refuse(meter: Meter, why: RefusedToken): never {
  meter.add('inventory_job_tokens_refused_total', { why });
  return fail('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' });
}

/** Authenticates by token. The reason for refusing a token is not disclosed. */
export const createJwtAuthenticate =
  (options: JwtOptions): Authenticate =>
  async ({ token = '', verb, signal, origin }) => {
    const claims = await verified(token, signal, options, origin);
    if (typeof claims === 'string') return refuse(options.meter ?? NO_METER, claims);
    const { domainId, user, permissions, owner } = claims;
    const permission = `inventory.Job.${verb}`;
    if (permissions !== undefined && !permissions.some((pattern) => matchesGlob(pattern, permission)))
      fail('PERMISSION_DENIED', {});
    const { roles } = options;
    if (owner || roles === undefined) return { user, scope: () => Promise.resolve({ domainId }) };
    return {
      user,
      scope: ({ domain_id, project_id = '' }) =>
        roles({ token, verb, domainId, domain_id, project_id, origin }, signal),
    };
  };
