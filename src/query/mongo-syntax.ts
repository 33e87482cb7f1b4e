/** MongoDB's side of the translation: filters, expressions and pipelines. */

export type MongoFilter = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;
export type MongoExpression = string | number | boolean | null | MongoFilter | readonly MongoExpression[];
export type MongoStage = Readonly<Record<string, unknown>>;
/** A limit that no number of documents reaches: MongoDB moves no condition from behind it to before it. */
export const BARRIER: MongoStage = { $limit: 2 ** 62 };

export type MongoSort = ReadonlyMap<string, 1 | -1>;

/** The types that find takes for text. */
export const TEXT_TYPES = ['string', 'symbol'] as const;

/** Meets every value but a list. */
export const NOT_A_LIST = { $not: { $type: 'array' } } as const;

/**
 * Makes a document with names from a request. The driver takes an object with a name `_bsontype` for one of its own, so
 * such a document is a Map, to the driver a document too.
 */
export function documentOf<Value>(
  entries: readonly (readonly [string, Value])[],
): Readonly<Record<string, Value>> | ReadonlyMap<string, Value> {
  return entries.some(([name]) => name === '_bsontype') ? new Map(entries) : Object.fromEntries(entries);
}

/** Filters by `test` on the value at `path`. */
export const meets = (path: string, test: unknown): MongoFilter => documentOf([[path, test]]);
