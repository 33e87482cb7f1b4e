/** The only maker of a ConfinedFilter, and the store takes nothing else: forgetting the tenant does not compile. */
import { filterOf } from './compile.js';
import type { Filter } from './model.js';
import type { MongoFilter } from './mongo.js';

/** What a caller may see: one domain, and in it, where `projects` is given, only what belongs to one of them. */
export interface Scope {
  readonly domainId: string;
  readonly projects?: readonly string[];
}

declare const confined: unique symbol;
type Conditions = Readonly<Record<string, unknown>>;
export type ConfinedFilter = Conditions & { readonly [confined]: true };

const brand = (filter: Conditions): filter is ConfinedFilter => '$and' in filter;

function within(scope: readonly MongoFilter[], filter: MongoFilter): ConfinedFilter {
  const both = { $and: [...scope, filter] };
  if (brand(both)) return both;
  throw new Error('unreachable: a confined filter is an $and');
}

const domain = (scope: Scope): MongoFilter => ({ domain_id: { $eq: scope.domainId } });

/** What of `filter` the scope may see. */
export function confine(filter: Filter, scope: Scope): ConfinedFilter {
  const projects = scope.projects === undefined ? [] : [{ projects: { $in: scope.projects } }];
  return within([domain(scope), ...projects], filterOf(filter));
}

/** What of `filter` on a referenced collection the scope may see: references are resolved within the domain. */
export function confineReferred(filter: MongoFilter, scope: Scope): ConfinedFilter {
  return within([domain(scope)], filter);
}
