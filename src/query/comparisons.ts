/**
 * Comparisons of a value of a row with a value of a request, as expressions: of the conditions of a stat, and of filters on
 * computed fields (docs/query.md «group», «duration»). `operand` is data and always under $literal.
 */
import { isOfType, once, orNull } from './expressions.js';
import { TEXT_TYPES } from './mongo-syntax.js';
import type { MongoExpression } from './mongo-syntax.js';
import { isUnordered } from './values.js';
import type { Comparable } from './values.js';

export const equals = (value: MongoExpression, operand: Comparable): MongoExpression => ({
  $eq: [orNull(value), { $literal: operand }],
});

export const differs = (value: MongoExpression, operand: Comparable): MongoExpression => ({
  $not: [equals(value, operand)],
});

export const isAmong = (value: MongoExpression, operand: readonly Comparable[]): MongoExpression => ({
  $in: [orNull(value), { $literal: operand }],
});

/** Tests that a value has the type of `operand` as find sees it: to find a symbol is a text, and NaN has no order. */
function isLike(value: MongoExpression, operand: Comparable): MongoExpression {
  if (typeof operand === 'number') return { $and: [{ $isNumber: value }, { $ne: [value, NaN] }] };
  if (typeof operand === 'boolean') return isOfType(value, 'bool');
  if (operand instanceof Date) return isOfType(value, 'date');
  return isOfType(value, ...TEXT_TYPES);
}

/** An ordering within the type of `operand`; null and NaN order with nothing. */
export const ordering =
  (operator: string) =>
  (value: MongoExpression, operand: Comparable): MongoExpression =>
    isUnordered(operand)
      ? { $literal: false }
      : once(value, (found) => ({
          $and: [isLike(found, operand), { [operator]: [found, { $literal: operand }] }],
        }));
