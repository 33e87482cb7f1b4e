/**
 * Conditions on what a resource refers to become conditions on the ids that it refers by (docs/query.md
 * «collector.<field>»), through a lookup that the caller hands in.
 */
import type { ObjectId } from 'mongodb';
import { compiledFilter } from './compile.js';
import type { CompiledFilter } from './compile.js';
import type { AskedFilter, Filter, ReferredCondition } from './model.js';
import { excluded } from './operators.js';
import type { Condition } from './operators.js';
import type { ResourceSchema } from './schema.js';

/** The ids of what meets a filter, within the domain that the caller is confined to. */
export type Lookup = (filter: CompiledFilter) => Promise<readonly ObjectId[]>;

type Leaf = Condition | ReferredCondition;

const isReferred = (leaf: Leaf): leaf is ReferredCondition => 'referred' in leaf;

type Side = keyof Filter;

/** Where the conditions of a side stand, and how those that they exclude are joined. */
const SIDES: Readonly<Record<Side, { readonly at: string; readonly joined: '$and' | '$or' }>> = {
  all: { at: 'query.filter', joined: '$or' },
  any: { at: 'query.filter_or', joined: '$and' },
};

/** The conditions on the reference that `asked` come to, at most one of each kind: the ids are no more than there are. */
async function referring(
  asked: readonly Condition[],
  side: Side,
  path: string,
  lookup: Lookup,
): Promise<readonly Condition[]> {
  const { at, joined } = SIDES[side];
  const out = asked.map(excluded).filter((each) => each !== undefined);
  const met = asked.filter((each) => excluded(each) === undefined);
  const kinds = [
    { operator: 'in', count: met.length, filter: compiledFilter({ all: [], any: [], [side]: met }) },
    { operator: 'not_in', count: out.length, filter: { certain: { [joined]: out }, guarded: undefined } },
  ] as const;
  return Promise.all(
    kinds
      .filter(({ count }) => count > 0)
      .map(async ({ operator, filter }) => ({ at, path, operator, operand: await lookup(filter) })),
  );
}

/** `filter` with its conditions on what is referred to answered by `lookup`; those of a side are asked together. */
export async function resolved(filter: AskedFilter, schema: ResourceSchema, lookup: Lookup): Promise<Filter> {
  const path = schema.reference?.field ?? '';
  async function sideOf(side: Side): Promise<readonly Condition[]> {
    const asked = filter[side].filter(isReferred).map(({ referred }) => referred);
    const own = filter[side].flatMap((leaf) => (isReferred(leaf) ? [] : [leaf]));
    return [...own, ...(await referring(asked, side, path, lookup))];
  }
  const [all, any] = await Promise.all([sideOf('all'), sideOf('any')]);
  return { all, any };
}
