/** Reading of requests: the context that every reader of a message gets, and the limits that they share. */
import { limited } from '../errors.js';
import type { Sort, SortKey } from '../gen/spaceone/api/core/v1/query.js';
import type { ResourceSchema } from './schema.js';
import type { WorkBudget } from './work-budget.js';

/** The context of one request while it is read. */
export interface ReadSettings {
  readonly schema: ResourceSchema;
  /** The wall clock, read once for the request. */
  readonly now: Date;
  readonly work: WorkBudget;
  /** The largest page.limit; 0: any, or none. */
  readonly maxPageSize: number;
  /** Equalities by field, from parts of the request outside its query. */
  readonly equal: ReadonlyMap<string, string>;
}

export const MAX_CONDITIONS = 1000;
export const MAX_SORT_KEYS = 32;

/** A sort key of a request, with its path there. */
export interface SentSortKey extends SortKey {
  readonly fieldPath: string;
}

/** Lists the keys of a sort at `fieldPath`; `key` wins over `keys`. */
export function sortKeys(sort: Sort | undefined, fieldPath: string): readonly SentSortKey[] {
  if (sort === undefined) return [];
  if (sort.key !== '') return [{ key: sort.key, desc: sort.desc, fieldPath: `${fieldPath}.key` }];
  limited(sort.keys.length, MAX_SORT_KEYS, `keys of ${fieldPath}`, `${fieldPath}.keys`);
  return sort.keys.map((key, i) => ({ ...key, fieldPath: `${fieldPath}.keys[${i}].key` }));
}
