/** Conditions in words: the filters that readers add by name, and the words of all others (docs/explorer.md «Common to all views of jobs»). */
import { FIELDS } from '../api/fields.js';
import type { FieldName } from '../api/fields.js';
import { isList } from '../api/json.js';
import type { Json } from '../api/json.js';
import type { OperatorName } from '../../src/query/operators.js';
import { sent, typedList } from './conditions.js';
import type { Condition } from './conditions.js';

/** A filter with a name: several values of a key, or an age. */
export interface NamedFilter {
  readonly words: string;
  readonly key: FieldName;
  readonly operator: OperatorName;
  /** The values on offer with their names; undefined where they are looked up. */
  readonly choices?: Readonly<Record<string, string>>;
}

const AGES = {
  'now - 1h': '1 hour',
  'now - 6h': '6 hours',
  'now - 1d': '1 day',
  'now - 7d': '7 days',
  'now - 30d': '30 days',
} as const;

const LENGTHS = {
  60: '1 minute',
  600: '10 minutes',
  3600: '1 hour',
  21600: '6 hours',
  86400: '1 day',
} as const;

export const STATUS_NAMES = {
  SUCCESS: 'Success',
  ERROR: 'Error',
  TIMEOUT: 'Timeout',
  IN_PROGRESS: 'In progress',
  CREATED: 'Created',
  CANCELED: 'Canceled',
} as const;

/** By the order in which they are offered. */
export const NAMED_FILTERS: readonly NamedFilter[] = [
  { words: 'Status is', key: FIELDS.status, operator: 'in', choices: STATUS_NAMES },
  { words: 'Collector is', key: FIELDS.collector, operator: 'in' },
  { words: 'Provider is', key: FIELDS.provider, operator: 'in' },
  { words: 'Project is', key: FIELDS.project, operator: 'in' },
  { words: 'Error code is', key: FIELDS.errorCode, operator: 'in' },
  { words: 'Older than', key: FIELDS.created, operator: 'timediff_lt', choices: AGES },
  { words: 'Longer than', key: FIELDS.duration, operator: 'gt', choices: LENGTHS },
];

const OPERATOR_WORDS: Readonly<Record<OperatorName, string>> = {
  eq: 'is',
  not: 'is not',
  in: 'is',
  not_in: 'is none of',
  contain: 'contains',
  not_contain: 'does not contain',
  contain_in: 'contains any of',
  not_contain_in: 'contains none of',
  regex: 'matches',
  regex_in: 'matches any of',
  exists: 'exists:',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is more than',
  gte: 'is at least',
  datetime_lt: 'is before',
  datetime_lte: 'is not after',
  datetime_gt: 'is after',
  datetime_gte: 'is not before',
  timediff_lt: 'is before',
  timediff_lte: 'is not after',
  timediff_gt: 'is after',
  timediff_gte: 'is not before',
  match: 'has an element with',
};

const hasWords = (name: string): name is OperatorName => Object.hasOwn(OPERATOR_WORDS, name);

/** The operators as they are offered: by their words, and by the names of requests. */
export const operatorName = (name: string): string =>
  hasWords(name) ? `${OPERATOR_WORDS[name]} (${name})` : name;

/** The values of a condition as texts. */
export function valuesOf(condition: Condition): readonly string[] {
  const { value } = sent(condition);
  const items: readonly Json[] = isList(value) ? value : [value ?? null];
  return items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)));
}

/** The named filter of a condition; `eq` is one of several values. */
export const namedFilterOf = ({ key, operator }: Condition): NamedFilter | undefined =>
  NAMED_FILTERS.find(
    (each) =>
      each.key === key && (each.operator === operator || (each.operator === 'in' && operator === 'eq')),
  );

/** The name of a value on offer; of another value itself. */
const choiceName = (named: NamedFilter | undefined, value: string): string =>
  new Map(Object.entries(named?.choices ?? {})).get(value) ?? value;

/** A condition in words; `nameOf` names a collector by its id. */
export function wordsOf(condition: Condition, nameOf: (id: string) => string): string {
  const { key, operator } = condition;
  const named = namedFilterOf(condition);
  const names = valuesOf(condition).map((value) =>
    key === FIELDS.collector ? nameOf(value) : choiceName(named, value),
  );
  const all = new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
  return named === undefined
    ? `${key} ${hasWords(operator) ? OPERATOR_WORDS[operator] : operator} ${all}`
    : `${named.words} ${all}`;
}

/** A condition of a named filter with these values. */
export const namedCondition = ({ key, operator }: NamedFilter, values: readonly string[]): Condition => ({
  key,
  operator,
  value: operator === 'in' ? typedList(values) : (values[0] ?? ''),
});
