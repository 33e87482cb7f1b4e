/**
 * Exact ranks in a group (docs/query.md «median, p90, p95, p99»): before the group, MongoDB sorts its rows by each key to rank
 * and numbers them, on disk beyond its memory; the group then picks the value at the rank.
 */
import { when } from '../expressions.js';
import { pathOf, read } from '../join.js';
import type { GroupField } from '../model.js';
import type { MongoExpression, MongoStage } from '../mongo-syntax.js';
import type { Key } from '../schema.js';
import { GROUP_OPERATORS } from './group-operators.js';

/** The id of its group, in a row prepared for ranks. */
export const RANKED_GROUP = '$group';

/** The most keys ranked in a group: MongoDB sorts all rows for each. */
export const MAX_RANKED_KEYS = 10;

/** A field for the value at `percent` of the sorted numbers at a key. */
interface RankedField {
  readonly key: Key;
  readonly percent: number;
}

/** A group field as a ranked one; undefined: it is none. */
export function rankedField({ operator, operand }: GroupField): RankedField | undefined {
  const { percent } = GROUP_OPERATORS[operator];
  return percent === undefined || operand.kind !== 'key' ? undefined : { key: operand.key, percent };
}

/** The distinct keys that `fields` rank. */
export function rankedKeys(fields: readonly GroupField[]): readonly Key[] {
  const keys = fields.map((field) => rankedField(field)?.key).filter((key) => key !== undefined);
  return [...new Map(keys.map((key) => [pathOf(key), key])).values()];
}

/** A number with a position in an order; null for anything else. */
const orderedNumber = (operand: MongoExpression): MongoExpression => ({
  $let: {
    vars: { value: operand },
    in: when({ $and: [{ $isNumber: '$$value' }, { $ne: ['$$value', NaN] }] }, '$$value', null),
  },
});

const part = (name: 'value' | 'position' | 'count', nth: number): string => `${name}${nth}`;

/** Numbers the rows of each group from the greatest value on, null last, and counts the values. */
const numbered = (nth: number): MongoStage => ({
  $setWindowFields: {
    partitionBy: RANKED_GROUP,
    sortBy: { [part('value', nth)]: -1 },
    output: {
      [part('position', nth)]: { $documentNumber: {} },
      [part('count', nth)]: {
        $sum: when({ $eq: [`$${part('value', nth)}`, null] }, 0, 1),
        window: { documents: ['unbounded', 'unbounded'] },
      },
    },
  },
});

/**
 * Prepares rows for a group by `group` with the values at `keys` ranked. Rows are cut down to these and to `operands`, by
 * their names: MongoDB sorts them.
 */
export const rankStages = (
  group: MongoExpression,
  operands: readonly (readonly [string, MongoExpression])[],
  keys: readonly Key[],
): readonly MongoStage[] => [
  {
    $replaceRoot: {
      newRoot: Object.fromEntries([
        ['group', group],
        ...operands,
        ...keys.map((key, nth) => [part('value', nth), orderedNumber(read(key))] as const),
      ]),
    },
  },
  ...keys.map((_, nth) => numbered(nth)),
];

/** The number of values above the rank: of n values, the nearest rank is ⌈percent · n / 100⌉, counted from the least. */
const above = (percent: number, count: string): MongoExpression => ({
  $floor: { $divide: [{ $multiply: [100 - percent, count] }, 100] },
});

/** The value at the rank, and null or a lesser one in every other row: the greatest of the group is the answer. */
export function rankedValue({ key, percent }: RankedField, keys: readonly Key[]): MongoExpression {
  const nth = keys.findIndex((each) => pathOf(each) === pathOf(key));
  const isReached = { $gt: [`$${part('position', nth)}`, above(percent, `$${part('count', nth)}`)] };
  return { $max: when(isReached, `$${part('value', nth)}`, null) };
}
