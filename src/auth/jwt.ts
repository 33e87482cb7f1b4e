/** AUTH=jwt: the token names the caller's domain, and the key of that domain verifies it (docs/secure.md «Authentication»). */
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { fail } from '../errors.js';
import type { Authenticate } from './caller.js';
import { matchesGlob } from './glob.js';
import type { KeysOf, VerifyingKey } from './keys.js';
import type { Roles } from './roles.js';

/** The size limit of a token. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** The strict form of a signed token: three parts in base64url, without anything a lenient reader would skip. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Seconds of tolerance between the clocks of signer and verifier. */
const CLOCK_SKEW_S = 60;

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

/** Access tokens must expire, API keys need not, and refresh tokens are not accepted. */
function isAccepted({ cat, exp }: JWTPayload): boolean {
  return cat === 'ACCESS_TOKEN' ? exp !== undefined : cat === 'API_KEY';
}

/** Reads the claims of a payload; undefined if they are malformed. */
function claimsOf(payload: JWTPayload): Claims | undefined {
  const { did, aud, permissions, user_type } = payload;
  if (typeof did !== 'string' || did === '' || !isAccepted(payload)) return undefined;
  if (permissions !== undefined && !isTexts(permissions)) return undefined;
  const user = typeof aud === 'string' ? aud : undefined;
  return { domainId: did, user, permissions, owner: user_type === 'DOMAIN_OWNER' };
}

/** Answers the domain to verify the token by; undefined if no key could make the token valid, so that none is fetched. */
const claimedDomain = (token: string): string | undefined => claimsOf(decodeJwt(token))?.domainId;

async function verifiedBy(
  { algorithm, key }: VerifyingKey,
  token: string,
  now: number,
): Promise<Claims | undefined> {
  const options = { algorithms: [algorithm], clockTolerance: CLOCK_SKEW_S, currentDate: new Date(now) };
  const { payload } = await jwtVerify(token, key, options);
  return claimsOf(payload);
}

/** Verifies a token; answers undefined if it is invalid for any reason. */
async function verified(
  token: string,
  signal: AbortSignal,
  { keysOf, now }: JwtOptions,
): Promise<Claims | undefined> {
  if (token.length > MAX_TOKEN_BYTES || !COMPACT.test(token)) return undefined;
  try {
    const domain = claimedDomain(token);
    if (domain === undefined) return undefined;
    const keys = await keysOf(domain, signal);
    const tried = await Promise.allSettled(keys.map((key) => verifiedBy(key, token, now())));
    return tried.map((result) => (result.status === 'fulfilled' ? result.value : undefined)).find(Boolean);
  } catch (error) {
    // Only errors of the library are about the token; other errors are faults of this service.
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

export interface JwtOptions {
  readonly keysOf: KeysOf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Finds the roles of callers other than owners; without it, the scope of each is the whole domain. */
  readonly roles?: Roles;
}

/** Authenticates by token. The reason for refusing a token is not disclosed. */
export const createJwtAuthenticate =
  (options: JwtOptions): Authenticate =>
  async ({ token = '', verb, signal }) => {
    const claims = await verified(token, signal, options);
    if (claims === undefined) return fail('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' });
    const { domainId, user, permissions, owner } = claims;
    const permission = `inventory.Job.${verb}`;
    if (permissions !== undefined && !permissions.some((pattern) => matchesGlob(pattern, permission)))
      fail('PERMISSION_DENIED', {});
    const { roles } = options;
    if (owner || roles === undefined) return { user, scope: () => Promise.resolve({ domainId }) };
    return {
      user,
      scope: ({ domain_id, project_id = '' }) =>
        roles({ token, verb, domainId, domain_id, project_id }, signal),
    };
  };
