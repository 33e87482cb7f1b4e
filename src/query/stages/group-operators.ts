/** The operators of group fields, one row each (docs/query.md «group»). Nothing else knows one by name. */
import type { MongoExpression } from '../mongo-syntax.js';
import { orNull } from '../expressions.js';

interface GroupOperatorRow {
  readonly accumulator: string;
  /** Its operand: nothing but the row, a key, or a key or fields. */
  readonly needs: 'nothing' | 'key' | 'key or fields';
  /** It takes conditions; a row that misses them counts as 0. */
  readonly conditions?: true;
  /** Of dates it makes a date. */
  readonly keepsType?: true;
  /** Null and missing values count alike. */
  readonly nullIsMissing?: true;
  /** Its result depends on the order of rows. */
  readonly ordered?: true;
  /** It takes the value at this percent of the sorted numbers (ranks.ts). */
  readonly percent?: number;
  /** Accumulating the results of parts gives exactly the result of the whole. */
  readonly mergeable?: true;
  /** Prepares the operand for the accumulator; by default it is accumulated as it is. */
  readonly prepare?: (operand: MongoExpression) => MongoExpression;
}

const rank = (percent: number) => ({
  accumulator: '$max',
  needs: 'key' as const,
  percent,
  nullIsMissing: true as const,
});

const ROWS = {
  count: { accumulator: '$sum', needs: 'nothing', conditions: true, mergeable: true, nullIsMissing: true },
  sum: { accumulator: '$sum', needs: 'key', conditions: true, nullIsMissing: true },
  average: { accumulator: '$avg', needs: 'key', conditions: true, nullIsMissing: true },
  max: { accumulator: '$max', needs: 'key', keepsType: true, mergeable: true, nullIsMissing: true },
  min: { accumulator: '$min', needs: 'key', keepsType: true, mergeable: true, nullIsMissing: true },
  first: { accumulator: '$first', needs: 'key', keepsType: true, ordered: true, nullIsMissing: true },
  last: { accumulator: '$last', needs: 'key', keepsType: true, ordered: true, nullIsMissing: true },
  push: { accumulator: '$push', needs: 'key or fields', ordered: true },
  add_to_set: { accumulator: '$addToSet', needs: 'key' },
  /** A stored `undefined` here ends mongod 6.0 with an invariant, and everybody's calls with it. */
  merge_objects: { accumulator: '$mergeObjects', needs: 'key', prepare: orNull, ordered: true },
  median: rank(50),
  p90: rank(90),
  p95: rank(95),
  p99: rank(99),
} as const satisfies Record<string, GroupOperatorRow>;

export type GroupOperator = keyof typeof ROWS;
export const GROUP_OPERATORS: Readonly<Record<GroupOperator, GroupOperatorRow>> = ROWS;
