// Differences from 1.11 by the names of their rows in docs/query.md: each makes of what the published service answered
// what is due here, and leaves alone what it does not explain.
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

/** What is due of the `recorded` answer; `here` tells what MongoDB was free to choose. */
export type Reading = (recorded: Answer, here: Answer, consumer: Consumer) => Answer;

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

/** `value` with `change` made of each object in it, from the inside out. */
function inEach(value: JsonValue, change: (object: JsonObject) => JsonObject): JsonValue {
  if (Array.isArray(value)) return value.map((each) => inEach(each, change));
  if (!isObject(value)) return value;
  return change(
    Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inEach(each, change)])),
  );
}

const without = (object: JsonObject, ...names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));

const isEmpty = (value: JsonValue | undefined): boolean => isObject(value) && Object.keys(value).length === 0;

const STRUCTS = ['filter', 'additional', 'capability'];

function emptyStructs(recorded: Answer, _here: Answer, { rpc }: Consumer): Answer {
  if (rpc === 'stat' || !('response' in recorded)) return recorded;
  const response = inEach(recorded.response, (object) =>
    without(object, ...STRUCTS.filter((name) => isEmpty(object[name]))),
  );
  return { response: isObject(response) ? response : {} };
}

const isShown = (name: string, only: readonly JsonValue[]): boolean =>
  only.length === 0 || only.includes(name);

const onlyStatus: Reading = (recorded, _here, consumer) => {
  const only = [...listAt(queryOf(consumer), 'only'), ...listAt(consumer.request, 'only')];
  if (consumer.rpc === 'stat' || isShown('status', only)) return recorded;
  return withRows(
    recorded,
    rowsOf(recorded).map((row) => (isObject(row) ? without(row, 'status') : row)),
  );
};

/** The keys that a list is sorted by, or that the last sort of a stat is. */
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

const placeOf = (row: JsonValue | undefined, keys: readonly string[]): string =>
  JSON.stringify(keys.map((key) => (isObject(row) ? (row[key] ?? null) : null)));

const identity = (row: JsonValue): string => {
  const id = isObject(row) ? row['job_id'] : undefined;
  return typeof id === 'string' ? id : JSON.stringify(canonical(row));
};

const canonical = (value: JsonValue): JsonValue =>
  inEach(value, (object) =>
    Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  );

/** `rows` where those that tie come in the order of `here`; of those that tie with one of `ends` others may be there. */
function tiedAs(
  here: readonly JsonValue[],
  rows: readonly JsonValue[],
  keys: readonly string[],
  ends: readonly string[],
): readonly JsonValue[] {
  const sameOrder =
    rows.length === here.length && rows.every((row, i) => placeOf(row, keys) === placeOf(here[i], keys));
  if (!sameOrder) return rows;
  const known = new Map(rows.map((row) => [identity(row), row]));
  return here.map((row, i) => {
    const other = ends.includes(placeOf(row, keys)) ? row : rows[i];
    return known.get(identity(row)) ?? other ?? null;
  });
}

const isShownBy = (rows: readonly JsonValue[], key: string): boolean =>
  rows.some((row) => isObject(row) && key in row);

/** An order by what no row shows cannot be held to. */
const tieBreak: Reading = (recorded, here, consumer) => {
  const [keys, rows] = [sortKeys(consumer), rowsOf(recorded)];
  if (consumer.rpc !== 'list' || !keys.every((key) => isShownBy(rows, key))) return recorded;
  const ends = isObject(queryOf(consumer)['page'])
    ? [placeOf(rows[0], keys), placeOf(rows.at(-1), keys)]
    : [];
  return withRows(recorded, tiedAs(rowsOf(here), rows, keys, ends));
};

/** Rows of a stat that tie come in any order, there and here: that is no difference. */
export const inOrderOf: Reading = (recorded, here, consumer) => {
  const isStat = consumer.rpc === 'stat' && listAt(queryOf(consumer), 'aggregate').length > 0;
  if (!isStat) return recorded;
  return withRows(recorded, tiedAs(rowsOf(here), rowsOf(recorded), sortKeys(consumer), []));
};

/** Without a field to sort by the order was MongoDB's; that here is checked. */
const unknownSortKeys: Reading = (recorded, here, consumer) => {
  const { key } = objectAt(queryOf(consumer), 'sort');
  const unknown = key === 'task' || key === 'name';
  const dates = rowsOf(here).map((row) => placeOf(row, ['created_at']));
  const newestFirst = dates.every((date, i) => i === 0 || date <= (dates[i - 1] ?? ''));
  return unknown && consumer.rpc === 'list' && newestFirst ? withRows(recorded, rowsOf(here)) : recorded;
};

const SIX_DECIMALS = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3})\d{3}Z$/;

function datesInRows(recorded: Answer, _here: Answer, { rpc }: Consumer): Answer {
  if (rpc !== 'stat') return recorded;
  const read = (value: JsonValue): JsonValue => {
    if (typeof value === 'string') return value.replace(SIX_DECIMALS, '$1Z');
    if (Array.isArray(value)) return value.map(read);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, read(each)]));
  };
  return withRows(recorded, rowsOf(recorded).map(read));
}

function projectedRows(recorded: Answer, _here: Answer, { rpc }: Consumer): Answer {
  if (rpc !== 'stat') return recorded;
  return withRows(
    recorded,
    rowsOf(recorded).map((row) => (isObject(row) ? without(row, '_id') : row)),
  );
}

const ALIASES = ['"filter"', '"collector_info"', '"user_projects"'];

/** The published service did not know the name; what it means is held to by tests of its own. */
function aliases(recorded: Answer, here: Answer): Answer {
  const refused = 'error' in recorded && ALIASES.some((name) => recorded.error.text.includes(name));
  return refused && 'response' in here ? here : recorded;
}

function clientErrors(recorded: Answer, here: Answer): Answer {
  const isClients = 'error' in here && here.error.status === 'INVALID_ARGUMENT';
  return isClients && 'error' in recorded && recorded.error.status === 'INTERNAL' ? here : recorded;
}

const NUMBERS: readonly (JsonValue | undefined)[] = ['total_tasks', 'remained_tasks', 'mark_error'];

function textOnNumbers(recorded: Answer, _here: Answer, consumer: Consumer): Answer {
  const conditions = listAt(queryOf(consumer), 'filter').filter(isObject);
  const hasText = conditions.some(
    ({ k, v, o }) => NUMBERS.includes(k) && typeof v === 'string' && o === 'eq',
  );
  return hasText ? { response: {} } : recorded;
}

/** In the order in which they are made of a recorded answer. */
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
