/** Expressions shared by the tables of the stages; an operand is an expression over a row. */
import type { MongoExpression } from './mongo-syntax.js';

export const orNull = (operand: MongoExpression): MongoExpression => ({ $ifNull: [operand, null] });

export const isOfType = (operand: MongoExpression, type: string): MongoExpression => ({
  $eq: [{ $type: operand }, type],
});

export const when = (
  test: MongoExpression,
  then: MongoExpression,
  otherwise: MongoExpression,
): MongoExpression => ({ $cond: [test, then, otherwise] });
