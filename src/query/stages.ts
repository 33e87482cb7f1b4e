/**
 * What the stages of stat are made of, a row each: group fields, conditions, project operators and date formats
 * (docs/query.md «stat»). An operand is an expression that reads a row; `due` is data and always under $literal.
 */
import type { MongoExpression } from './mongo-syntax.js';
import { mayEqual, mayOrder } from './malformed-text.js';
import { anything, isUnordered, scalar } from './values.js';
import type { Comparable, OperandKind } from './values.js';

interface GroupRow {
  readonly accumulator: string;
  /** What it accumulates: the row itself, a key, or a key or fields. */
  readonly needs: 'nothing' | 'key' | 'key or fields';
  /** A row that misses the conditions counts as 0. */
  readonly conditions?: true;
  /** Of dates it makes a date. */
  readonly keepsType?: true;
  /** Null and what is missing count alike. */
  readonly nullIsMissing?: true;
  /** Accumulating what was accumulated of parts gives exactly that of the whole. */
  readonly mergeable?: true;
  /** What of the operand MongoDB is given to accumulate, where it is not the operand itself. */
  readonly of?: (operand: MongoExpression) => MongoExpression;
}

const orNull = (operand: MongoExpression): MongoExpression => ({ $ifNull: [operand, null] });

const GROUP_ROWS = {
  count: { accumulator: '$sum', needs: 'nothing', conditions: true, mergeable: true, nullIsMissing: true },
  sum: { accumulator: '$sum', needs: 'key', conditions: true, nullIsMissing: true },
  average: { accumulator: '$avg', needs: 'key', conditions: true, nullIsMissing: true },
  max: { accumulator: '$max', needs: 'key', keepsType: true, mergeable: true, nullIsMissing: true },
  min: { accumulator: '$min', needs: 'key', keepsType: true, mergeable: true, nullIsMissing: true },
  first: { accumulator: '$first', needs: 'key', keepsType: true },
  last: { accumulator: '$last', needs: 'key', keepsType: true },
  push: { accumulator: '$push', needs: 'key or fields' },
  add_to_set: { accumulator: '$addToSet', needs: 'key' },
  /** On a stored `undefined` mongod 6.0 ends with an invariant, and everybody's calls with it. */
  merge_objects: { accumulator: '$mergeObjects', needs: 'key', of: orNull },
} as const satisfies Record<string, GroupRow>;

export type GroupOperator = keyof typeof GROUP_ROWS;
export const GROUP_FIELDS: Readonly<Record<GroupOperator, GroupRow>> = GROUP_ROWS;

const equals = (operand: MongoExpression, due: Comparable): MongoExpression => ({
  $eq: [orNull(operand), { $literal: due }],
});

const isOfType = (operand: MongoExpression, type: string): MongoExpression => ({
  $eq: [{ $type: operand }, type],
});

/** Whether a value is of the type of `due`, as find has it: to find a symbol is a text, and NaN has no order. */
function isLike(operand: MongoExpression, due: Comparable): MongoExpression {
  if (typeof due === 'number') return { $and: [{ $isNumber: operand }, { $ne: [operand, NaN] }] };
  if (typeof due === 'boolean') return isOfType(operand, 'bool');
  if (due instanceof Date) return isOfType(operand, 'date');
  return { $in: [{ $type: operand }, ['string', 'symbol']] };
}

/** An ordering within the type of `due`; null and NaN order with nothing. */
const ordering =
  (operator: string) =>
  (operand: MongoExpression, due: Comparable): MongoExpression =>
    isUnordered(due)
      ? { $literal: false }
      : { $and: [isLike(operand, due), { [operator]: [operand, { $literal: due }] }] };

interface ConditionRow {
  readonly operand: OperandKind<Comparable>;
  readonly test: (operand: MongoExpression, due: Comparable) => MongoExpression;
  /** Tells the texts that a malformed text may meet, or not, as answers show it only. */
  readonly isDoubtful: (text: string) => boolean;
}

export const CONDITIONS = {
  eq: { operand: anything, test: equals, isDoubtful: mayEqual },
  not: {
    operand: anything,
    test: (operand, due) => ({ $not: [equals(operand, due)] }),
    isDoubtful: mayEqual,
  },
  gt: { operand: scalar, test: ordering('$gt'), isDoubtful: mayOrder },
  gte: { operand: scalar, test: ordering('$gte'), isDoubtful: mayOrder },
  lt: { operand: scalar, test: ordering('$lt'), isDoubtful: mayOrder },
  lte: { operand: scalar, test: ordering('$lte'), isDoubtful: mayOrder },
} as const satisfies Record<string, ConditionRow>;

export type ConditionTest = keyof typeof CONDITIONS;

const where = (
  test: MongoExpression,
  then: MongoExpression,
  otherwise: MongoExpression,
): MongoExpression => ({
  $cond: [test, then, otherwise],
});

const ofArray = (operand: MongoExpression, made: MongoExpression): MongoExpression =>
  where({ $isArray: [operand] }, made, 0);

export const PROJECT_OPERATORS = {
  /** Without an operator: the value itself. */
  '': (operand) => operand,
  size: (operand) => ofArray(operand, { $size: operand }),
  sum: (operand) => ofArray(operand, { $sum: operand }),
  object_to_array: (operand) => where(isOfType(operand, 'object'), { $objectToArray: operand }, null),
  array_to_object: (operand) => ({ $arrayToObject: operand }),
} as const satisfies Record<string, (operand: MongoExpression) => MongoExpression>;

export type ProjectOperator = keyof typeof PROJECT_OPERATORS;

const PARTS = { year: '$year', month: '$month', day: '$dayOfMonth' } as const;

/** Patterns are made of these letters, which every supported version of MongoDB knows. */
const PATTERN = /^(?:[^%]|%[YmdHMSLjuUVwGzZ%])*$/;
const FIRST_YEAR = new Date('0000-01-01T00:00:00.000Z');
const LAST_YEAR = new Date('9999-12-31T23:59:59.999Z');

export type DateFormat = { readonly part: keyof typeof PARTS } | { readonly pattern: string };

/** The format that `text` names, or undefined for an unknown letter. */
export function dateFormat(text: string): DateFormat | undefined {
  const part = (['year', 'month', 'day'] as const).find((name) => name === text);
  if (part !== undefined) return { part };
  return PATTERN.test(text) && !text.includes('\0') ? { pattern: text } : undefined;
}

/** A date's part or text, UTC; null for what is no date, and text for the years 0 to 9999 only. */
export function formatted(operand: MongoExpression, format: DateFormat): MongoExpression {
  const isDate = isOfType(operand, 'date');
  if ('part' in format) return where(isDate, { [PARTS[format.part]]: operand }, null);
  const inRange = [isDate, { $gte: [operand, FIRST_YEAR] }, { $lte: [operand, LAST_YEAR] }];
  return where(
    { $and: inRange },
    { $dateToString: { date: operand, format: { $literal: format.pattern } } },
    null,
  );
}
