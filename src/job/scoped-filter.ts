/** Confines the filter of a request to its caller's scope (docs/architecture.md «Scope»). */
import type { Deadline } from '../limits/abort.js';
import { limitCommand, MAX_FILTER_BYTES } from '../mongo/command-size.js';
import { RegexLimitExceeded } from '../mongo/errors.js';
import type { CompiledFilter } from '../query/compile/filter.js';
import { confine, confineFound, confineReferredMatch } from '../query/confine.js';
import type { ConfinedMatch } from '../query/confine.js';
import type { Scope } from '../scope.js';
import { isReferred } from '../query/model.js';
import type { FilterCondition, RequestedFilter } from '../query/model.js';
import { guardOf } from '../query/condition.js';
import { resolveReferences } from '../query/references.js';
import type { Lookup } from '../query/references.js';
import { JOB_SCHEMA } from './schema.js';
import type { MalformedTextResolver } from './resolve-malformed-text.js';
import type { JobStore } from './store.js';

/** The jobs of a filter within a scope. Errors: LIMIT_EXCEEDED for more than a command holds. */
export type ScopeFilter = (
  filter: RequestedFilter,
  scope: Scope,
  deadline: Deadline,
) => Promise<ConfinedMatch>;

const isGuardedReference = (condition: FilterCondition): boolean =>
  isReferred(condition) && guardOf(condition.referred) !== undefined;

/** `filter` without its guarded conditions on collectors. */
function withoutGuardedReferences({ all, any }: RequestedFilter): RequestedFilter {
  return {
    all: all.filter((each) => !isGuardedReference(each)),
    any: any.some(isGuardedReference) ? [] : any,
  };
}

const limitMatch = (match: ConfinedMatch): ConfinedMatch =>
  limitCommand(match, MAX_FILTER_BYTES, 'query.filter');

/** Resolves the conditions on collectors through `store`, those on malformed text through `resolveMalformedText`. */
export function createScopeFilter(store: JobStore, resolveMalformedText: MalformedTextResolver): ScopeFilter {
  return async (requested, scope, deadline) => {
    const filter = await resolveMalformedText(requested, scope, deadline);
    const idsOf = (conditions: CompiledFilter) =>
      store.collectorIds(limitMatch(confineReferredMatch(conditions, scope, JOB_SCHEMA)), deadline);

    /** The same among the collectors of jobs in question: a runaway match on any other collector fails nothing. */
    async function idsInQuestion(conditions: CompiledFilter) {
      const certain = await resolveReferences(withoutGuardedReferences(filter), JOB_SCHEMA, idsOf);
      const jobs = { within: confineFound(certain, scope, JOB_SCHEMA) };
      const _id = { $in: await store.references(jobs, deadline) };
      return idsOf({ ...conditions, certain: { $and: [{ _id }, conditions.certain] } });
    }

    const lookup: Lookup = (conditions) =>
      idsOf(conditions).catch((error: unknown) => {
        if (!(error instanceof RegexLimitExceeded)) throw error;
        return idsInQuestion(conditions);
      });
    return limitMatch(confine(await resolveReferences(filter, JOB_SCHEMA, lookup), scope, JOB_SCHEMA));
  };
}
