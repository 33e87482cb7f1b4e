/**
 * Conditions on the resource referred to become conditions on the ids that refer to it (docs/query.md
 * «collector.<field>»), through the lookup of the caller.
 */
import type { ObjectId } from 'mongodb';
import { compileFilter } from './compile/filter.js';
import type { CompiledFilter } from './compile/filter.js';
import { isOwn, isReferred } from './model.js';
import type { Filter, RequestedFilter } from './model.js';
import { excluded } from './condition.js';
import { IMPLIED } from './operators.js';
import type { Condition } from './condition.js';
import type { ResourceSchema } from './schema.js';

/** Looks up the ids of the documents that meet a filter, within the domain of the caller. */
export type Lookup = (filter: CompiledFilter) => Promise<readonly ObjectId[]>;

type Side = keyof Filter;

/** The path of each side's conditions in a request, and the operator that joins those that they exclude. */
const SIDES: Readonly<Record<Side, { readonly fieldPath: string; readonly joined: '$and' | '$or' }>> = {
  all: { fieldPath: 'query.filter', joined: '$or' },
  any: { fieldPath: 'query.filter_or', joined: '$and' },
};

/** Resolves the conditions of a side to at most one of each kind: there are no more ids than documents. */
async function resolveSide(
  conditions: readonly Condition[],
  side: Side,
  path: string,
  lookup: Lookup,
): Promise<readonly Condition[]> {
  if (conditions.length === 0) return [];
  const { fieldPath, joined } = SIDES[side];
  const out = conditions.map(excluded).filter((each) => each !== undefined);
  const met = conditions.filter((each) => excluded(each) === undefined);
  const kinds = [
    { operator: IMPLIED.oneOf, size: met.length, filter: compileFilter({ all: [], any: [], [side]: met }) },
    {
      operator: IMPLIED.noneOf,
      size: out.length,
      filter: { certain: { [joined]: out }, guarded: undefined },
    },
  ] as const;
  return Promise.all(
    kinds
      .filter(({ size }) => size > 0)
      .map(async ({ operator, filter }) => ({ fieldPath, path, operator, operand: await lookup(filter) })),
  );
}

/** Resolves the conditions of `filter` on the resource referred to; those of a side are looked up together. */
export async function resolveReferences(
  filter: RequestedFilter,
  schema: ResourceSchema,
  lookup: Lookup,
): Promise<Filter> {
  const path = schema.reference?.field ?? '';
  async function sideOf(side: Side): Promise<readonly Condition[]> {
    const referred = filter[side].filter(isReferred).map((each) => each.referred);
    const own = filter[side].filter(isOwn);
    return [...own, ...(await resolveSide(referred, side, path, lookup))];
  }
  const [all, any] = await Promise.all([sideOf('all'), sideOf('any')]);
  return { all, any };
}
