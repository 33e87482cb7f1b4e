/** What a request filters by, confined to what its caller may see, and blamed when MongoDB refuses it. */
import { appError, echo } from '../errors.js';
import { filterOf } from '../query/compile.js';
import type { CompiledFilter } from '../query/compile.js';
import { confine, confineFound, confineReferredMatch } from '../query/confine.js';
import type { ConfinedMatch, Scope } from '../query/confine.js';
import type { AskedFilter, ReferredCondition } from '../query/model.js';
import { guardOf } from '../query/operators.js';
import type { Condition } from '../query/operators.js';
import { resolved } from '../query/references.js';
import type { Lookup } from '../query/references.js';
import { RegexLimitExceeded, FilterRefused, ParallelArrays } from '../mongo/errors.js';
import { JOB_SCHEMA } from './schema.js';
import { limitCommand, MAX_FILTER_BYTES } from '../mongo/command-size.js';
import type { Deadline } from '../limits/abort.js';
import type { JobStore } from './store.js';

const isGuardedReference = (leaf: Condition | ReferredCondition): boolean =>
  'referred' in leaf && guardOf(leaf.referred) !== undefined;

/** The conditions of `filter` that can be told of every collector. */
function certainOf({ all, any }: AskedFilter): AskedFilter {
  return {
    all: all.filter((leaf) => !isGuardedReference(leaf)),
    any: any.some(isGuardedReference) ? [] : any,
  };
}

/**
 * The jobs that `filter` asks for within `scope`, its conditions on collectors resolved. Errors: LIMIT_EXCEEDED for more
 * than a command holds.
 */
export async function scopeFilter(
  scope: Scope,
  filter: AskedFilter,
  store: JobStore,
  deadline: Deadline,
): Promise<ConfinedMatch> {
  const limitMatch = (match: ConfinedMatch) => limitCommand(match, MAX_FILTER_BYTES, 'query.filter');
  const idsOf = (asked: CompiledFilter) =>
    store.collectorIds(limitMatch(confineReferredMatch(asked, scope)), deadline);
  const lookup: Lookup = (asked) =>
    idsOf(asked).catch(async (error: unknown) => {
      if (!(error instanceof RegexLimitExceeded)) throw error;
      // It counts only on a collector that a job in question refers to.
      const certain = await resolved(certainOf(filter), JOB_SCHEMA, idsOf);
      const jobs = { within: confineFound(certain, scope) };
      const _id = { $in: await store.references(jobs, deadline) };
      return idsOf({ ...asked, certain: { $and: [{ _id }, asked.certain] } });
    });
  return limitMatch(confine(await resolved(filter, JOB_SCHEMA, lookup), scope));
}

/** The first of `conditions` that MongoDB refuses, found by halving; undefined where it takes them all. */
async function firstRefused(
  conditions: readonly Condition[],
  store: JobStore,
  deadline: Deadline,
): Promise<Condition | undefined> {
  if (await store.accepts(filterOf({ all: conditions, any: [] }), deadline)) return undefined;
  if (conditions.length < 2) return conditions[0];
  const half = Math.ceil(conditions.length / 2);
  const early = await firstRefused(conditions.slice(0, half), store, deadline);
  return early ?? firstRefused(conditions.slice(half), store, deadline);
}

const conditionsOf = ({ all, any }: AskedFilter): readonly Condition[] =>
  [...all, ...any].map((leaf) => ('referred' in leaf ? leaf.referred : leaf));

/** The error that names the condition of `filter` whose regular expression takes too many steps; the filter, if it may be several. */
function regexLimitExceeded(filter: AskedFilter): Error {
  const [first, ...others] = conditionsOf(filter).filter((condition) => guardOf(condition) !== undefined);
  const key = first === undefined || others.length > 0 ? 'query.filter' : `${first.at}.value`;
  const reason =
    'on a stored text a regular expression takes more steps than MongoDB allows; one with fewer repeats would be right';
  return appError('INVALID_PARAMETER', { key, reason });
}

/** The error that names the condition of `filter` whose regular expression MongoDB refuses. */
async function refusal(filter: AskedFilter, store: JobStore, deadline: Deadline): Promise<Error> {
  const fault = await firstRefused(conditionsOf(filter), store, deadline);
  const reason = `'${echo(fault?.path ?? '')}' ${fault?.operator ?? ''}: this is no regular expression of MongoDB's`;
  return appError('INVALID_PARAMETER', { key: `${fault?.at ?? 'query.filter'}.value`, reason });
}

const twoArrays = (): Error =>
  appError('INVALID_PARAMETER', {
    key: 'query.sort',
    reason: 'two sort keys go through arrays; a sort takes one such key',
  });

/** `error`, or where it is that MongoDB refuses `filter`, the one that names the condition at fault. */
export async function explainFilterError(
  error: unknown,
  filter: AskedFilter,
  store: JobStore,
  deadline: Deadline,
): Promise<unknown> {
  if (error instanceof RegexLimitExceeded) return regexLimitExceeded(filter);
  if (error instanceof ParallelArrays) return twoArrays();
  return error instanceof FilterRefused ? await refusal(filter, store, deadline) : error;
}

/** Runs `work`, its error blamed. */
export async function withFilterErrors<T>(
  filter: AskedFilter,
  store: JobStore,
  deadline: Deadline,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await explainFilterError(error, filter, store, deadline);
  }
}
