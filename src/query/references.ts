/**
 * Conditions on what a resource refers to become conditions on the ids that it refers by (docs/query.md
 * «collector.<field>»), through a lookup that the caller hands in.
 */
import type { ObjectId } from 'mongodb';
import type { AskedFilter, Filter, ReferredCondition } from './model.js';
import type { MongoFilter } from './mongo.js';
import { excluded, matching } from './operators.js';
import type { Condition } from './operators.js';
import type { ResourceSchema } from './schema.js';

/** The ids of what meets a filter, within the tenant that the caller is confined to. */
export type Lookup = (filter: MongoFilter) => Promise<readonly ObjectId[]>;

/** `filter` with every condition on what is referred to answered by `lookup`; one lookup a condition, all at once. */
export async function resolved(filter: AskedFilter, schema: ResourceSchema, lookup: Lookup): Promise<Filter> {
  const resolve = async (condition: Condition | ReferredCondition): Promise<Condition> =>
    'referred' in condition
      ? referring(condition.referred, schema.reference?.field ?? '', lookup)
      : condition;
  const [all, any] = await Promise.all(
    [filter.all, filter.any].map((list) => Promise.all(list.map(resolve))),
  );
  return { all: all ?? [], any: any ?? [] };
}

async function referring(condition: Condition, field: string, lookup: Lookup): Promise<Condition> {
  const leftOut = excluded(condition);
  const operator = leftOut === undefined ? 'in' : 'not_in';
  return { at: condition.at, path: field, operator, operand: await lookup(leftOut ?? matching(condition)) };
}
