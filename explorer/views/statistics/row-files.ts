/** The rows of statistics as the text of a file. */
import { BYTE_ORDER_MARK } from '../../api/client.js';
import type { Format } from '../../api/client.js';
import { valueAt } from '../../api/json.js';
import type { Json, JsonObject } from '../../api/json.js';
import { csvLine } from '../../../src/wire/csv.js';
import { namesIn } from './row-columns.js';

/** Missing and null are empty cells, objects and lists are JSON. */
function cell(value: Json | undefined): string | number | boolean {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

function csv(rows: readonly JsonObject[]): string {
  const names = namesIn(rows);
  const lines = rows.map((row) => csvLine(names.map((name) => cell(valueAt(row, name)))));
  return BYTE_ORDER_MARK + csvLine(names) + lines.join('');
}

export const ROW_FILES: Readonly<Record<Format, (rows: readonly JsonObject[]) => string>> = {
  CSV: csv,
  NDJSON: (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
};
