/**
 * Messages of spaceone.api.core.v1 to the query model (docs/query.md): everything that a request can ask wrongly is
 * found here, and named by its path in the request.
 */
import { echo, fail, limited } from '../errors.js';
import type {
  Filter as FilterMessage,
  Page as PageMessage,
  Query,
  Sort,
  SortKey,
} from '../gen/spaceone/api/core/v1/query.js';
import { sentValue } from '../wire/struct.js';
import type { AskedFilter, ListQuery, Page, ReferredCondition, Selection } from './model.js';
import type { MongoSort } from './mongo-syntax.js';
import { isOperator, OPERATORS, readCondition } from './operators.js';
import type { Condition, OperatorName } from './operators.js';
import { fieldKey, firstSegment, knownKey, shownPath } from './schema.js';
import type { Key, ResourceSchema } from './schema.js';
import { MAX_LIST } from './values.js';
import type { FieldPath, WorkBudget } from './values.js';

/** What reading a request needs beside the request. */
export interface Reading {
  readonly schema: ResourceSchema;
  /** The clock, read once for the request. */
  readonly now: Date;
  readonly work: WorkBudget;
  /** The largest page.limit; 0: any, or none. */
  readonly maxPageSize: number;
  /** Equalities that the request asks for outside its query, by field. */
  readonly equal: ReadonlyMap<string, string>;
}

export const MAX_CONDITIONS = 1000;
export const MAX_SORT_KEYS = 32;

function operatorOf(name: string, key: string, at: string): OperatorName {
  if (isOperator(name)) return name;
  const missing = name === '' ? 'has no operator' : `has the unknown operator '${echo(name)}'`;
  const known = Object.keys(OPERATORS).join(', ');
  return fail('INVALID_PARAMETER', {
    key: `${at}.operator`,
    reason: `'${echo(key)}' ${missing}; known are ${known}`,
  });
}

function refuseOnReference(key: Key, operator: OperatorName, at: string): void {
  if (key.type !== 'reference' || OPERATORS[operator].onReference === true) return;
  const asked = Object.entries(OPERATORS).filter(([, row]) => row.onReference === true);
  const reason = `${key.path} itself takes only ${asked.map(([name]) => name).join(', ')}`;
  fail('INVALID_PARAMETER', { key: `${at}.operator`, reason });
}

function readFilter(
  message: FilterMessage,
  condition: string,
  reading: Reading,
): Condition | ReferredCondition {
  const name = message.key_alias?.value ?? '';
  if (name === '') fail('REQUIRED_PARAMETER', { key: `${condition}.key` });
  const operator = operatorOf(message.operator_alias?.value ?? '', name, condition);
  const sent = sentValue(message.value_alias?.value);
  const { now, work } = reading;
  const at = { condition, key: name, operator, now, work };
  OPERATORS[operator].operand.shape(sent, { ...at, type: 'free' });
  const key = knownKey(reading.schema, name, `${condition}.key`);
  refuseOnReference(key, operator, condition);
  return conditionOn(key, operator, sent, { ...at, type: key.type }, reading.schema);
}

/** Null on what is referred to asks for the reference itself, where the operator can be asked of it. */
function conditionOn(
  key: Key,
  operator: OperatorName,
  sent: ReturnType<typeof sentValue>,
  at: FieldPath,
  schema: ResourceSchema,
): Condition | ReferredCondition {
  const reference = schema.reference?.field;
  if (!key.referred) return readCondition(operator, key.path, sent, at);
  const itself = sent === null && OPERATORS[operator].onReference === true && reference !== undefined;
  return itself
    ? readCondition(operator, reference, sent, at)
    : { referred: readCondition(operator, key.path, sent, at) };
}

interface Filtered {
  readonly filter: readonly FilterMessage[];
  readonly filter_or: readonly FilterMessage[];
  readonly keyword: string;
}

/** The words of a keyword, no more of them than a list may have. */
function wordsOf(keyword: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of keyword.trim().matchAll(/[^ ]+/g)) {
    words.push(word);
    limited(words.length, MAX_LIST, 'words of query.keyword', 'query.keyword');
  }
  return words;
}

/** Words that the id of a resource may contain, as one more alternative. */
function keywordOf(keyword: string, { schema, now, work }: Reading): Condition[] {
  const words = wordsOf(keyword);
  if (words.length === 0) return [];
  const at: FieldPath = {
    condition: 'query.keyword',
    key: schema.id,
    operator: 'contain_in',
    type: 'text',
    now,
    work,
  };
  return [readCondition('contain_in', schema.id, words, at)];
}

function equalities({ equal, now, work }: Reading): Condition[] {
  return [...equal].map(([path, due]) =>
    readCondition('eq', path, due, {
      condition: path,
      key: path,
      operator: 'eq',
      type: 'text',
      now,
      work,
    }),
  );
}

/** The filter, filter_or and keyword of a query, with the equalities asked for beside it. */
export function readFilters(query: Filtered, reading: Reading): AskedFilter {
  const conditions = query.filter.length + query.filter_or.length;
  limited(conditions, MAX_CONDITIONS, 'conditions of query.filter and query.filter_or', 'query.filter');
  const read = (messages: readonly FilterMessage[], list: string): (Condition | ReferredCondition)[] =>
    messages.map((message, i) => readFilter(message, `query.${list}[${i}]`, reading));
  return {
    all: [...equalities(reading), ...read(query.filter, 'filter')],
    any: [...read(query.filter_or, 'filter_or'), ...keywordOf(query.keyword, reading)],
  };
}

/** The page asked for; without a limit it is all there is. */
export function readPage(page: PageMessage | undefined, maxPageSize: number): Page | undefined {
  const limit = page?.limit ?? 0;
  if (maxPageSize > 0 && (limit === 0 || limit > maxPageSize)) {
    fail('LIMIT_EXCEEDED', { limit: 'query.page.limit', max: String(maxPageSize) }, 'query.page.limit');
  }
  return limit === 0 ? undefined : { skip: Math.max((page?.start ?? 0) - 1, 0), limit };
}

/** The keys of a sort, `key` before `keys`; `at` is the sort's path in the request. */
export function sortKeys(sort: Sort | undefined, at: string): readonly (SortKey & { readonly at: string })[] {
  if (sort === undefined) return [];
  if (sort.key !== '') return [{ key: sort.key, desc: sort.desc, at: `${at}.key` }];
  limited(sort.keys.length, MAX_SORT_KEYS, `keys of ${at}`, `${at}.keys`);
  return sort.keys.map((key, i) => ({ ...key, at: `${at}.keys[${i}].key` }));
}

/** The path that a list is sorted by; undefined for a name that no field has, which orders nothing. */
function sortPath(name: string, at: string, schema: ResourceSchema): string | undefined {
  const key = fieldKey(schema, name, at);
  if (key?.referred !== true) return key?.path;
  const reason = `'${echo(name)}' belongs to what a ${schema.name} refers to, by which a list cannot be sorted`;
  return fail('INVALID_PARAMETER', { key: at, reason });
}

interface AskedOrder {
  readonly order: MongoSort;
  /** The keys that order nothing, as they were sent. */
  readonly passedOver: readonly string[];
}

/** The order asked for, the newest first where no key orders. */
function askedOrder(sort: Sort | undefined, schema: ResourceSchema): AskedOrder {
  const order = new Map<string, 1 | -1>();
  const passedOver = new Set<string>();
  for (const { key, desc, at } of sortKeys(sort, 'query.sort')) {
    const path = sortPath(key, at, schema);
    if (path === undefined) passedOver.add(key);
    else if (!order.has(path)) order.set(path, desc ? -1 : 1);
  }
  refuseTwoArrays([...order.keys()], schema);
  return { order: order.size > 0 ? order : new Map([[schema.newest, -1]]), passedOver: [...passedOver] };
}

/** Ties are broken by id, in the direction of the last key; MongoDB sorts by 32 keys at most, so then there is none. */
function tieBroken(order: MongoSort, schema: ResourceSchema): MongoSort {
  if (order.has(schema.id) || order.size === MAX_SORT_KEYS) return order;
  return new Map([...order, [schema.id, [...order.values()].at(-1) ?? -1]]);
}

function refuseTwoArrays(paths: readonly string[], schema: ResourceSchema): void {
  const arrays = paths.filter((path) => schema.fields.get(firstSegment(path)) === 'array');
  if (arrays.length < 2) return;
  const reason = `${arrays.map(echo).join(' and ')} both go through arrays; a sort takes one such key`;
  fail('INVALID_PARAMETER', { key: 'query.sort.keys', reason });
}

/** The stored paths that `only` names; none: everything. */
export function readOnly(only: readonly string[], at: string, schema: ResourceSchema): Selection {
  limited(only.length, MAX_CONDITIONS, `names of ${at}`, at);
  const paths = only.map((name, i) => shownPath(schema, name, `${at}[${i}]`));
  return paths.length === 0 ? undefined : paths;
}

/** A sort key as a path to show: elements of arrays are not shown by index. */
const shownKey = (path: string): string =>
  path
    .split('.')
    .filter((segment, i) => i === 0 || !/^\d+$/.test(segment))
    .join('.');

/** Reads the query of a list. Errors: INVALID_ARGUMENT and RESOURCE_EXHAUSTED, naming what is at fault. */
export function readList(query: Query, reading: Reading): ListQuery {
  const { schema } = reading;
  const filter = readFilters(query, reading);
  const { order, passedOver } = askedOrder(query.sort, schema);
  const only = readOnly(query.only, 'query.only', schema);
  const shown = only === undefined ? undefined : [...only, ...[...order.keys()].map(shownKey)];
  return {
    filter,
    sort: tieBroken(order, schema),
    page: query.count_only ? undefined : readPage(query.page, reading.maxPageSize),
    only: query.minimal ? schema.minimal : shown,
    countOnly: query.count_only,
    passedOver,
  };
}
