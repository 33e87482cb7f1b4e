/**
 * Comparisons of a value of a row with a value of a request, as expressions: of the conditions of a stat, and of filters on
 * computed fields (docs/query.md «group», «duration»). `due` is data and always under $literal.
 */
import { isOfType, once, orNull } from './expressions.js';
import { TEXT_TYPES } from './mongo-syntax.js';
import type { MongoExpression } from './mongo-syntax.js';
import { isUnordered } from './values.js';
import type { Comparable } from './values.js';

export const equals = (operand: MongoExpression, due: Comparable): MongoExpression => ({
  $eq: [orNull(operand), { $literal: due }],
});

export const differs = (operand: MongoExpression, due: Comparable): MongoExpression => ({
  $not: [equals(operand, due)],
});

export const isAmong = (operand: MongoExpression, due: readonly Comparable[]): MongoExpression => ({
  $in: [orNull(operand), { $literal: due }],
});

/** Tests that a value has the type of `due` as find sees it: to find a symbol is a text, and NaN has no order. */
function isLike(operand: MongoExpression, due: Comparable): MongoExpression {
  if (typeof due === 'number') return { $and: [{ $isNumber: operand }, { $ne: [operand, NaN] }] };
  if (typeof due === 'boolean') return isOfType(operand, 'bool');
  if (due instanceof Date) return isOfType(operand, 'date');
  return isOfType(operand, ...TEXT_TYPES);
}

/** An ordering within the type of `due`; null and NaN order with nothing. */
export const ordering =
  (operator: string) =>
  (operand: MongoExpression, due: Comparable): MongoExpression =>
    isUnordered(due)
      ? { $literal: false }
      : once(operand, (value) => ({
          $and: [isLike(value, due), { [operator]: [value, { $literal: due }] }],
        }));
