/** Conditions in words: the filters that readers add by name, and the words of all others (docs/explorer.md «Common to all views of jobs»). */
import { FIELDS } from '../api/fields.js';
import type { FieldName } from '../api/fields.js';
import { isList } from '../api/json.js';
import type { Json } from '../api/json.js';
import type { OperatorName } from '../../src/query/operators.js';
import { isText, sent, typedList } from './conditions.js';
import type { Condition } from './conditions.js';
import type { Route } from './route.js';
import { isolated, visible } from './shown-text.js';

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

/** The values of a condition as it is sent. */
function sentValues(condition: Condition): readonly Json[] {
  const { value = null } = sent(condition);
  return isList(value) ? value : [value];
}

const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** The values of a condition as texts. */
export const valuesOf = (condition: Condition): readonly string[] => sentValues(condition).map(textOf);

/** The named filter of a condition; `eq` is one of several values. The values of lists are text alone. */
export const namedFilterOf = (condition: Condition): NamedFilter | undefined =>
  NAMED_FILTERS.find(({ key, operator }) => {
    if (key !== condition.key) return false;
    if (operator !== 'in') return operator === condition.operator;
    return ['in', 'eq'].includes(condition.operator) && sentValues(condition).every(isText);
  });

/** The id of the collector to which conditions confine a view; undefined for several or none. */
export function onlyCollector({ filter }: Pick<Route, 'filter'>): string | undefined {
  const ids = filter
    .filter((condition) => namedFilterOf(condition)?.key === FIELDS.collector)
    .flatMap(valuesOf);
  return ids.length === 1 ? ids[0] : undefined;
}

/** The name of a value on offer; of another value itself. */
const choiceName = (named: NamedFilter | undefined, value: string): string =>
  new Map(Object.entries(named?.choices ?? {})).get(value) ?? value;

/** Text of jobs or of an address within words. */
const shown = (text: string): string => isolated(visible(text));

/** A condition in words; `nameOf` names a collector by its id. */
export function wordsOf(condition: Condition, nameOf: (id: string) => string): string {
  const { key, operator } = condition;
  const named = namedFilterOf(condition);
  const names = sentValues(condition).map((value) => {
    if (value === null || value === '') return 'none';
    return shown(key === FIELDS.collector ? nameOf(textOf(value)) : choiceName(named, textOf(value)));
  });
  const all = new Intl.ListFormat('en', { type: 'disjunction' }).format(new Set(names));
  return named === undefined
    ? `${shown(key)} ${hasWords(operator) ? OPERATOR_WORDS[operator] : shown(operator)} ${all}`
    : `${named.words} ${all}`;
}

/** A condition of a named filter with these values. */
export const namedCondition = ({ key, operator }: NamedFilter, values: readonly string[]): Condition => ({
  key,
  operator,
  value: operator === 'in' ? typedList(values) : (values[0] ?? ''),
});
