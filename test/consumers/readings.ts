// Differences from 1.11 by their row names in docs/query.md: each turns a recorded answer of the published service into
// the expected one, and leaves everything else unchanged.
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { RpcName } from '../harness/client.js';

export type Answer =
  | { readonly response: JsonObject }
  | { readonly error: { readonly status: string; readonly code: string; readonly text: string } };

export interface Consumer {
  readonly name: string;
  readonly rpc: RpcName;
  readonly request: JsonObject;
}

/** Turns the `recorded` answer into the expected one; `actual` shows choices left to MongoDB. */
export type Reading = (recorded: Answer, actual: Answer, consumer: Consumer) => Answer;

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectAt = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isObject(value) ? value : {};
};

const listAt = (object: JsonObject, name: string): readonly JsonValue[] => {
  const value = object[name];
  return Array.isArray(value) ? value : [];
};

const rowsOf = (answer: Answer): readonly JsonValue[] =>
  'response' in answer ? listAt(answer.response, 'results') : [];

const queryOf = ({ request }: Consumer): JsonObject => objectAt(request, 'query');

function withRows(answer: Answer, rows: readonly JsonValue[]): Answer {
  return 'response' in answer && rows.length > 0
    ? { response: { ...answer.response, results: [...rows] } }
    : answer;
}

/** Applies `change` to each object in `value`, innermost first. */
function mapObjects(value: JsonValue, change: (object: JsonObject) => JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((each) => mapObjects(each, change));
  if (!isObject(value)) return value;
  return change(
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, mapObjects(each, change)])),
  );
}

const without = (object: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

const isEmpty = (value: JsonValue | undefined): boolean => isObject(value) && Object.keys(value).length === 0;

const STRUCTS = ['filter', 'additional', 'capability'];

function emptyStructs(recorded: Answer, _actual: Answer, { rpc }: Consumer): Answer {
  if (rpc === 'stat' || !('response' in recorded)) return recorded;
  const response = mapObjects(recorded.response, (object) =>
    without(object, ...STRUCTS.filter((name) => isEmpty(object[name]))),
  );
  return { response: isObject(response) ? response : {} };
}

const isSelected = (name: string, only: readonly JsonValue[]): boolean =>
  only.length === 0 || only.includes(name);

const onlyStatus: Reading = (recorded, _actual, consumer) => {
  const only = [...listAt(queryOf(consumer), 'only'), ...listAt(consumer.request, 'only')];
  if (consumer.rpc === 'stat' || isSelected('status', only)) return recorded;
  return withRows(
    recorded,
    rowsOf(recorded).map((row) => (isObject(row) ? without(row, 'status') : row)),
  );
};

/** Returns the sort keys of a list, or of the last sort stage of a stat. */
function sortKeys(consumer: Consumer): readonly string[] {
  const stages = listAt(queryOf(consumer), 'aggregate').filter(isObject);
  const sort =
    consumer.rpc === 'stat'
      ? objectAt(stages.findLast((stage) => 'sort' in stage) ?? {}, 'sort')
      : objectAt(queryOf(consumer), 'sort');
  const keys = [sort, ...listAt(sort, 'keys').filter(isObject)].map(({ key }) => key);
  const named = keys.filter((key) => typeof key === 'string' && key !== '').map(String);
  return named.length > 0 || consumer.rpc === 'stat' ? named : ['created_at'];
}

const sortValuesOf = (row: JsonValue | undefined, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (isObject(row) ? (row[key] ?? null) : null)));

const identity = (row: JsonValue): string => {
  const id = isObject(row) ? row['job_id'] : undefined;
  return typeof id === 'string' ? id : JSON.stringify(canonical(row));
};

const canonical = (value: JsonValue): JsonValue =>
  mapObjects(value, (object) =>
    Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  );

/** Orders tied rows as in `actual`; a row tied with one of `ends` may be replaced by another one. */
function adoptTies(
  actual: readonly JsonValue[],
  rows: readonly JsonValue[],
  keys: readonly string[],
  ends: readonly string[],
): readonly JsonValue[] {
  const sameOrder =
    rows.length === actual.length &&
    rows.every((row, i) => sortValuesOf(row, keys) === sortValuesOf(actual[i], keys));
  if (!sameOrder) return rows;
  const known = new Map(rows.map((row) => [identity(row), row]));
  return actual.map((row, i) => {
    const other = ends.includes(sortValuesOf(row, keys)) ? row : rows[i];
    return known.get(identity(row)) ?? other ?? null;
  });
}

const hasKey = (rows: readonly JsonValue[], key: string): boolean =>
  rows.some((row) => isObject(row) && key in row);

/** Adopts the order of ties; an order by keys absent from the rows cannot be checked. */
const tieBreak: Reading = (recorded, actual, consumer) => {
  const [keys, rows] = [sortKeys(consumer), rowsOf(recorded)];
  if (consumer.rpc !== 'list' || !keys.every((key) => hasKey(rows, key))) return recorded;
  const ends = isObject(queryOf(consumer)['page'])
    ? [sortValuesOf(rows[0], keys), sortValuesOf(rows.at(-1), keys)]
    : [];
  return withRows(recorded, adoptTies(rowsOf(actual), rows, keys, ends));
};

/** Adopts the order of tied stat rows: it is unspecified in both services and no difference. */
export const inOrderOf: Reading = (recorded, actual, consumer) => {
  const isStat = consumer.rpc === 'stat' && listAt(queryOf(consumer), 'aggregate').length > 0;
  if (!isStat) return recorded;
  return withRows(recorded, adoptTies(rowsOf(actual), rowsOf(recorded), sortKeys(consumer), []));
};

/** Adopts the order of lists sorted by an unknown key, left to MongoDB by 1.11, if it is newest first. */
const unknownSortKeys: Reading = (recorded, actual, consumer) => {
  const { key } = objectAt(queryOf(consumer), 'sort');
  const unknown = key === 'task' || key === 'name';
  const dates = rowsOf(actual).map((row) => sortValuesOf(row, ['created_at']));
  const newestFirst = dates.every((date, i) => i === 0 || date <= (dates[i - 1] ?? ''));
  return unknown && consumer.rpc === 'list' && newestFirst ? withRows(recorded, rowsOf(actual)) : recorded;
};

const SIX_DECIMALS = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z$/;

function datesInRows(recorded: Answer, _actual: Answer, { rpc }: Consumer): Answer {
  if (rpc !== 'stat') return recorded;
  const read = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return value.replace(SIX_DECIMALS, '$1Z');
    if (Array.isArray(value)) return value.map(read);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, read(each)]));
  };
  return withRows(recorded, rowsOf(recorded).map(read));
}

function projectedRows(recorded: Answer, _actual: Answer, { rpc }: Consumer): Answer {
  if (rpc !== 'stat') return recorded;
  return withRows(
    recorded,
    rowsOf(recorded).map((row) => (isObject(row) ? without(row, '_id') : row)),
  );
}

const ALIASES = ['"filter"', '"collector_info"', '"user_projects"'];

/** Accepts aliases unknown to the published service; their meaning has its own tests. */
function aliases(recorded: Answer, actual: Answer): Answer {
  const refused = 'error' in recorded && ALIASES.some((name) => recorded.error.text.includes(name));
  return refused && 'response' in actual ? actual : recorded;
}

function clientErrors(recorded: Answer, actual: Answer): Answer {
  const isClients = 'error' in actual && actual.error.status === 'INVALID_ARGUMENT';
  return isClients && 'error' in recorded && recorded.error.status === 'INTERNAL' ? actual : recorded;
}

const NUMBERS: readonly (JsonValue | undefined)[] = ['total_tasks', 'remained_tasks', 'mark_error'];

function textOnNumbers(recorded: Answer, _actual: Answer, consumer: Consumer): Answer {
  const conditions = listAt(queryOf(consumer), 'filter').filter(isObject);
  const hasText = conditions.some(
    ({ k, v, o }) => NUMBERS.includes(k) && typeof v === 'string' && o === 'eq',
  );
  return hasText ? { response: {} } : recorded;
}

/** Readings in the order of their application. */
export const READINGS: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ['empty-structs', emptyStructs],
  ['only-status', onlyStatus],
  ['dates-in-rows', datesInRows],
  ['projected-rows', projectedRows],
  ['text-on-numbers', textOnNumbers],
  ['aliases', aliases],
  ['client-errors', clientErrors],
  ['unknown-sort-keys', unknownSortKeys],
  ['tie-break', tieBreak],
]);
