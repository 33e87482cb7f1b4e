/** Documents with malformed text, replaced by their form in answers while a stat runs. */
import type { MongoFilter, MongoStage } from '../mongo-syntax.js';

/** Documents that replace, field by field, those stored under the same `_id`. */
export interface Repaired {
  readonly ids: readonly unknown[];
  readonly documents: readonly MongoFilter[];
}

/** Puts the fields of the repaired documents in place of the stored ones. */
export function repairStage({ ids, documents }: Repaired): MongoStage {
  const index = { $indexOfArray: [{ $literal: ids }, '$_id'] };
  const merged = { $mergeObjects: ['$$ROOT', { $arrayElemAt: [{ $literal: documents }, '$$at'] }] };
  const found = { $cond: [{ $gte: ['$$at', 0] }, merged, '$$ROOT'] };
  return { $replaceRoot: { newRoot: { $let: { vars: { at: index }, in: found } } } };
}
