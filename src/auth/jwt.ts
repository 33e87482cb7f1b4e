/** AUTH=jwt: a caller is the domain that its token names, verified by that domain's key (docs/operations.md «Authentication»). */
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { fail } from '../errors.js';
import type { Authenticate } from './caller.js';
import { matchesGlob } from './glob.js';
import type { KeysOf, VerifyingKey } from './keys.js';
import type { Roles } from './roles.js';

/** Bytes of a token. */
const MAX_TOKEN_BYTES = 8 * 1024;

/** A signed token as it is written: three parts in base64url, without what a lenient reader would pass over. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Seconds that the clocks of who signs and who verifies may differ. */
const CLOCK_SKEW_S = 60;

interface Claims {
  readonly domainId: string;
  /** Patterns of what the token permits; undefined: everything. */
  readonly permissions: readonly string[] | undefined;
  /** Whether the caller owns the domain, so that nobody has to be asked about its role. */
  readonly owner: boolean;
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** A token for access has an end; an API key may have none, and a token to refresh is none of ours. */
function isAccepted({ cat, exp }: JWTPayload): boolean {
  return cat === 'ACCESS_TOKEN' ? exp !== undefined : cat === 'API_KEY';
}

/** What a verified payload says; undefined where it says it wrongly. */
function claimsOf(payload: JWTPayload): Claims | undefined {
  const { did, permissions, user_type } = payload;
  if (typeof did !== 'string' || did === '' || !isAccepted(payload)) return undefined;
  if (permissions !== undefined && !isTexts(permissions)) return undefined;
  return { domainId: did, permissions, owner: user_type === 'DOMAIN_OWNER' };
}

/** The domain whose key decides; undefined: no key could make the token valid, and none is asked for. */
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

/** What a token claims; undefined where it is not valid, for whatever reason. */
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
    // Only what the library says of the token: a fault of ours is none of the caller's.
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}

export interface JwtOptions {
  readonly keysOf: KeysOf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tells the roles of callers who do not own their domain; without it each has its whole domain. */
  readonly roles?: Roles;
}

/** Authenticates by token. What is wrong with one, nobody is told. */
export const createJwtAuthenticate =
  (options: JwtOptions): Authenticate =>
  async ({ token = '', verb, signal }) => {
    const claims = await verified(token, signal, options);
    if (claims === undefined) return fail('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' });
    const { domainId, permissions, owner } = claims;
    const permission = `inventory.Job.${verb}`;
    if (permissions !== undefined && !permissions.some((pattern) => matchesGlob(pattern, permission)))
      fail('PERMISSION_DENIED', {});
    const { roles } = options;
    if (owner || roles === undefined) return { scope: () => Promise.resolve({ domainId }) };
    return {
      scope: ({ domain_id, project_id = '' }) =>
        roles({ token, verb, domainId, domain_id, project_id }, signal),
    };
  };
