/** spaceone.api.core.v1.Query to the query model (docs/query.md «list»). */
import { echo, fail, limited, overLimit } from '../errors.js';
import type { Page as SentPage, Query, Sort } from '../gen/spaceone/api/core/v1/query.js';
import type { ListQuery, Page, Selection } from './model.js';
import type { MongoSort } from './mongo-syntax.js';
import { readFilters } from './parse-filter.js';
import { firstSegment, withoutIndexes } from './paths.js';
import { MAX_CONDITIONS, MAX_SORT_KEYS, sortKeys } from './read-settings.js';
import type { ReadSettings } from './read-settings.js';
import { fieldKey, shownPath } from './schema.js';
import type { ResourceSchema } from './schema.js';

/** Reads a page; without a limit the answer has everything. */
export function readPage(page: SentPage | undefined, maxPageSize: number): Page | undefined {
  const limit = page?.limit ?? 0;
  if (maxPageSize > 0 && (limit === 0 || limit > maxPageSize))
    throw overLimit('page_size', maxPageSize, 'query.page.limit');
  return limit === 0 ? undefined : { skip: Math.max((page?.start ?? 0) - 1, 0), limit };
}

/** The path of a sort key in the resource; undefined for a name of no field: it orders nothing. */
function sortPath(name: string, fieldPath: string, schema: ResourceSchema): string | undefined {
  const key = fieldKey(schema, name, fieldPath);
  if (key?.referred !== true) return key?.path;
  const reason = `'${echo(name)}' belongs to what a ${schema.name} refers to, by which a list cannot be sorted`;
  return fail('INVALID_PARAMETER', { key: fieldPath, reason });
}

function refuseTwoArrays(paths: readonly string[], schema: ResourceSchema): void {
  const arrays = paths.filter((path) => schema.fields.get(firstSegment(path)) === 'array');
  if (arrays.length < 2) return;
  const reason = `${arrays.map(echo).join(' and ')} both go through arrays; a sort takes one such key`;
  fail('INVALID_PARAMETER', { key: 'query.sort.keys', reason });
}

interface ListOrder {
  readonly order: MongoSort;
  /** The keys that order nothing, as they were sent. */
  readonly passedOver: readonly string[];
}

/** Reads a sort; where no key orders, the default one holds. */
function readSort(sort: Sort | undefined, schema: ResourceSchema): ListOrder {
  const order = new Map<string, 1 | -1>();
  const passedOver = new Set<string>();
  for (const { key, desc, fieldPath } of sortKeys(sort, 'query.sort')) {
    const path = sortPath(key, fieldPath, schema);
    if (path === undefined) passedOver.add(key);
    else if (!order.has(path)) order.set(path, desc ? -1 : 1);
  }
  refuseTwoArrays([...order.keys()], schema);
  const defaultOrder = new Map([[schema.defaultSort, -1 as const]]);
  return { order: order.size > 0 ? order : defaultOrder, passedOver: [...passedOver] };
}

/** Breaks ties by id, in the direction of the last key; MongoDB sorts by 32 keys at most, so then there is none. */
function withTieBreak(order: MongoSort, schema: ResourceSchema): MongoSort {
  if (order.has(schema.id) || order.size === MAX_SORT_KEYS) return order;
  return new Map([...order, [schema.id, [...order.values()].at(-1) ?? -1]]);
}

/** Reads the names of `only` as stored paths; undefined: everything. */
export function readOnly(only: readonly string[], fieldPath: string, schema: ResourceSchema): Selection {
  limited(only.length, MAX_CONDITIONS, `names of ${fieldPath}`, fieldPath);
  const paths = only.map((name, i) => shownPath(schema, name, `${fieldPath}[${i}]`));
  return paths.length === 0 ? undefined : paths;
}

/** A sort key as paths to show: a projection takes a number for a name, and shows elements of lists without one. */
const shownKeys = (path: string): readonly string[] => [...new Set([path, withoutIndexes(path)])];

/** Reads the query of a list. Errors: INVALID_ARGUMENT and RESOURCE_EXHAUSTED, naming the part at fault. */
export function readList(query: Query, settings: ReadSettings): ListQuery {
  const { schema } = settings;
  const filter = readFilters(query, settings);
  const { order, passedOver } = readSort(query.sort, schema);
  const only = readOnly(query.only, 'query.only', schema);
  const shown = only && [...only, ...[...order.keys()].flatMap(shownKeys)];
  return {
    filter,
    sortPath: 'query.sort',
    sort: withTieBreak(order, schema),
    page: query.count_only ? undefined : readPage(query.page, settings.maxPageSize),
    only: query.minimal ? schema.minimal : shown,
    countOnly: query.count_only,
    passedOver,
  };
}
