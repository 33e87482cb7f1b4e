/** Scopes by role: callers see as much as their role at the identity service allows (docs/secure.md «Roles»). */
import { createHash } from 'node:crypto';
import type { MonotonicClock } from '../clock.js';
import { appError, fail } from '../errors.js';
import type { AuthorizationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { createCache } from '../limits/cache.js';
import type { Scope } from '../scope.js';
import type { Identity, RoleQuestion } from './identity.js';

/** A question about a role, with the domain of the token. */
export interface RoleRequest extends RoleQuestion {
  readonly domainId: string;
}

export type Roles = (asking: RoleRequest, signal: AbortSignal) => Promise<Scope>;

type ScopeOf = (asking: RoleRequest, answer: AuthorizationResponse) => Scope;

/** The scope of each role. */
const SCOPES: ReadonlyMap<string, ScopeOf> = new Map<string, ScopeOf>([
  [
    'SYSTEM',
    ({ domain_id: domainId }) =>
      domainId === '' ? fail('REQUIRED_PARAMETER', { key: 'domain_id' }) : { domainId },
  ],
  ['DOMAIN', ({ domainId }) => ({ domainId })],
  ['PROJECT', ({ domainId }, { projects }) => ({ domainId, projects })],
]);

function scopeOf(asking: RoleRequest, answer: AuthorizationResponse): Scope {
  const scope = SCOPES.get(answer.role_type);
  if (scope === undefined) throw appError('PERMISSION_DENIED', {});
  return scope(asking, answer);
}

/** Bytes of the cache, and of an answer and of each id in it beside its text. */
const MAX_CACHE_BYTES = 16 * 1024 ** 2;
const ANSWER_BYTES = 500;
const ID_BYTES = 32;

const weightOf = ({ projects, project_groups }: AuthorizationResponse): number =>
  [...projects, ...project_groups].reduce((sum, id) => sum + ID_BYTES + id.length, ANSWER_BYTES);

/** Returns a cache key of fixed length for questions of any length. */
const keyOf = ({ token, verb, domain_id, project_id = '' }: RoleQuestion): string =>
  createHash('sha256')
    .update(JSON.stringify([token, verb, domain_id, project_id]))
    .digest('base64');

export interface RolesOptions {
  /** Lifetime of a cached answer in milliseconds; refusals are not cached. */
  readonly ttlMs: number;
  readonly monotonicNow: MonotonicClock;
}

/** Asks `identity` about each call, or takes an answer cached for at most `ttlMs`. */
export function createRoles(identity: Pick<Identity, 'role'>, { ttlMs, monotonicNow }: RolesOptions): Roles {
  const uncached: Roles = async (asking, signal) => scopeOf(asking, await identity.role(asking, signal));
  if (ttlMs === 0) return uncached;
  const cache = createCache({ ttlMs, monotonicNow, weightOf, capacity: MAX_CACHE_BYTES });
  return async (asking, signal) => {
    const key = keyOf(asking);
    const known = cache.get(key);
    if (known !== undefined) return scopeOf(asking, known);
    const answer = await identity.role(asking, signal);
    cache.set(key, answer);
    return scopeOf(asking, answer);
  };
}
