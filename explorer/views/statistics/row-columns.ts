/** The columns of rows of any shape. */
import { valueAt } from '../../api/json.js';
import type { JsonObject } from '../../api/json.js';

export interface Column {
  readonly name: string;
  readonly isNumber: boolean;
}

/** The names in rows, each once. */
export const namesIn = (rows: readonly JsonObject[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** A column for each name, those of numbers last. */
export function columnsOf(rows: readonly JsonObject[]): readonly Column[] {
  const isNumber = (name: string): boolean =>
    rows.every((row) => ['undefined', 'number'].includes(typeof valueAt(row, name)));
  return namesIn(rows)
    .map((name) => ({ name, isNumber: isNumber(name) }))
    .toSorted((a, b) => Number(a.isNumber) - Number(b.isNumber));
}
