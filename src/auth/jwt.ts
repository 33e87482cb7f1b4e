/** AUTH=jwt: the token names the caller's domain, and the key of that domain verifies it (docs/secure.md «Authentication»). */
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { fail } from '../errors.js';
import type { RefusedToken } from '../telemetry/metrics/own-definitions.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { Authenticate, Origin } from './caller.js';
import { matchesGlob } from './glob.js';
import type { KeysOf, VerifyingKey } from './keys.js';
import type { Roles } from './roles.js';

/** The size limit of a token. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** The strict form of a signed token: three parts in base64url, without anything a lenient reader would skip. */
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

/** Reads the claims of a payload; undefined if they are malformed. */
function claimsOf(payload: JWTPayload): Claims | undefined {
  const { did, aud, permissions, user_type } = payload;
  if (!isDomainId(did) || !isAccepted(payload)) return undefined;
  if (permissions !== undefined && !isTexts(permissions)) return undefined;
  const user = typeof aud === 'string' ? aud : undefined;
  return { domainId: did, user, permissions, owner: user_type === 'DOMAIN_OWNER' };
}

/** Returns the domain to verify the token by; undefined if no key could make the token valid, so that none is fetched. */
const claimedDomain = (token: string): string | undefined => claimsOf(decodeJwt(token))?.domainId;

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
  if (token === '') return 'missing';
  if (token.length > MAX_TOKEN_BYTES || !COMPACT.test(token)) return 'malformed';
  try {
    const domain = claimedDomain(token);
    if (domain === undefined) return 'claims';
    const keys = await keysOf(domain, signal, origin);
    const tried = await Promise.allSettled(keys.map((key) => verifiedBy(key, token, now())));
    const values = tried.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
    return values.find((value) => value !== undefined) ?? refusalOf(tried);
  } catch (error) {
    // Only errors of the library are about the token; other errors are faults of this service.
    if (error instanceof errors.JOSEError) return 'malformed';
    throw error;
  }
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
