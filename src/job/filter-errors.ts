/** Names the condition at fault when MongoDB refuses a filter (docs/errors.md «From the database»). */
import { appError, echo } from '../errors.js';
import type { Deadline } from '../limits/abort.js';
import { FilterRefused, ParallelArrays, RegexLimitExceeded } from '../mongo/errors.js';
import { unguardedFilter } from '../query/compile/filter.js';
import type { AskedFilter } from '../query/model.js';
import { guardOf } from '../query/condition.js';
import type { Condition } from '../query/condition.js';
import type { JobStore } from './store.js';

/** Finds the first refused condition by halving; undefined: MongoDB takes them all. */
async function firstRefused(
  conditions: readonly Condition[],
  store: JobStore,
  deadline: Deadline,
): Promise<Condition | undefined> {
  if (await store.accepts(unguardedFilter({ all: conditions, any: [] }), deadline)) return undefined;
  if (conditions.length < 2) return conditions[0];
  const half = Math.ceil(conditions.length / 2);
  const early = await firstRefused(conditions.slice(0, half), store, deadline);
  return early ?? firstRefused(conditions.slice(half), store, deadline);
}

const conditionsOf = ({ all, any }: AskedFilter): readonly Condition[] =>
  [...all, ...any].map((leaf) => ('referred' in leaf ? leaf.referred : leaf));

/** The error for a runaway expression; it names the condition where only one is guarded, else the filter. */
function regexLimitExceeded(filter: AskedFilter): Error {
  const [first, ...others] = conditionsOf(filter).filter((condition) => guardOf(condition) !== undefined);
  const key = first === undefined || others.length > 0 ? 'query.filter' : `${first.fieldPath}.value`;
  const reason = "a regular expression exceeds MongoDB's match limit on a stored text; use fewer repetitions";
  return appError('INVALID_PARAMETER', { key, reason });
}

/** The error that names the condition with a regular expression invalid in MongoDB. */
async function invalidRegex(filter: AskedFilter, store: JobStore, deadline: Deadline): Promise<Error> {
  const fault = await firstRefused(conditionsOf(filter), store, deadline);
  const reason = `'${echo(fault?.path ?? '')}' ${fault?.operator ?? ''}: not a valid regular expression in MongoDB`;
  return appError('INVALID_PARAMETER', { key: `${fault?.fieldPath ?? 'query.filter'}.value`, reason });
}

const twoArrays = (): Error =>
  appError('INVALID_PARAMETER', {
    key: 'query.sort',
    reason: 'two sort keys go through arrays; a sort takes one such key',
  });

/** The error for the client: `error` itself, unless it is about `filter` or its sort. */
export async function explainFilterError(
  error: unknown,
  filter: AskedFilter,
  store: JobStore,
  deadline: Deadline,
): Promise<unknown> {
  if (error instanceof RegexLimitExceeded) return regexLimitExceeded(filter);
  if (error instanceof ParallelArrays) return twoArrays();
  return error instanceof FilterRefused ? await invalidRegex(filter, store, deadline) : error;
}
