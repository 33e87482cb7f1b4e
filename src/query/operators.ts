/**
 * The filter operators, one row each: the kind of its operand, and its meaning to MongoDB (docs/query.md «Filter
 * operators»). Nothing else knows an operator by name.
 */
import { BSONRegExp } from 'mongodb';
import type { PlainObject } from '../wire/struct.js';
import { equals, isAmong, ordering } from './comparisons.js';
import { guardAt } from './guarded-regex.js';
import { elementOrDocument } from './match.js';
import type { Fields } from './match.js';
import { meets } from './mongo-syntax.js';
import type { MongoExpression, MongoFilter } from './mongo-syntax.js';
import { inText, mayOrder, probeAt, probesForOperand, projectWhole } from './malformed-text.js';
import type { MalformedTextProbe } from './malformed-text.js';
import {
  flag,
  fields,
  isoDate,
  isUnordered,
  pattern,
  patterns,
  scalar,
  text,
  texts,
  timediff,
  value,
  values,
} from './values.js';
import type { Comparable, OperandKind } from './values.js';

interface Row<T> {
  readonly operand: OperandKind<T>;
  /** Finds the documents with a value at `path` that meets `operand`. */
  readonly match: (operand: T, path: string) => MongoFilter;
  /** Evaluates the same where `match` may silently miss a text, and makes that an error of MongoDB; undefined: it cannot miss any. */
  readonly guard?: (operand: T, path: string) => MongoExpression | undefined;
  /** Probes for stored text that `match` may misjudge; by default for text that may equal the operand as answers show it. */
  readonly probes?: (operand: T, path: string) => readonly MalformedTextProbe[];
  /** Tests a computed value the same way; undefined: it takes none. */
  readonly test?: (value: MongoExpression, operand: T) => MongoExpression;
  /** It takes a reference itself, by its id. */
  readonly onReference?: true;
  /** On the resource referred to, it finds all but the resources that refer to a match of this operator. */
  readonly antiJoin?: Row<T>;
}

const equal = (operand: Comparable, path: string): MongoFilter => meets(path, { $eq: operand });

const nothing = (path: string): MongoFilter => meets(path, { $in: [] });

/** MongoDB refuses a name starting with `$` as the first of an object under $in; under $eq it is data. */
function looksLikeOperator(operand: Comparable): boolean {
  const [first] = operand instanceof Map ? (operand as PlainObject).keys() : [];
  return first?.startsWith('$') === true;
}

function oneOf(operand: readonly Comparable[], path: string): MongoFilter {
  const odd = operand.filter(looksLikeOperator);
  if (odd.length === 0) return meets(path, { $in: operand });
  const rest = operand.filter((item) => !looksLikeOperator(item));
  return { $or: [meets(path, { $in: rest }), ...odd.map((item) => equal(item, path))] };
}

/** Escapes `text` as a regular expression for just this text. */
const literal = (text: string): string =>
  text.replace(/[\\^$.|?*+()[\]{}-]/g, '\\$&').replaceAll('\0', '\\x00');

const expression = (found: string, path: string): MongoFilter =>
  meets(path, { $regex: inText(found), $options: 'i' });

const expressions = (found: readonly string[], path: string): MongoFilter =>
  meets(path, { $in: found.map((each) => new BSONRegExp(inText(each), 'i')) });

const probeTexts = (_: unknown, path: string): readonly MalformedTextProbe[] => [probeAt(path)];

/** An ordering; null and NaN are neither less nor more than anything. */
const ordered = <T extends Comparable>(operator: string, kind: OperandKind<T>): Row<T> => ({
  operand: kind,
  match: (operand, path) => (isUnordered(operand) ? nothing(path) : meets(path, { [operator]: operand })),
  probes: (operand, path) => probesForOperand(operand, path, mayOrder),
});

const orderedScalar = (operator: string): Row<Comparable> => ({
  ...ordered(operator, scalar),
  test: ordering(operator),
});

const eq: Row<Comparable> = { operand: value, match: equal, test: equals, onReference: true };
const among: Row<readonly Comparable[]> = {
  operand: values,
  match: oneOf,
  test: isAmong,
  onReference: true,
};
const contain: Row<string> = {
  operand: text,
  match: (found, path) => expression(literal(found), path),
  probes: probeTexts,
};
const containIn: Row<readonly string[]> = {
  operand: texts,
  match: (found, path) => expressions(found.map(literal), path),
  probes: probeTexts,
};

const regex: Row<string> = {
  operand: pattern,
  match: expression,
  guard: (operand, path) => guardAt([operand], path),
  probes: probeTexts,
};
const regexIn: Row<readonly string[]> = {
  operand: patterns,
  match: expressions,
  guard: guardAt,
  probes: probeTexts,
};

const match: Row<Fields> = {
  operand: fields,
  match: elementOrDocument,
  probes: (operand, path) =>
    projectWhole(
      path,
      operand.flatMap(([name, each]) => probesForOperand(each, `${path}.${name}`)),
    ),
};

const exists: Row<boolean> = {
  operand: flag,
  match: (yes, path) => meets(path, { $exists: yes }),
  test: (_, yes) => ({ $literal: yes }),
  onReference: true,
};

const not =
  <T>(test: NonNullable<Row<T>['test']>): NonNullable<Row<T>['test']> =>
  (value, operand) => ({ $not: [test(value, operand)] });

/** The exact opposite: it also finds documents without the field. */
const opposite = <T>(row: Row<T>): Row<T> => ({
  ...row,
  match: (operand, path) => ({ $nor: [row.match(operand, path)] }),
  ...(row.test === undefined ? {} : { test: not(row.test) }),
});

const ROWS = {
  eq,
  in: among,
  exists,
  contain,
  contain_in: containIn,
  regex,
  regex_in: regexIn,
  match,
  lt: orderedScalar('$lt'),
  lte: orderedScalar('$lte'),
  gt: orderedScalar('$gt'),
  gte: orderedScalar('$gte'),
  datetime_lt: ordered('$lt', isoDate),
  datetime_lte: ordered('$lte', isoDate),
  datetime_gt: ordered('$gt', isoDate),
  datetime_gte: ordered('$gte', isoDate),
  timediff_lt: ordered('$lt', timediff),
  timediff_lte: ordered('$lte', timediff),
  timediff_gt: ordered('$gt', timediff),
  timediff_gte: ordered('$gte', timediff),
  not: { ...opposite(eq), antiJoin: eq },
  not_in: { ...opposite(among), antiJoin: among },
  not_contain: opposite(contain),
  not_contain_in: opposite(containIn),
} as const;

export type OperatorName = keyof typeof ROWS;
export type Operands = {
  [Name in OperatorName]: (typeof ROWS)[Name] extends Row<infer Operand> ? Operand : never;
};

export const OPERATORS: { readonly [Name in OperatorName]: Row<Operands[Name]> } = ROWS;

/** The operators of conditions that the language adds by itself. */
export const IMPLIED = {
  equality: 'eq',
  keyword: 'contain_in',
  oneOf: 'in',
  noneOf: 'not_in',
} as const satisfies Record<string, OperatorName>;

export const isOperator = (name: string): name is OperatorName => Object.hasOwn(ROWS, name);
