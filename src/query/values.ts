/**
 * The operand kinds: each reads the value of a condition once, and owns its check, its error, the meaning of text on a date
 * or reference field, and the limit of a list (docs/query.md «Values»).
 */
import { ObjectId } from 'mongodb';
import { echo, fail, limited } from '../errors.js';
import type { Plain, PlainList, PlainObject } from '../wire/struct.js';
import { parseIso, parseTimediff } from './dates.js';
import { guardCopies, GUARDED_PATH, needsRegexGuard } from './guarded-regex.js';
import { findRunaway } from '../regex/runaway.js';
import { plainPath } from './schema.js';
import type { FieldType } from './schema.js';
import type { WorkBudget } from './work-budget.js';

/** A condition around its value: its path in the request, its operator, and the field to compare with. */
export interface OperandContext {
  /** The condition's path in the request, `query.filter[2]`. */
  readonly condition: string;
  /** The path of its value. */
  readonly valuePath: string;
  /** The condition's key, as sent. */
  readonly key: string;
  readonly operator: string;
  readonly type: FieldType;
  /** The wall clock, read once for the request. */
  readonly now: Date;
  readonly work: WorkBudget;
}

/** A value as it is compared with stored ones. */
export type Comparable = Plain | Date | ObjectId;

/** True for a value without any order: nothing is less or more than it, nor as much. */
export const isUnordered = (value: Comparable): boolean => value === null || Number.isNaN(value);

/** The names of the operand kinds. */
export type OperandName =
  | 'anything'
  | 'value'
  | 'values'
  | 'scalar'
  | 'flag'
  | 'text'
  | 'texts'
  | 'pattern'
  | 'patterns'
  | 'fields'
  | 'isoDate'
  | 'timediff';

export interface OperandKind<T> {
  readonly name: OperandName;
  /** Refuses a list in place of one value, and one value in place of a list. Comes before every other check. */
  shape(sent: Plain, context: OperandContext): void;
  read(sent: Plain, context: OperandContext): T;
}

export const MAX_LIST = 50_000;
const MAX_PATTERN_BYTES = 1024;
const MAX_CONTAINED_BYTES = 8192;
/** The fields of a match are repeated for every segment of its key, since an array may stand there. */
const MAX_MATCHED = 100;
const MAX_MATCH_SEGMENTS = 10;

type Single = Exclude<Plain, PlainList>;

const isList = (sent: Plain): sent is PlainList => Array.isArray(sent);
const isObject = (sent: Plain): sent is PlainObject => sent instanceof Map;

const wrongType = (context: OperandContext, type: string): never =>
  fail('INVALID_PARAMETER_TYPE', {
    key: context.valuePath,
    type: `${type} for ${context.operator} of '${echo(context.key)}'`,
  });

const refuse = (context: OperandContext, reason: string): never =>
  fail('INVALID_PARAMETER', {
    key: context.valuePath,
    reason: `${echo(context.key)} ${context.operator}: ${reason}`,
  });

const wrongValue = (context: OperandContext, expected: string, sent: string): never =>
  refuse(context, `'${echo(sent)}' is no ${expected}`);

const within = (size: number, max: number, what: string, context: OperandContext): void =>
  limited(size, max, `${what} of ${context.condition}`, context.valuePath);

const shapeError = (
  error:
    'OPERATOR_VALUE_TYPE' | 'OPERATOR_LIST_VALUE_TYPE' | 'OPERATOR_DICT_VALUE_TYPE' | 'OPERATOR_BOOLEAN_TYPE',
  context: OperandContext,
): never =>
  fail(
    error,
    { operator: context.operator, condition: context.condition, name: context.key },
    context.valuePath,
  );

const single = (sent: Plain, context: OperandContext): Single =>
  isList(sent) ? shapeError('OPERATOR_VALUE_TYPE', context) : sent;

const listed = (sent: Plain, context: OperandContext): PlainList =>
  isList(sent) ? sent : shapeError('OPERATOR_LIST_VALUE_TYPE', context);

/** The kind of one value, made by `read`. */
function one<T>(name: OperandName, read: (sent: Single, context: OperandContext) => T): OperandKind<T> {
  return { name, shape: single, read: (sent, context) => read(single(sent, context), context) };
}

/** The kind of a list, each item made by `read`. */
function listOf<T>(
  name: OperandName,
  read: (item: Plain, context: OperandContext) => T,
): OperandKind<readonly T[]> {
  return {
    name,
    shape: listed,
    read(sent, context) {
      const items = listed(sent, context);
      within(items.length, MAX_LIST, 'values', context);
      return items.map((item) => read(item, context));
    },
  };
}

/** MongoDB stores no name with a NUL in it, and its driver refuses to send one. */
function storable(sent: Plain, context: OperandContext): void {
  if (isList(sent)) for (const item of sent) storable(item, context);
  if (!isObject(sent)) return;
  for (const [name, value] of sent) {
    if (name.includes('\0')) wrongValue(context, 'name of a field: it holds NUL', name);
    storable(value, context);
  }
}

const EXPECTED_DATE = 'ISO 8601 date, such as 2023-05-20T09:30:57Z';
const EXPECTED_TIMEDIFF = 'time relative to now, such as now/d - 7d';
const HEX_ID = /^[0-9a-f]{24}$/i;

const isoText = (text: string, context: OperandContext): Date =>
  parseIso(text) ?? wrongValue(context, EXPECTED_DATE, text);

/** Text means a date on a date field and an object id on a reference; everything else is taken as it is. */
function comparable(sent: Plain, context: OperandContext): Comparable {
  storable(sent, context);
  if (typeof sent !== 'string') return sent;
  if (context.type === 'date') return isoText(sent, context);
  return context.type === 'reference' && HEX_ID.test(sent) ? new ObjectId(sent) : sent;
}

const textOf = (sent: Plain, context: OperandContext): string =>
  typeof sent === 'string' ? sent : wrongType(context, 'string');

function containedText(sent: Plain, context: OperandContext): string {
  const found = textOf(sent, context);
  within(Buffer.byteLength(found), MAX_CONTAINED_BYTES, 'bytes of a text', context);
  return found;
}

function refuseGuard({ condition, operator }: OperandContext): never {
  const { segments, indexes } = GUARDED_PATH;
  const reason = `the key of a ${operator} with a repeat has at most ${segments} segments, ${indexes} of them indexes`;
  return fail('INVALID_PARAMETER', { key: `${condition}.key`, reason });
}

function patternOf(sent: Plain, context: OperandContext): string {
  const found = textOf(sent, context);
  within(Buffer.byteLength(found), MAX_PATTERN_BYTES, 'bytes of an expression', context);
  if (found.includes('\0')) wrongValue(context, 'regular expression: it holds NUL', found);
  if (needsRegexGuard(found)) context.work.clauses(guardCopies(context.key) ?? refuseGuard(context));
  const runaway = findRunaway(found, context.work);
  return runaway === undefined ? found : refuse(context, runaway);
}

/** The paths below one object, each with its expected value. */
function fieldsOf(sent: Single, context: OperandContext): readonly (readonly [string, Plain])[] {
  if (!isObject(sent)) return shapeError('OPERATOR_DICT_VALUE_TYPE', context);
  within(sent.size, MAX_MATCHED, 'fields', context);
  const segments = context.key.split('.').length;
  within(segments, MAX_MATCH_SEGMENTS, 'segments of the key', context);
  context.work.clauses(sent.size * segments);
  storable(sent, context);
  return [...sent].map(([name, expected]) => [plainPath(name, context.valuePath), single(expected, context)]);
}

/** Any value, a list included, compared whole. */
export const anything: OperandKind<Comparable> = {
  name: 'anything',
  shape: () => undefined,
  read: comparable,
};

/** A scalar, an object or null. */
export const value = one('value', comparable);

/** A list of anything. */
export const values = listOf('values', comparable);

/** A scalar or null. */
export const scalar = one('scalar', (sent, context) =>
  isObject(sent) ? wrongType(context, 'string, number, boolean or null') : comparable(sent, context),
);

export const flag = one('flag', (sent, context) =>
  typeof sent === 'boolean' ? sent : shapeError('OPERATOR_BOOLEAN_TYPE', context),
);
export const text = one('text', containedText);
export const texts = listOf('texts', containedText);
export const pattern = one('pattern', patternOf);
export const patterns = listOf('patterns', patternOf);
export const fields = one('fields', fieldsOf);
export const isoDate = one('isoDate', (sent, context) => isoText(textOf(sent, context), context));
export const timediff = one('timediff', (sent, context) => {
  const found = textOf(sent, context);
  return parseTimediff(found, context.now) ?? wrongValue(context, EXPECTED_TIMEDIFF, found);
});
