/** limit and skip: the first rows, or those behind them (docs/query.md «sort, limit, skip»). */
import { fail } from '../../errors.js';
import type { StageDefinition } from './definition.js';

/** Reads a number of rows, `min` or more. */
const rowCount = (rows: number, min: number, fieldPath: string): number =>
  rows < min ? fail('INVALID_PARAMETER', { key: fieldPath, reason: `${rows} is less than ${min}` }) : rows;

export const limit: StageDefinition<'limit'> = {
  read: (rows, fieldPath) => ({ kind: 'limit', rows: rowCount(rows, 1, fieldPath) }),
  compile: ({ rows }) => [{ $limit: rows }],
  takesNullForMissing: (_, next) => next(),
};

export const skip: StageDefinition<'skip'> = {
  read: (rows, fieldPath) => ({ kind: 'skip', rows: rowCount(rows, 0, fieldPath) }),
  compile: ({ rows }) => [{ $skip: rows }],
  takesNullForMissing: (_, next) => next(),
};
