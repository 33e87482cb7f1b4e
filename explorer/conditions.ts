/** Conditions as the filter builder has them, and as requests do (docs/query.md «Filter operators»). */
import type { OperatorName } from '../src/query/operators.js';
import { isList, parseJson } from './json.js';
import type { Json, JsonObject } from './json.js';

/** One condition: its value is as it was typed. */
export interface Condition {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
}

/** How the value of an operator is typed. */
export type Typed = 'value' | 'list' | 'text' | 'texts' | 'flag' | 'object' | 'date' | 'timediff';

/** The operators by name, in the order in which they are offered. */
export const OPERATORS: Readonly<Record<OperatorName, Typed>> = {
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

const isKnown = (operator: string): operator is OperatorName => Object.hasOwn(OPERATORS, operator);

export const typedAs = (operator: string): Typed => (isKnown(operator) ? OPERATORS[operator] : 'value');

/** What is written into an empty field for a value, as an example. */
export const EXAMPLES: Readonly<Record<Typed, string>> = {
  value: 'ERROR, 5, true or null',
  list: 'ERROR, TIMEOUT',
  text: 'text',
  texts: 'one, another',
  flag: 'true or false',
  object: '{"error_code": "ERROR_TIMEOUT"}',
  date: '2023-05-01T00:00Z',
  timediff: 'now/d - 7d',
};

/** Numbers, true, false, null, and JSON in quotes or braces are what they say; everything else is text. */
function literal(typed: string): Json {
  if (!/^(?:-?\d|true$|false$|null$|["{[])/.test(typed)) return typed;
  try {
    return parseJson(typed);
  } catch {
    return typed;
  }
}

function list(typed: string, each: (item: string) => Json): Json {
  const whole = literal(typed);
  if (isList(whole)) return whole;
  const items = typed.split(',').map((item) => item.trim());
  return items.filter((item) => item !== '').map(each);
}

const READERS: Readonly<Record<Typed, (typed: string) => Json>> = {
  value: literal,
  list: (typed) => list(typed, literal),
  text: (typed) => typed,
  texts: (typed) => list(typed, (item) => item),
  flag: literal,
  object: literal,
  date: (typed) => typed,
  timediff: (typed) => typed,
};

/** The condition as a request has it. What is wrong with it is for the service to say. */
export const sent = ({ key, operator, value }: Condition): JsonObject => ({
  key,
  operator,
  value: READERS[typedAs(operator)](value.trim()),
});

/** A value of the service as it would be typed. */
export const typed = (value: Json): string =>
  typeof value === 'string' && literal(value) === value ? value : JSON.stringify(value);
