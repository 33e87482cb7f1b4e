/** Filters in MongoDB's terms. Cannot fail, does no I/O and reads no clock (docs/architecture.md «One way through»). */
import { guardedRegex } from '../guarded-regex.js';
import type { Filter } from '../model.js';
import type { MongoExpression, MongoFilter } from '../mongo-syntax.js';
import { guardOf, matchOf } from '../condition.js';
import type { Condition } from '../condition.js';

export interface CompiledFilter {
  /** The conditions that MongoDB evaluates reliably on any document. */
  readonly certain: MongoFilter;
  /** The others, which may miss a text, with their guards; undefined: there are none. */
  readonly guarded: MongoFilter | undefined;
}

const allOf = (filters: readonly MongoFilter[]): MongoFilter =>
  filters.length === 0 ? {} : { $and: filters };

const anyOf = (filters: readonly MongoFilter[]): readonly MongoFilter[] =>
  filters.length === 0 ? [] : [{ $or: filters }];

/** Compiles `filter` as find evaluates it, without guards. */
export const unguardedFilter = ({ all, any }: Filter): MongoFilter =>
  allOf([...all.map(matchOf), ...anyOf(any.map(matchOf))]);

/** A condition with its guard; undefined: it needs none. */
interface CompiledCondition {
  readonly match: MongoFilter;
  readonly guard: MongoExpression | undefined;
}

const compileCondition = (condition: Condition): CompiledCondition => ({
  match: matchOf(condition),
  guard: guardOf(condition),
});

const needsGuard = ({ guard }: CompiledCondition): boolean => guard !== undefined;

const matchesOf = (conditions: readonly CompiledCondition[]): readonly MongoFilter[] =>
  conditions.map(({ match }) => match);

const guardsOf = (conditions: readonly CompiledCondition[]): readonly MongoExpression[] =>
  conditions.map(({ guard }) => guard).filter((guard) => guard !== undefined);

/** Compiles `filter` with its guards. */
export function compileFilter({ all, any }: Filter): CompiledFilter {
  const conditions = all.map(compileCondition);
  const alternatives = any.map(compileCondition);
  const certain = matchesOf(conditions.filter((each) => !needsGuard(each)));
  const uncertain = conditions.filter(needsGuard);
  const either = anyOf(matchesOf(alternatives));
  const [early, late] = alternatives.some(needsGuard) ? [[], either] : [either, []];
  const hasGuards = [...uncertain, ...alternatives].some(needsGuard);
  const match = allOf([...matchesOf(uncertain), ...late]);
  return {
    certain: allOf([...certain, ...early]),
    guarded: hasGuards ? guardedRegex(match, guardsOf(uncertain), guardsOf(alternatives)) : undefined,
  };
}
