/** Expressions that the tables of the stages share; an operand is an expression that reads a row. */
import type { MongoExpression } from '../mongo-syntax.js';

export const orNull = (operand: MongoExpression): MongoExpression => ({ $ifNull: [operand, null] });

export const isOfType = (operand: MongoExpression, type: string): MongoExpression => ({
  $eq: [{ $type: operand }, type],
});

export const when = (
  test: MongoExpression,
  then: MongoExpression,
  otherwise: MongoExpression,
): MongoExpression => ({ $cond: [test, then, otherwise] });
