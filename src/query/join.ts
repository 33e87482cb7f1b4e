/**
 * Documents beside the resources that refer to them, while the stages of a stat run (docs/query.md
 * «collector.<field>»).
 */
import { literalLookup } from './literal-lookup.js';
import type { LiteralDocuments } from './literal-lookup.js';
import type { MongoExpression, MongoStage } from './mongo-syntax.js';
import { COMPUTED_FIELD, JOINED_FIELD } from './schema.js';
import type { Key } from './schema.js';

/** The path of `key` in a row; a computed value is there once it has been set (computeStages). */
export function pathOf({ path, referred, computed }: Key): string {
  if (referred) return `${JOINED_FIELD}.${path}`;
  return computed === undefined ? path : `${COMPUTED_FIELD}.${path}`;
}

/** Reads `key` in a row. */
export const read = (key: Key): MongoExpression => key.computed ?? `$${pathOf(key)}`;

/** A join of documents by the field that refers to them. */
export interface Join {
  readonly field: string;
  readonly stage: MongoStage;
}

/** Joins each resource with the document that its `field` refers to, or with nothing. */
export function createJoin(field: string, documents: LiteralDocuments): Join {
  const joined = literalLookup(documents, `$${field}`, (document) => document, '$$REMOVE');
  return { field, stage: { $set: { [JOINED_FIELD]: joined } } };
}
