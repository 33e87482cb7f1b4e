/**
 * The operand kinds: each reads the value of a condition once, and owns its check, its error, what text on a date or
 * reference field means, and how long a list may be (docs/query.md «Values»).
 */
import { ObjectId } from 'mongodb';
import { echo, fail, limited } from '../errors.js';
import type { Plain, PlainList, PlainObject } from '../wire/struct.js';
import { parseIso, parseTimediff } from './dates.js';
import { guardCopies, GUARDED_PATH, needsRegexGuard } from './guarded-regex.js';
import { findRunaway, isInvolved } from '../regex/pattern.js';
import { plainPath } from './schema.js';
import type { FieldType } from './schema.js';

/** Where a value stands in the request, and what is known of the field that it is compared with. */
export interface FieldPath {
  /** The condition's path in the request, `query.filter[2]`. */
  readonly condition: string;
  /** The condition's key, as sent. */
  readonly key: string;
  readonly operator: string;
  readonly type: FieldType;
  /** The clock, read once for the request. */
  readonly now: Date;
  readonly work: WorkBudget;
}

/** What one request may cost before it comes to the database, which plans by the clause. Errors: LIMIT_EXCEEDED. */
export interface WorkBudget {
  /** Takes an expression to judge, and afterwards the steps that this took. */
  judge(): void;
  judged(steps: number): void;
  /** Takes the clauses that a condition is translated to, where they are more than one. */
  clauses(count: number): void;
}

const MAX_JUDGED = 100;
/** Some 0.25 µs each. */
const MAX_STEPS = 400_000;
const MAX_CLAUSES = 20_000;

/** Takes of what is `left` of a limit of `max`. */
function taking(limit: string, max: number): (count: number) => void {
  let left = max;
  return (count) => {
    left -= count;
    if (left < 0) fail('LIMIT_EXCEEDED', { limit, max: String(max) });
  };
}

export function workBudget(): WorkBudget {
  const judged = taking('expressions with groups or many repeats', MAX_JUDGED);
  return {
    judge: () => judged(1),
    judged: taking('steps to judge the expressions of a request', MAX_STEPS),
    clauses: taking('clauses that the conditions of a request come to', MAX_CLAUSES),
  };
}

/** A value as it is compared with stored ones. */
export type Comparable = Plain | Date | ObjectId;

/** Whether nothing is less or more than a value, nor as much. */
export const isUnordered = (due: Comparable): boolean => due === null || Number.isNaN(due);

export interface OperandKind<T> {
  /** Refuses a list where one value is due, and one value where a list is due. Comes before every other check. */
  shape(sent: Plain, at: FieldPath): void;
  read(sent: Plain, at: FieldPath): T;
}

export const MAX_LIST = 50_000;
const MAX_PATTERN_BYTES = 1024;
const MAX_CONTAINED_BYTES = 8192;
/** The fields of a match are repeated for every place on its key's way where an array may be. */
const MAX_MATCHED = 100;
const MAX_MATCH_SEGMENTS = 10;

type Single = Exclude<Plain, PlainList>;

const isList = (sent: Plain): sent is PlainList => Array.isArray(sent);
const isObject = (sent: Plain): sent is PlainObject => sent instanceof Map;

const valueOf = (at: FieldPath): string => `${at.condition}.value`;

const wrongType = (at: FieldPath, type: string): never =>
  fail('INVALID_PARAMETER_TYPE', {
    key: valueOf(at),
    type: `${type} for ${at.operator} of '${echo(at.key)}'`,
  });

const wrongValue = (at: FieldPath, due: string, sent: string): never =>
  fail('INVALID_PARAMETER', {
    key: valueOf(at),
    reason: `${echo(at.key)} ${at.operator}: '${echo(sent)}' is no ${due}`,
  });

const within = (size: number, max: number, what: string, at: FieldPath): void =>
  limited(size, max, `${what} of ${at.condition}`, valueOf(at));

const shapeError = (
  error:
    'OPERATOR_VALUE_TYPE' | 'OPERATOR_LIST_VALUE_TYPE' | 'OPERATOR_DICT_VALUE_TYPE' | 'OPERATOR_BOOLEAN_TYPE',
  at: FieldPath,
): never => fail(error, { operator: at.operator, condition: at.condition, name: at.key }, valueOf(at));

const single = (sent: Plain, at: FieldPath): Single =>
  isList(sent) ? shapeError('OPERATOR_VALUE_TYPE', at) : sent;

const listed = (sent: Plain, at: FieldPath): PlainList =>
  isList(sent) ? sent : shapeError('OPERATOR_LIST_VALUE_TYPE', at);

/** The kind that takes one value, which `read` makes of it. */
function one<T>(read: (sent: Single, at: FieldPath) => T): OperandKind<T> {
  return { shape: single, read: (sent, at) => read(single(sent, at), at) };
}

/** The kind that takes a list, of which `read` makes each item. */
function listOf<T>(read: (item: Plain, at: FieldPath) => T): OperandKind<readonly T[]> {
  return {
    shape: listed,
    read(sent, at) {
      const items = listed(sent, at);
      within(items.length, MAX_LIST, 'values', at);
      return items.map((item) => read(item, at));
    },
  };
}

/** MongoDB stores no name with a NUL in it, and its driver refuses to send one. */
function storable(sent: Plain, at: FieldPath): void {
  if (isList(sent)) for (const item of sent) storable(item, at);
  if (!isObject(sent)) return;
  for (const [name, value] of sent) {
    if (name.includes('\0')) wrongValue(at, 'name of a field: it holds NUL', name);
    storable(value, at);
  }
}

const DATE_DUE = 'ISO 8601 date, such as 2023-05-20T09:30:57Z';
const TIMEDIFF_DUE = 'time relative to now, such as now/d - 7d';
const HEX_ID = /^[0-9a-f]{24}$/i;

const isoText = (text: string, at: FieldPath): Date => parseIso(text) ?? wrongValue(at, DATE_DUE, text);

/** Text means a date on a date field and an object id on a reference; everything else is taken as it is. */
function comparable(sent: Plain, at: FieldPath): Comparable {
  storable(sent, at);
  if (typeof sent !== 'string') return sent;
  if (at.type === 'date') return isoText(sent, at);
  return at.type === 'reference' && HEX_ID.test(sent) ? new ObjectId(sent) : sent;
}

const textOf = (sent: Plain, at: FieldPath): string =>
  typeof sent === 'string' ? sent : wrongType(at, 'string');

function containedText(sent: Plain, at: FieldPath): string {
  const found = textOf(sent, at);
  within(Buffer.byteLength(found), MAX_CONTAINED_BYTES, 'bytes of a text', at);
  return found;
}

function refuseGuard({ condition, operator }: FieldPath): never {
  const { segments, indexes } = GUARDED_PATH;
  const reason = `the key of a ${operator} with a repeat has at most ${segments} segments, ${indexes} of them indexes`;
  return fail('INVALID_PARAMETER', { key: `${condition}.key`, reason });
}

function patternOf(sent: Plain, at: FieldPath): string {
  const found = textOf(sent, at);
  within(Buffer.byteLength(found), MAX_PATTERN_BYTES, 'bytes of an expression', at);
  if (found.includes('\0')) wrongValue(at, 'regular expression: it holds NUL', found);
  if (needsRegexGuard(found)) at.work.clauses(guardCopies(at.key) ?? refuseGuard(at));
  if (!isInvolved(found)) return found;
  at.work.judge();
  const endless = findRunaway(found, at.work.judged);
  const reason = `${echo(at.key)} ${at.operator}: ${endless ?? ''}`;
  return endless === undefined ? found : fail('INVALID_PARAMETER', { key: valueOf(at), reason });
}

/** The paths below one object, each with the value due there. */
function fieldsOf(sent: Single, at: FieldPath): readonly (readonly [string, Plain])[] {
  if (!isObject(sent)) return shapeError('OPERATOR_DICT_VALUE_TYPE', at);
  within(sent.size, MAX_MATCHED, 'fields', at);
  const segments = at.key.split('.').length;
  within(segments, MAX_MATCH_SEGMENTS, 'segments of the key', at);
  at.work.clauses(sent.size * segments);
  storable(sent, at);
  return [...sent].map(([name, due]) => [plainPath(name, valueOf(at)), single(due, at)]);
}

/** Whatever is sent, a list included: it is compared whole. */
export const anything: OperandKind<Comparable> = { shape: () => undefined, read: comparable };

/** A scalar, an object or null. */
export const value = one(comparable);

/** A list of anything. */
export const values = listOf(comparable);

/** A scalar or null. */
export const scalar = one((sent, at) =>
  isObject(sent) ? wrongType(at, 'string, number, boolean or null') : comparable(sent, at),
);

export const flag = one((sent, at) =>
  typeof sent === 'boolean' ? sent : shapeError('OPERATOR_BOOLEAN_TYPE', at),
);
export const text = one(containedText);
export const texts = listOf(containedText);
export const pattern = one(patternOf);
export const patterns = listOf(patternOf);
export const fields = one(fieldsOf);
export const isoDate = one((sent, at) => isoText(textOf(sent, at), at));
export const timediff = one((sent, at) => {
  const found = textOf(sent, at);
  return parseTimediff(found, at.now) ?? wrongValue(at, TIMEDIFF_DUE, found);
});
