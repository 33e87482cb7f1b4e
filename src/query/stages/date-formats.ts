/** The date formats of group keys (docs/query.md «group»): a part of the date, or a pattern of $dateToString. */
import { isOfType, when } from '../expressions.js';
import type { MongoExpression } from '../mongo-syntax.js';
import type { TimeZone } from './time-zones.js';

const PARTS = { year: '$year', month: '$month', day: '$dayOfMonth' } as const;
type DatePart = keyof typeof PARTS;

/** Patterns are made of these letters, known to every supported version of MongoDB. */
const PATTERN = /^(?:[^%]|%[YmdHMSLjuUVwGzZ%])*$/;
/** A format and its zone. `%@` between them is an unknown letter to $dateToString, so no pattern of MongoDB's has it. */
const ZONED = /^(?<format>(?:[^%]|%[^@])+)%@(?<zone>.*)$/s;
const ISO_YEAR = /^(?:[^%]|%[^G])*%G/;
const FIRST_YEAR = new Date('0000-01-01T00:00:00.000Z');
const LAST_YEAR = new Date('9999-12-31T23:59:59.999Z');
/** Between these every date is one of the years 0 to 9999, in any zone and by ISO weeks. */
const SURELY_AFTER = new Date('0001-01-01T00:00:00.000Z');
const SURELY_BEFORE = new Date('9999-01-01T00:00:00.000Z');

type Format = { readonly part: DatePart } | { readonly pattern: string };
/** A format in its zone; undefined: UTC. */
export type DateFormat = Format & { readonly zone?: TimeZone };

const isPart = (text: string): text is DatePart => Object.hasOwn(PARTS, text);

/** Splits `text` into a format and the text of its zone; undefined: it has none. */
export function splitZone(text: string): { readonly format: string; readonly zone: string | undefined } {
  const { format = text, zone } = ZONED.exec(text)?.groups ?? {};
  return { format, zone };
}

/** The format that `text` names; undefined for an unknown letter. */
export function dateFormat(text: string): Format | undefined {
  if (isPart(text)) return { part: text };
  return PATTERN.test(text) && !text.includes('\0') ? { pattern: text } : undefined;
}

const isBetween = (operand: MongoExpression, first: Date, last: Date): MongoExpression => ({
  $and: [{ $gte: [operand, first] }, { $lte: [operand, last] }],
});

/** Tests that a year of a date has the four digits of a text. */
const hasDigits = (year: '$year' | '$isoWeekYear', date: MongoExpression): readonly MongoExpression[] => [
  { $gte: [{ [year]: date }, 0] },
  { $lte: [{ [year]: date }, 9999] },
];

/**
 * Tests that a date is one of the years 0 to 9999, where $dateToString does not fail. The year of a zone or of ISO weeks
 * costs as much as the text, and is computed for dates at the ends alone.
 */
function isInRange(operand: MongoExpression, pattern: string, zone: TimeZone | undefined): MongoExpression {
  const isIsoYear = ISO_YEAR.test(pattern);
  if (zone === undefined && !isIsoYear) return isBetween(operand, FIRST_YEAR, LAST_YEAR);
  const date = zone === undefined ? { date: operand } : { date: operand, timezone: zone.name };
  const isoYears = isIsoYear ? hasDigits('$isoWeekYear', date) : [];
  return {
    $or: [
      isBetween(operand, SURELY_AFTER, SURELY_BEFORE),
      { $and: [...hasDigits('$year', date), ...isoYears] },
    ],
  };
}

/** Formats a date as a part or as text; null for other values, and text for the years 0 to 9999 only. */
export function formatted(operand: MongoExpression, { zone, ...format }: DateFormat): MongoExpression {
  const timezone = zone === undefined ? {} : { timezone: zone.name };
  if ('part' in format) {
    const date = zone === undefined ? operand : { date: operand, ...timezone };
    return when(isOfType(operand, 'date'), { [PARTS[format.part]]: date }, null);
  }
  const text = { $dateToString: { date: operand, format: { $literal: format.pattern }, ...timezone } };
  const isFormatted = { $and: [isOfType(operand, 'date'), isInRange(operand, format.pattern, zone)] };
  return when(isFormatted, text, null);
}
