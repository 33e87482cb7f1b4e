/** Expressions shared by the tables of the stages; an operand is an expression over a row. */
import type { MongoExpression } from './mongo-syntax.js';

export const orNull = (operand: MongoExpression): MongoExpression => ({ $ifNull: [operand, null] });

/** Names of types, one or more. */
export type Types = readonly [string, ...string[]];

/** Tests that a value is of one of `types`. */
export const isOfType = (operand: MongoExpression, ...types: Types): MongoExpression =>
  types.length === 1 ? { $eq: [{ $type: operand }, types[0]] } : { $in: [{ $type: operand }, types] };

/** Uses the value of `operand`, computed once. */
export const once = (
  operand: MongoExpression,
  use: (value: MongoExpression) => MongoExpression,
): MongoExpression =>
  typeof operand === 'string' ? use(operand) : { $let: { vars: { value: operand }, in: use('$$value') } };

export const when = (
  test: MongoExpression,
  then: MongoExpression,
  otherwise: MongoExpression,
): MongoExpression => ({ $cond: [test, then, otherwise] });
