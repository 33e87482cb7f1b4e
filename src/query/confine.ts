/**
 * The only maker of confined filters, and the store takes nothing else: forgetting the tenant does not compile
 * (docs/architecture.md «Scope»).
 */
import { compileFilter, unguardedFilter } from './compile/filter.js';
import type { CompiledFilter } from './compile/filter.js';
import { probesForCondition } from './condition.js';
import type { MalformedTextProbe } from './malformed-text.js';
import { isOwn } from './model.js';
import type { Filter, RequestedFilter } from './model.js';
import { BARRIER } from './mongo-syntax.js';
import type { Scope } from '../scope.js';
import type { MongoFilter, MongoStage } from './mongo-syntax.js';
import type { OwnerFields, ResourceSchema } from './schema.js';

declare const confined: unique symbol;
type Conditions = Readonly<Record<string, unknown>>;
/** A filter within a scope; MongoDB can evaluate it on any document without an error. */
export type ConfinedFilter = Conditions & { readonly [confined]: true };

/** A filter within a scope, with a part that MongoDB may answer by an error. */
export interface ConfinedMatch {
  /** The scope, and all conditions but the guarded ones. */
  readonly within: ConfinedFilter;
  /** Conditions evaluated only where all of `within` holds. */
  readonly guarded?: MongoFilter;
}

const brand = (filter: Conditions): filter is ConfinedFilter => '$and' in filter;

function within(scope: readonly MongoFilter[], filter: MongoFilter): ConfinedFilter {
  const both = { $and: [...scope, filter] };
  if (brand(both)) return both;
  throw new Error('unreachable: a confined filter is an $and');
}

const match = (filter: ConfinedFilter, guarded: MongoFilter | undefined): ConfinedMatch => ({
  within: filter,
  ...(guarded === undefined ? {} : { guarded }),
});

const inDomain = ({ domainId }: Scope, { tenant }: OwnerFields): MongoFilter => ({
  [tenant]: { $eq: domainId },
});

const inScope = (scope: Scope, owner: OwnerFields): readonly MongoFilter[] => [
  inDomain(scope, owner),
  ...(scope.projects === undefined ? [] : [{ [owner.projects]: { $in: scope.projects } }]),
];

/** Confines `filter`, guards included, to the scope. */
export function confine(filter: Filter, scope: Scope, { owner }: ResourceSchema): ConfinedMatch {
  const { certain, guarded } = compileFilter(filter);
  return match(within(inScope(scope, owner), certain), guarded);
}

/** Confines `filter`, as find evaluates it, to the scope. */
export const confineFound = (filter: Filter, scope: Scope, { owner }: ResourceSchema): ConfinedFilter =>
  within(inScope(scope, owner), unguardedFilter(filter));

/** Confines to the one resource with `id` in the scope. */
export const confineOne = (id: string, scope: Scope, schema: ResourceSchema): ConfinedFilter =>
  within(inScope(scope, schema.owner), { [schema.id]: { $eq: id } });

/** Confines a filter on the resource referred to: references are resolved within the domain. */
export const confineReferred = (
  filter: MongoFilter,
  scope: Scope,
  { owner }: ResourceSchema,
): ConfinedFilter => within([inDomain(scope, owner)], filter);

const anyOf = (probes: readonly MalformedTextProbe[]): MongoFilter => ({
  $or: probes.flatMap(({ filters }) => filters),
});

/** The conditions on the resource itself that all documents have to meet, and that MongoDB can decide on malformed text. */
const decidable = ({ all }: RequestedFilter): Filter => ({
  all: all.filter(isOwn).filter((condition) => probesForCondition(condition).length === 0),
  any: [],
});

/** Confines to the documents that may meet `filter` and are found by one of `probes`. */
export const confineProbed = (
  filter: RequestedFilter,
  probes: readonly MalformedTextProbe[],
  scope: Scope,
  { owner }: ResourceSchema,
): ConfinedFilter =>
  within(inScope(scope, owner), { $and: [unguardedFilter(decidable(filter)), anyOf(probes)] });

/** The same for the resource referred to. */
export const confineReferredProbed = (
  probes: readonly MalformedTextProbe[],
  scope: Scope,
  schema: ResourceSchema,
): ConfinedFilter => confineReferred(anyOf(probes), scope, schema);

/** Confines a filter on the resource referred to, guards included. */
export const confineReferredMatch = (
  { certain, guarded }: CompiledFilter,
  scope: Scope,
  schema: ResourceSchema,
): ConfinedMatch => match(confineReferred(certain, scope, schema), guarded);

const guardStages = (guarded: MongoFilter | undefined): readonly MongoStage[] =>
  guarded === undefined ? [] : [BARRIER, { $match: guarded }];

/** Replaces one document of a collection, the input, by those of `documents` that meet `filter`. `documents` are data. */
export const insteadStages = (
  documents: readonly unknown[],
  { certain, guarded }: CompiledFilter,
): readonly MongoStage[] => [
  { $project: { _id: 0, document: { $literal: documents } } },
  { $unwind: '$document' },
  { $replaceRoot: { newRoot: '$document' } },
  { $match: certain },
  ...guardStages(guarded),
];

/**
 * Passes the documents of a match on, those of `within` through `between`. MongoDB merges and reorders the conditions of
 * a filter, and stages in a row; the barrier keeps the guarded conditions from documents outside `within`.
 */
export const matchStages = (
  { within: filter, guarded }: ConfinedMatch,
  between: readonly MongoStage[] = [],
): readonly MongoStage[] => [{ $match: filter }, ...between, ...guardStages(guarded)];
