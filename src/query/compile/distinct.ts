/** Distinct values of a key, arrays spread (docs/query.md «distinct»). */
import { computeStages } from '../computed.js';
import { orNull } from '../expressions.js';
import { pathOf } from '../join.js';
import type { Join } from '../join.js';
import { documentOf, meets, NOT_A_LIST } from '../mongo-syntax.js';
import type { MongoStage } from '../mongo-syntax.js';
import { beforeIndexes, firstSegment, isIndex, splits } from '../paths.js';
import type { Key, ResourceSchema } from '../schema.js';
import { projectionTo } from './projection.js';

/** Makes a document of each element of a list at `path`; of one element, where `next` is an index. */
function spread(path: string, next = ''): MongoStage {
  const here = `$${path}`;
  if (!isIndex(next)) return { $unwind: { path: here, preserveNullAndEmptyArrays: true } };
  const element = { [next]: { $arrayElemAt: [here, Number(next)] } };
  return { $set: documentOf([[path, { $cond: [{ $isArray: [here] }, element, here] }]]) };
}

interface DistinctValues {
  /** Makes documents with the values, each value once. */
  readonly stages: readonly MongoStage[];
  /** The path of the value in those documents. */
  readonly path: string;
  /** Makes as many documents as there are values. */
  readonly total: readonly MongoStage[];
}

/** Spreads arrays on the way to `path` and at its end. A list within a list is a value, and no way to one. */
function spreadTo(path: string): readonly MongoStage[] {
  const onTheWay = splits(path);
  const noLists = onTheWay.map(({ head }) => meets(head, NOT_A_LIST));
  return [
    { $project: projectionTo([beforeIndexes(path)], 0) },
    ...onTheWay.map(({ head, rest }) => spread(head, firstSegment(rest))),
    spread(path),
    { $match: { $and: [meets(path, { $exists: true }), ...noLists] } },
  ];
}

/** The values at `path`; `isReadInOrder`: read it as a unique text that is there once, in the order of an index. */
function valuesAt(path: string, isReadInOrder: boolean): DistinctValues {
  if (isReadInOrder) {
    const present = { $match: meets(path, { $exists: true }) };
    // A scan may meet a document again while it runs.
    return { stages: [present], path, total: [present, { $group: { _id: `$${path}` } }] };
  }
  // A stored `undefined` is shown as null.
  const stages = [...spreadTo(path), { $group: { _id: orNull(`$${path}`) } }];
  return { stages, path: '_id', total: stages };
}

/** The stages of a stat, with and without those that cut its page out. */
export interface PagedStages {
  readonly all: readonly MongoStage[];
  readonly page: readonly MongoStage[];
}

/**
 * Compiles the distinct values of `key`, sorted, of which `cut` takes a page. A page of ids is read off their index, unless
 * documents are `isRepaired` first: ids may be alike then, and no index has them.
 */
export function compileDistinct(
  key: Key,
  schema: ResourceSchema,
  join: Join | undefined,
  cut: readonly MongoStage[],
  isRepaired: boolean,
): PagedStages {
  const whole = pathOf(key);
  const { stages, path, total } = valuesAt(whole, whole === schema.id && cut.length > 0 && !isRepaired);
  const before = [...(join === undefined ? [] : [join.stage]), ...computeStages([key])];
  const shown = { $project: { _id: 0, value: `$${path}` } };
  return {
    all: [...before, ...total],
    page: [...before, ...stages, { $sort: { [path]: 1 } }, ...cut, shown],
  };
}
