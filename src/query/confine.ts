/**
 * The only maker of confined filters, and the store takes nothing else: forgetting the tenant does not compile
 * (docs/architecture.md «Scope»).
 */
import { compiledFilter, filterOf } from './compile.js';
import type { CompiledFilter } from './compile.js';
import type { Filter } from './model.js';
import { BARRIER } from './mongo-syntax.js';
import type { MongoFilter, MongoStage } from './mongo-syntax.js';
import type { Doubt } from './malformed-text.js';

/** What a caller may see: one domain, and in it, where `projects` is given, only what belongs to one of them. */
export interface Scope {
  readonly domainId: string;
  readonly projects?: readonly string[];
}

declare const confined: unique symbol;
type Conditions = Readonly<Record<string, unknown>>;
/** A filter within a scope, which MongoDB can evaluate on any document without an error. */
export type ConfinedFilter = Conditions & { readonly [confined]: true };

/** A filter within a scope, with a part that MongoDB may answer by an error. */
export interface ConfinedMatch {
  /** The scope, and all conditions but the guarded ones. */
  readonly within: ConfinedFilter;
  /** The conditions that are evaluated only where all of `within` holds. */
  readonly guarded?: MongoFilter;
}

const brand = (filter: Conditions): filter is ConfinedFilter => '$and' in filter;

function within(scope: readonly MongoFilter[], filter: MongoFilter): ConfinedFilter {
  const both = { $and: [...scope, filter] };
  if (brand(both)) return both;
  throw new Error('unreachable: a confined filter is an $and');
}

const domain = ({ domainId }: Scope): MongoFilter => ({ domain_id: { $eq: domainId } });

const conditionsOf = (scope: Scope): readonly MongoFilter[] => [
  domain(scope),
  ...(scope.projects === undefined ? [] : [{ projects: { $in: scope.projects } }]),
];

/** The resources that `filter` asks for within the scope. */
export function confine(filter: Filter, scope: Scope): ConfinedMatch {
  const { certain, guarded } = compiledFilter(filter);
  return { within: within(conditionsOf(scope), certain), ...(guarded === undefined ? {} : { guarded }) };
}

/** The resources that `filter` gives as find evaluates it, within the scope. */
export const confineFound = (filter: Filter, scope: Scope): ConfinedFilter =>
  within(conditionsOf(scope), filterOf(filter));

/** The one resource whose field `name` is `id`, within the scope. */
export const confineOne = (name: string, id: string, scope: Scope): ConfinedFilter =>
  within(conditionsOf(scope), { [name]: { $eq: id } });

/** The part of a referenced collection that meets `filter` within the scope: references are resolved within the domain. */
export const confineReferred = (filter: MongoFilter, scope: Scope): ConfinedFilter =>
  within([domain(scope)], filter);

const anyOf = (doubts: readonly Doubt[]): MongoFilter => ({ $or: doubts.flatMap(({ find }) => find) });

/** The documents within the scope that meet `filter`, and of which one of `doubts` may hold. */
export const confineDoubtful = (filter: Filter, doubts: readonly Doubt[], scope: Scope): ConfinedFilter =>
  within(conditionsOf(scope), { $and: [filterOf(filter), anyOf(doubts)] });

/** The same of a referenced collection. */
export const confineDoubtfulReferred = (doubts: readonly Doubt[], scope: Scope): ConfinedFilter =>
  confineReferred(anyOf(doubts), scope);

/** What `filter` asks of a referenced collection within the scope. */
export const confineReferredMatch = ({ certain, guarded }: CompiledFilter, scope: Scope): ConfinedMatch => ({
  within: confineReferred(certain, scope),
  ...(guarded === undefined ? {} : { guarded }),
});

/**
 * Those of `documents`, which are data, that meet `filter`. They take the place of one document of a collection, which
 * has to come in.
 */
export const insteadStages = (
  documents: readonly unknown[],
  { certain, guarded }: CompiledFilter,
): readonly MongoStage[] => [
  { $project: { _id: 0, document: { $literal: documents } } },
  { $unwind: '$document' },
  { $replaceRoot: { newRoot: '$document' } },
  { $match: certain },
  ...(guarded === undefined ? [] : [BARRIER, { $match: guarded }]),
];

/**
 * The stages that pass the documents of a match on, those of `within` through `between`. MongoDB merges and reorders the
 * conditions of a filter, and stages in a row; the barrier keeps the guarded conditions from documents outside `within`.
 */
export const matchStages = (
  { within: filter, guarded }: ConfinedMatch,
  between: readonly MongoStage[] = [],
): readonly MongoStage[] => [
  { $match: filter },
  ...between,
  ...(guarded === undefined ? [] : [BARRIER, { $match: guarded }]),
];
