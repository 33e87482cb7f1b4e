/** The operators of projected fields, one row each (docs/query.md «project»). Nothing else knows one by name. */
import type { MongoExpression } from '../mongo-syntax.js';
import { isOfType, when } from '../expressions.js';

interface ProjectOperatorRow {
  readonly compute: (operand: MongoExpression) => MongoExpression;
  /** Of dates it makes dates. */
  readonly keepsType?: true;
}

const ofArray = (operand: MongoExpression, result: MongoExpression): MongoExpression =>
  when({ $isArray: [operand] }, result, 0);

const ROWS = {
  /** Without an operator: the value itself. */
  '': { compute: (operand) => operand, keepsType: true },
  size: { compute: (operand) => ofArray(operand, { $size: operand }) },
  sum: { compute: (operand) => ofArray(operand, { $sum: operand }) },
  object_to_array: {
    compute: (operand) => when(isOfType(operand, 'object'), { $objectToArray: operand }, null),
  },
  array_to_object: { compute: (operand) => ({ $arrayToObject: operand }) },
} as const satisfies Record<string, ProjectOperatorRow>;

export type ProjectOperator = keyof typeof ROWS;
export const PROJECT_OPERATORS: Readonly<Record<ProjectOperator, ProjectOperatorRow>> = ROWS;
