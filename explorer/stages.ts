/** Stages of statistics: their forms, examples to start from, and which chart their rows make (docs/query.md «Statistics»). */
import type { GroupOperator, ProjectOperator } from '../src/query/stages.js';
import { sumBy } from './breakdown.js';
import { isObject } from './json.js';
import type { Json, JsonObject } from './json.js';

/** A field of a form: a text, a switch, one of a choice, or rows of such fields. */
export type Field =
  | { readonly name: string; readonly as: 'text' | 'flag' }
  | { readonly name: string; readonly as: 'choice'; readonly of: readonly string[] }
  | { readonly name: string; readonly as: 'rows'; readonly of: readonly Field[] };

const text = (name: string): Field => ({ name, as: 'text' });
const rows = (name: string, of: readonly Field[]): Field => ({ name, as: 'rows', of });
const choice = (name: string, of: readonly string[]): Field => ({ name, as: 'choice', of: ['', ...of] });
const flag = (name: string): Field => ({ name, as: 'flag' });

const GROUP_OPERATORS: readonly GroupOperator[] = [
  'count',
  'sum',
  'average',
  'max',
  'min',
  'first',
  'last',
  'push',
  'add_to_set',
  'merge_objects',
];
const PROJECT_OPERATORS: readonly ProjectOperator[] = ['size', 'sum', 'object_to_array', 'array_to_object'];

/** The form of each kind of stage; `undefined`: the stage is one number. */
export const STAGES: Readonly<Record<string, readonly Field[] | undefined>> = {
  group: [
    rows('keys', [text('key'), text('name'), text('date_format')]),
    rows('fields', [text('name'), choice('operator', GROUP_OPERATORS), text('key')]),
  ],
  sort: [rows('keys', [text('key'), flag('desc')])],
  project: [
    rows('fields', [text('key'), text('name'), choice('operator', PROJECT_OPERATORS)]),
    flag('exclude_keys'),
  ],
  unwind: [text('path')],
  count: [text('name')],
  limit: undefined,
  skip: undefined,
};

/** What a stage of a kind begins as. */
export const BEGINNINGS: Readonly<Record<string, Json>> = {
  group: { keys: [{ key: 'status', name: 'status' }], fields: [{ name: 'jobs', operator: 'count' }] },
  sort: { keys: [{ key: 'jobs', desc: true }] },
  project: { fields: [{ key: 'status', name: 'status' }] },
  unwind: { path: 'errors' },
  count: { name: 'jobs' },
  limit: 10,
  skip: 10,
};

const jobs: JsonObject = { name: 'jobs', operator: 'count' };
const mostFirst: JsonObject = { sort: { keys: [{ key: 'jobs', desc: true }] } };

/** Statistics to start from. */
export const EXAMPLES: ReadonlyMap<string, readonly Json[]> = new Map<string, readonly Json[]>([
  [
    'Jobs a day by status',
    [
      {
        group: {
          keys: [
            { key: 'created_at', name: 'day', date_format: '%Y-%m-%d' },
            { key: 'status', name: 'status' },
          ],
          fields: [jobs],
        },
      },
      { sort: { keys: [{ key: 'day' }, { key: 'status' }] } },
    ],
  ],
  [
    'Slowest collectors',
    [
      {
        group: {
          keys: [{ key: 'collector.name', name: 'collector' }],
          fields: [
            {
              name: 'timeouts',
              operator: 'count',
              conditions: [{ key: 'status', operator: 'eq', value: 'TIMEOUT' }],
            },
            { name: 'tasks_left', operator: 'sum', key: 'remained_tasks' },
            jobs,
          ],
        },
      },
      {
        sort: {
          keys: [
            { key: 'timeouts', desc: true },
            { key: 'tasks_left', desc: true },
          ],
        },
      },
      { limit: 10 },
    ],
  ],
  [
    'Errors by code',
    [
      { unwind: { path: 'errors' } },
      {
        group: { keys: [{ key: 'errors.error_code', name: 'code' }], fields: [{ ...jobs, name: 'errors' }] },
      },
      { sort: { keys: [{ key: 'errors', desc: true }] } },
      { limit: 20 },
    ],
  ],
  [
    'Jobs by provider',
    [{ group: { keys: [{ key: 'collector.provider', name: 'provider' }], fields: [jobs] } }, mostFirst],
  ],
]);

/** The kind of a stage, and what it holds. */
export function kindOf(stage: Json): readonly [string, Json] {
  const [first] = isObject(stage) ? Object.entries(stage) : [];
  const [kind, body] = first ?? ['', null];
  return [kind, body ?? null];
}

/** What is drawn of rows: columns with a name, and values for each series. */
export interface Drawn {
  readonly columns: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly as: 'bars' | 'lines' | 'stack';
}

/** Columns and series beyond which a chart shows nothing any more. */
const MOST_COLUMNS = 400;
const MOST_SERIES = 12;

const isTime = (value: string): boolean => /^\d{4}(?:-\d\d|-W\d\d|$)/.test(value);
const label = (value: Json | undefined): string =>
  value === undefined || value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);

const number = (value: Json | undefined): number => (typeof value === 'number' ? value : 0);
const isMeasure = (value: Json | undefined): boolean =>
  value === undefined || value === null || typeof value === 'number';

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

const isOverTime = (rows: readonly JsonObject[], key: string): boolean =>
  rows.every((row) => isTime(label(row[key])));

/** A value to be drawn, and where. */
interface Part {
  readonly column: string;
  readonly series: string;
  readonly value: number;
}

const cellOf = (column: string, series: string): string => JSON.stringify([column, series]);

/** The parts put together; undefined where they are too many to be read. */
function table(parts: readonly Part[], isSorted: boolean): Omit<Drawn, 'as'> | undefined {
  const found = unique(parts.map(({ column }) => column));
  const columns = isSorted ? found.toSorted() : found;
  const names = unique(parts.map(({ series }) => series));
  if (columns.length > MOST_COLUMNS || names.length > MOST_SERIES) return undefined;
  const sums = sumBy(
    parts,
    ({ column, series }) => cellOf(column, series),
    ({ value }) => value,
  );
  const valuesOf = (name: string) => columns.map((column) => sums.get(cellOf(column, name)) ?? 0);
  return { columns, series: names.map((name) => ({ name, values: valuesOf(name) })) };
}

/** What a chart of the rows has on it: of one key all numbers, of two the first; undefined where they fit none. */
export function drawn(results: readonly Json[]): Drawn | undefined {
  const rows = results.filter(isObject);
  if (rows.length < 2 || rows.length < results.length) return undefined;
  const names = unique(rows.flatMap((row) => Object.keys(row)));
  const measures = names.filter((name) => rows.every((row) => isMeasure(row[name])));
  const keys = names.filter((name) => !measures.includes(name));
  const along = keys.find((key) => isOverTime(rows, key)) ?? keys[0];
  const across = keys.find((key) => key !== along);
  const [measure] = measures;
  if (measure === undefined || along === undefined || keys.length > 2) return undefined;
  const parts = rows.flatMap((row): Part[] => {
    const column = label(row[along]);
    if (across !== undefined) return [{ column, series: label(row[across]), value: number(row[measure]) }];
    return measures.map((name) => ({ column, series: name, value: number(row[name]) }));
  });
  const overTime = isOverTime(rows, along);
  const made = table(parts, overTime);
  return made && { ...made, as: across !== undefined ? 'stack' : overTime ? 'lines' : 'bars' };
}
