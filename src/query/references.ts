/**
 * Conditions on what a resource refers to become conditions on the ids that it refers by (docs/query.md
 * «collector.<field>»), through a lookup that the caller hands in.
 */
import type { ObjectId } from 'mongodb';
import type { AskedFilter, Filter, ReferredCondition } from './model.js';
import type { MongoFilter } from './mongo.js';
import { guarded } from './guarded-regex.js';
import { excluded, guardOf, matching } from './operators.js';
import type { Condition } from './operators.js';
import type { ResourceSchema } from './schema.js';

/** For each filter the ids of what meets it, within the domain that the caller is confined to. */
export type Lookup = (filters: readonly MongoFilter[]) => Promise<readonly (readonly ObjectId[])[]>;

const isReferred = (leaf: Condition | ReferredCondition): leaf is ReferredCondition => 'referred' in leaf;

/** `filter` with every condition on what is referred to answered by `lookup`, which is asked once for all of them. */
export async function resolved(filter: AskedFilter, schema: ResourceSchema, lookup: Lookup): Promise<Filter> {
  const asked = [...filter.all, ...filter.any].filter(isReferred);
  const filters = asked.map(({ referred }) => lookedFor(referred));
  const found = asked.length === 0 ? [] : await lookup(filters);
  const ids = new Map(asked.map((leaf, i) => [leaf, found[i] ?? []]));
  const field = schema.reference?.field ?? '';
  const resolve = (leaf: Condition | ReferredCondition): Condition =>
    isReferred(leaf) ? referring(leaf.referred, field, ids.get(leaf) ?? []) : leaf;
  return { all: filter.all.map(resolve), any: filter.any.map(resolve) };
}

/** What to look for among what is referred to. */
function lookedFor(asked: Condition): MongoFilter {
  const guard = guardOf(asked);
  const found = excluded(asked) ?? matching(asked);
  return guard === undefined ? found : guarded(found, [guard]);
}

/** The condition on the reference: to be among `ids`, or not to be where the operator gives all but those. */
function referring(asked: Condition, field: string, ids: readonly ObjectId[]): Condition {
  const operator = excluded(asked) === undefined ? 'in' : 'not_in';
  return { at: asked.at, path: field, operator, operand: ids };
}
