/**
 * The operators of conditions on rows, one row of the table each (docs/query.md «group»). `due` is data and
 * always under $literal. Nothing else knows one by name.
 */
import { mayEqual, mayOrder } from '../malformed-text.js';
import type { MongoExpression } from '../mongo-syntax.js';
import { anything, isUnordered, scalar } from '../values.js';
import type { Comparable, OperandKind } from '../values.js';
import { isOfType, orNull } from './expressions.js';

const equals = (operand: MongoExpression, due: Comparable): MongoExpression => ({
  $eq: [orNull(operand), { $literal: due }],
});

const differs = (operand: MongoExpression, due: Comparable): MongoExpression => ({
  $not: [equals(operand, due)],
});

/** Tests that a value has the type of `due` as find sees it: to find a symbol is a text, and NaN has no order. */
function isLike(operand: MongoExpression, due: Comparable): MongoExpression {
  if (typeof due === 'number') return { $and: [{ $isNumber: operand }, { $ne: [operand, NaN] }] };
  if (typeof due === 'boolean') return isOfType(operand, 'bool');
  if (due instanceof Date) return isOfType(operand, 'date');
  return { $in: [{ $type: operand }, ['string', 'symbol']] };
}

/** An ordering within the type of `due`; null and NaN order with nothing. */
const ordering =
  (operator: string) =>
  (operand: MongoExpression, due: Comparable): MongoExpression =>
    isUnordered(due)
      ? { $literal: false }
      : { $and: [isLike(operand, due), { [operator]: [operand, { $literal: due }] }] };

interface RowConditionRow {
  readonly operand: OperandKind<Comparable>;
  readonly test: (operand: MongoExpression, due: Comparable) => MongoExpression;
  /** True for a text that malformed text may meet, or miss, only as answers show it. */
  readonly leavesDoubt: (text: string) => boolean;
}

export const ROW_CONDITIONS = {
  eq: { operand: anything, test: equals, leavesDoubt: mayEqual },
  not: { operand: anything, test: differs, leavesDoubt: mayEqual },
  gt: { operand: scalar, test: ordering('$gt'), leavesDoubt: mayOrder },
  gte: { operand: scalar, test: ordering('$gte'), leavesDoubt: mayOrder },
  lt: { operand: scalar, test: ordering('$lt'), leavesDoubt: mayOrder },
  lte: { operand: scalar, test: ordering('$lte'), leavesDoubt: mayOrder },
} as const satisfies Record<string, RowConditionRow>;

export type RowConditionOperator = keyof typeof ROW_CONDITIONS;
