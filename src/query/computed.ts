/** Computed values beside the fields of a row, where MongoDB takes nothing but a path: in orders and distinct values. */
import { pathOf } from './join.js';
import type { SortKey } from './model.js';
import { documentOf } from './mongo-syntax.js';
import type { MongoStage } from './mongo-syntax.js';
import type { Key } from './schema.js';

/** Sets the computed values of `keys` at their paths in a row. */
export function computeStages(keys: readonly Key[]): readonly MongoStage[] {
  const values = keys.flatMap((key) =>
    key.computed === undefined ? [] : [[pathOf(key), key.computed] as const],
  );
  return values.length === 0 ? [] : [{ $set: documentOf(values) }];
}

/** Sorts rows by `order`. */
export const sortStages = (order: readonly SortKey[]): readonly MongoStage[] => [
  ...computeStages(order.map(({ key }) => key)),
  { $sort: new Map(order.map(({ key, direction }) => [pathOf(key), direction])) },
];
