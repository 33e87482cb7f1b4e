/** Decides which chart fits the rows of statistics (docs/explorer.md «Statistics»). */
import { isObject, numberAt, textAt, valueAt } from '../../api/json.js';
import type { Json, JsonObject } from '../../api/json.js';
import { isText } from '../../state/conditions.js';
import { STATUS_NAMES } from '../../state/filter-words.js';
import { sumBy } from '../../state/grouping.js';
import { namesIn } from './row-columns.js';
import { isTime, timeline } from './time-texts.js';

export interface Plot {
  readonly columns: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly as: 'bars' | 'lines' | 'stack';
}

/** A chart with more columns or series is unreadable. */
const MAX_COLUMNS = 400;
const MAX_SERIES = 12;

const label = (value: Json): string =>
  value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);

const isMeasure = (value: Json | undefined): boolean =>
  value === undefined || value === null || typeof value === 'number';

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)];

const isOverTime = (rows: readonly JsonObject[], key: string): boolean =>
  rows.every((row) => isTime(textAt(row, key)));

/** A value at its place in the chart. */
interface Point {
  readonly column: Json;
  readonly series: Json;
  readonly value: number;
}

/** Names values, each by a name of its own: text that reads as another value is quoted. */
function namesOf(values: readonly Json[]): (value: Json) => string {
  const others = new Set(values.filter((value) => !isText(value)).map(label));
  return (value) => (isText(value) && others.has(value) ? JSON.stringify(value) : label(value));
}

const placeOf = (column: string, series: string): string => JSON.stringify([column, series]);

/** Arranges points in columns and series; undefined for too many of either. */
function arrange(points: readonly Point[], overTime: boolean): Omit<Plot, 'as'> | undefined {
  const columnName = namesOf(points.map(({ column }) => column));
  const seriesName = namesOf(points.map(({ series }) => series));
  const found = unique(points.map(({ column }) => columnName(column)));
  const columns = overTime ? timeline(found, MAX_COLUMNS) : found;
  const names = unique(points.map(({ series }) => seriesName(series)));
  if (columns.length > MAX_COLUMNS || names.length > MAX_SERIES) return undefined;
  const sums = sumBy(
    points,
    ({ column, series }) => placeOf(columnName(column), seriesName(series)),
    ({ value }) => value,
  );
  const valuesOf = (name: string) => columns.map((column) => sums.get(placeOf(column, name)) ?? 0);
  return { columns, series: names.map((name) => ({ name, values: valuesOf(name) })) };
}

/** The names in the rows: keys, of which one runs along the chart and another across it, and measures. */
interface Axes {
  readonly along: string;
  readonly across: string | undefined;
  readonly measures: readonly [string, ...string[]];
}

/** undefined for rows without a measure or a key, and for more than two keys. */
function axesOf(rows: readonly JsonObject[]): Axes | undefined {
  const names = namesIn(rows);
  const [measure, ...others] = names.filter((name) => rows.every((row) => isMeasure(valueAt(row, name))));
  const keys = names.filter((name) => name !== measure && !others.includes(name));
  const along = keys.find((key) => isOverTime(rows, key)) ?? keys[0];
  if (measure === undefined || along === undefined || keys.length > 2) return undefined;
  return { along, across: keys.find((key) => key !== along), measures: [measure, ...others] };
}

/** With one key every measure is a series; with two the first measure is drawn, a series for each value across. */
const pointsOf = (row: JsonObject, { along, across, measures }: Axes): readonly Point[] => {
  const column = valueAt(row, along) ?? null;
  return across === undefined
    ? measures.map((name) => ({ column, series: name, value: numberAt(row, name) }))
    : [{ column, series: valueAt(row, across) ?? null, value: numberAt(row, measures[0]) }];
};

/** Statuses of jobs add up to all of them, and are stacked; over time, other series are compared, a line each. */
function shapeOf({ across }: Axes, overTime: boolean, series: Plot['series']): Plot['as'] {
  if (across === undefined) return overTime ? 'lines' : 'bars';
  return overTime && !series.every(({ name }) => Object.hasOwn(STATUS_NAMES, name)) ? 'lines' : 'stack';
}

/** undefined if no chart fits the rows. */
export function plotOf(results: readonly Json[]): Plot | undefined {
  const rows = results.filter(isObject);
  if (rows.length < 2 || rows.length < results.length) return undefined;
  const axes = axesOf(rows);
  if (axes === undefined) return undefined;
  const overTime = isOverTime(rows, axes.along);
  const arranged = arrange(
    rows.flatMap((row) => pointsOf(row, axes)),
    overTime,
  );
  return arranged && { ...arranged, as: shapeOf(axes, overTime, arranged.series) };
}
