// The query language in few words: the parts of a query in JSON, as a table of cases states them.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

/** A pipeline. */
export const stages = (...aggregate: readonly JsonObject[]): JsonObject => ({ aggregate: [...aggregate] });

export const page = (limit: number, start = 1): JsonObject => ({ page: { start, limit } });

/** A field of a group. */
export const field = (n: string, o: string, k = '', rest: JsonObject = {}): JsonObject => ({
  n,
  o,
  k,
  ...rest,
});

/** A condition. */
export const is = (k: string, o: string, v: JsonValue = null): JsonObject => ({ k, o, v });

/** A key of a group. */
export const key = (k: string, n = 'x', rest: JsonObject = {}): JsonObject => ({ k, n, ...rest });

/** A group by `keys`. */
export const grouped = (keys: readonly JsonObject[], ...fields: readonly JsonObject[]): JsonObject => ({
  group: { keys: [...keys], fields: [...fields] },
});

/** A projection of one field; `rest` is of the stage. */
export const shown = (k: string, n = 'x', rest: JsonObject = {}): JsonObject => ({
  project: { fields: [{ k, n }], ...rest },
});

export const distinct = (key: string): JsonObject => ({ distinct: key });
