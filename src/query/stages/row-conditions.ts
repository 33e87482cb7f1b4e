/** The operators of conditions on rows, one row of the table each (docs/query.md «group»). Nothing else knows one by name. */
import { differs, equals, ordering } from '../comparisons.js';
import { mayEqual, mayOrder } from '../malformed-text.js';
import type { MongoExpression } from '../mongo-syntax.js';
import { anything, scalar } from '../values.js';
import type { Comparable, OperandKind } from '../values.js';

interface RowConditionRow {
  readonly operand: OperandKind<Comparable>;
  readonly test: (value: MongoExpression, operand: Comparable) => MongoExpression;
  /** True for a text that malformed text may meet, or miss, only as answers show it. */
  readonly needsProbe: (text: string) => boolean;
  /** It takes a reference itself, by its id. */
  readonly onReference?: true;
}

const ROWS = {
  eq: { operand: anything, test: equals, needsProbe: mayEqual, onReference: true },
  not: { operand: anything, test: differs, needsProbe: mayEqual, onReference: true },
  gt: { operand: scalar, test: ordering('$gt'), needsProbe: mayOrder },
  gte: { operand: scalar, test: ordering('$gte'), needsProbe: mayOrder },
  lt: { operand: scalar, test: ordering('$lt'), needsProbe: mayOrder },
  lte: { operand: scalar, test: ordering('$lte'), needsProbe: mayOrder },
} as const satisfies Record<string, RowConditionRow>;

export type RowConditionOperator = keyof typeof ROWS;
export const ROW_CONDITIONS: Readonly<Record<RowConditionOperator, RowConditionRow>> = ROWS;
