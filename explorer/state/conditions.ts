/** Conditions as the reader types them, and as requests have them (docs/query.md «Filter operators»). */
import { isList, parseJson } from '../api/json.js';
import type { Json } from '../api/json.js';
import type { Condition as SentCondition } from '../api/selection.js';
import type { OperatorName } from '../../src/query/operators.js';

/** A condition with its value as it was typed. */
export interface Condition {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
}

export const EMPTY_CONDITION: Condition = { key: '', operator: 'eq', value: '' };

/** The form in which the value of an operator is typed. */
export type ValueForm = 'value' | 'list' | 'text' | 'texts' | 'flag' | 'object' | 'date' | 'timediff';

/** The operators of the service, in the order in which they are offered. */
export const OPERATORS: Readonly<Record<OperatorName, ValueForm>> = {
  eq: 'value',
  not: 'value',
  in: 'list',
  not_in: 'list',
  contain: 'text',
  not_contain: 'text',
  contain_in: 'texts',
  not_contain_in: 'texts',
  regex: 'text',
  regex_in: 'texts',
  exists: 'flag',
  lt: 'value',
  lte: 'value',
  gt: 'value',
  gte: 'value',
  datetime_lt: 'date',
  datetime_lte: 'date',
  datetime_gt: 'date',
  datetime_gte: 'date',
  timediff_lt: 'timediff',
  timediff_lte: 'timediff',
  timediff_gt: 'timediff',
  timediff_gte: 'timediff',
  match: 'object',
};

const isOperator = (name: string): name is OperatorName => Object.hasOwn(OPERATORS, name);

/** The form of an operator's value; an unknown operator is left for the service to refuse. */
export const valueFormOf = (operator: string): ValueForm =>
  isOperator(operator) ? OPERATORS[operator] : 'value';

export const isText = (value: Json): value is string => typeof value === 'string';

/** Numbers, true, false, null, and JSON in quotes, braces or brackets are themselves; everything else is text. */
function literal(text: string): Json {
  if (!/^(?:-?\d|true$|false$|null$|["{[])/.test(text)) return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

/** A JSON list as it is, or items between commas. */
function list(text: string, read: (item: string) => Json): Json {
  const whole = literal(text);
  if (isList(whole)) return whole;
  const items = text.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '').map(read);
}

const verbatim = (text: string): Json => text;

const READERS: Readonly<Record<ValueForm, (text: string) => Json>> = {
  value: literal,
  list: (text) => list(text, literal),
  text: verbatim,
  texts: (text) => list(text, verbatim),
  flag: literal,
  object: literal,
  date: verbatim,
  timediff: verbatim,
};

/** The blanks at the ends of a text are part of it. */
const isVerbatim = (operator: string): boolean => valueFormOf(operator) === 'text';

/** The condition as a request has it. The service checks it. */
export const sent = ({ key, operator, value }: Condition): SentCondition => ({
  key,
  operator,
  value: READERS[valueFormOf(operator)](isVerbatim(operator) ? value : value.trim()),
});

/** A value of the service as the reader would type it: text with blanks at its ends in quotes. */
export const typed = (value: Json): string =>
  isText(value) && literal(value.trim()) === value ? value : JSON.stringify(value);

/** Several texts as the reader would type them in a list. */
export const typedList = (values: readonly string[]): string => {
  const plain = values.join(', ');
  return JSON.stringify(list(plain, literal)) === JSON.stringify(values) ? plain : JSON.stringify(values);
};

/** A condition of a request as the reader would type it. */
export const typedCondition = ({ key = '', operator = '', value = null }: SentCondition): Condition => ({
  key,
  operator,
  value: isList(value) && value.every(isText) ? typedList(value) : typed(value),
});

/** The numbers and texts in JSON. */
const WORDS = /"(?:[^"\\]|\\.)*"|-?\d[\d.]*(?:[eE][+-]?\d+)?/g;

/** The numbers in a typed value: itself, or those of its JSON. Text has none, whatever it looks like. */
const numbersIn = (text: string): readonly string[] =>
  isText(literal(text)) ? [] : (text.match(WORDS) ?? []).filter((word) => !word.startsWith('"'));

/** The digits that every double keeps. */
const EXACT_DIGITS = 15;

/** A number that comes back as it is written. */
function isExact(text: string): boolean {
  const value = Number(text);
  const digits = text
    .replace(/[eE].*$/, '')
    .replaceAll(/[^\d]/g, '')
    .replace(/^0+/, '');
  if (!Number.isFinite(value) || (value === 0 && digits !== '')) return false;
  return digits.length <= EXACT_DIGITS || String(value) === text;
}

/** The fault of a value that could not be asked as it is shown: a number with more digits than requests hold; '' without one. */
export function valueFault({ operator, value }: Condition): string {
  const form = valueFormOf(operator);
  if (!['value', 'list', 'object'].includes(form)) return '';
  const items = form === 'list' && !isList(literal(value.trim())) ? value.split(',') : [value];
  const inexact = items.flatMap((item) => numbersIn(item.trim())).find((number) => !isExact(number));
  return inexact === undefined ? '' : `${inexact} cannot be asked exactly as a number; in quotes it is text.`;
}

export const hasValueFault = ({
  filter,
  filterOr,
}: {
  readonly filter: readonly Condition[];
  readonly filterOr: readonly Condition[];
}): boolean => [...filter, ...filterOr].some((each) => valueFault(each) !== '');
