/** Names the part of a query at fault when MongoDB refuses it (docs/errors.md «From the database»). */
import { appError, echo, overLimit } from '../errors.js';
import type { Deadline } from '../limits/abort.js';
import {
  AmbiguousIndex,
  DocumentTooLarge,
  FilterRefused,
  ParallelArrays,
  RegexLimitExceeded,
} from '../mongo/errors.js';
import { unguardedFilter } from '../query/compile/filter.js';
import { MAX_ROW_BYTES } from '../query/compile/stat.js';
import { isReferred } from '../query/model.js';
import type { RequestedFilter } from '../query/model.js';
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

const conditionsOf = ({ all, any }: RequestedFilter): readonly Condition[] =>
  [...all, ...any].map((each) => (isReferred(each) ? each.referred : each));

/** The list of a request that holds the condition at `fieldPath`. */
const listOf = (fieldPath: string): string => fieldPath.replace(/\[\d+\]$/, '');

/** The one of `guarded` at fault, or the list that holds them all. */
function faultAmong(guarded: readonly Condition[]): string {
  const [first, ...others] = guarded.map(({ fieldPath }) => fieldPath);
  if (first !== undefined && others.length === 0) return `${first}.value`;
  const [list, ...lists] = new Set(guarded.map(({ fieldPath }) => listOf(fieldPath)));
  return list === undefined || lists.length > 0 ? 'query.filter' : list;
}

/** The error for a runaway expression; it names the condition where only one is guarded, else the filter. */
function regexLimitExceeded(filter: RequestedFilter): Error {
  const key = faultAmong(conditionsOf(filter).filter((condition) => guardOf(condition) !== undefined));
  const reason = "a regular expression exceeds MongoDB's match limit on a stored text; use fewer repetitions";
  return appError('INVALID_PARAMETER', { key, reason });
}

/** The error that names the condition with a regular expression invalid in MongoDB. */
async function invalidRegex(filter: RequestedFilter, store: JobStore, deadline: Deadline): Promise<Error> {
  const fault = await firstRefused(conditionsOf(filter), store, deadline);
  const reason = `'${echo(fault?.path ?? '')}' ${fault?.operator ?? ''}: not a valid regular expression in MongoDB`;
  return appError('INVALID_PARAMETER', { key: `${fault?.fieldPath ?? 'query.filter'}.value`, reason });
}

/** Why stored documents have no order by the keys of a sort. */
function unsortable(error: unknown): string | undefined {
  if (error instanceof ParallelArrays) return 'two sort keys go through arrays; a sort takes one such key';
  return error instanceof AmbiguousIndex
    ? 'the index in a sort key is also the name of a field in a list there; a sort takes another key'
    : undefined;
}

/** The error for the client: `error` itself, unless it is about `filter`, the sort at `sortPath`, or a result. */
export async function describeQueryError(
  error: unknown,
  { filter, sortPath }: { readonly filter: RequestedFilter; readonly sortPath: string },
  store: JobStore,
  deadline: Deadline,
): Promise<unknown> {
  if (error instanceof DocumentTooLarge) return overLimit('row_bytes', MAX_ROW_BYTES);
  if (error instanceof RegexLimitExceeded) return regexLimitExceeded(filter);
  const reason = unsortable(error);
  if (reason !== undefined) return appError('INVALID_PARAMETER', { key: sortPath, reason });
  return error instanceof FilterRefused ? await invalidRegex(filter, store, deadline) : error;
}
