/** The date formats of group keys (docs/query.md «group»): a part of the date, or a pattern of $dateToString. */
import type { MongoExpression } from '../mongo-syntax.js';
import { isOfType, when } from '../expressions.js';

const PARTS = { year: '$year', month: '$month', day: '$dayOfMonth' } as const;
type DatePart = keyof typeof PARTS;

/** Patterns are made of these letters, known to every supported version of MongoDB. */
const PATTERN = /^(?:[^%]|%[YmdHMSLjuUVwGzZ%])*$/;
const FIRST_YEAR = new Date('0000-01-01T00:00:00.000Z');
const LAST_YEAR = new Date('9999-12-31T23:59:59.999Z');

export type DateFormat = { readonly part: DatePart } | { readonly pattern: string };

const isPart = (text: string): text is DatePart => Object.hasOwn(PARTS, text);

/** The format that `text` names; undefined for an unknown letter. */
export function dateFormat(text: string): DateFormat | undefined {
  if (isPart(text)) return { part: text };
  return PATTERN.test(text) && !text.includes('\0') ? { pattern: text } : undefined;
}

/** Formats a date as a part or as text, UTC; null for other values, and text for the years 0 to 9999 only. */
export function formatted(operand: MongoExpression, format: DateFormat): MongoExpression {
  const isDate = isOfType(operand, 'date');
  if ('part' in format) return when(isDate, { [PARTS[format.part]]: operand }, null);
  const isInRange = { $and: [isDate, { $gte: [operand, FIRST_YEAR] }, { $lte: [operand, LAST_YEAR] }] };
  const text = { $dateToString: { date: operand, format: { $literal: format.pattern } } };
  return when(isInRange, text, null);
}
