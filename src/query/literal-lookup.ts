/** Documents read beforehand and sent with a pipeline as data, which finds them by their ids. */
import { when } from './expressions.js';
import type { MongoExpression } from './mongo-syntax.js';

export interface LiteralDocuments {
  readonly ids: readonly unknown[];
  /** In the order of `ids`. */
  readonly documents: readonly unknown[];
}

/** Finds the document by `id` and makes an expression `found` of it; `otherwise`: there is none. */
export function literalLookup(
  { ids, documents }: LiteralDocuments,
  id: MongoExpression,
  found: (document: MongoExpression) => MongoExpression,
  otherwise: MongoExpression,
): MongoExpression {
  const index = { $indexOfArray: [{ $literal: ids }, id] };
  const document = { $arrayElemAt: [{ $literal: documents }, '$$index'] };
  const isFound = { $gte: ['$$index', 0] };
  return { $let: { vars: { index }, in: when(isFound, found(document), otherwise) } };
}
