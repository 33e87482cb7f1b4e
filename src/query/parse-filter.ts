/** The filter, filter_or and keyword of a query to conditions (docs/query.md «Filter operators»). */
import { echo, fail, limited } from '../errors.js';
import type { Filter as SentFilter } from '../gen/spaceone/api/core/v1/query.js';
import type { Plain } from '../wire/struct.js';
import { sentValue } from '../wire/struct.js';
import type { FilterCondition, RequestedFilter } from './model.js';
import { readCondition } from './condition.js';
import { IMPLIED, isOperator, OPERATORS } from './operators.js';
import type { Condition } from './condition.js';
import type { OperatorName } from './operators.js';
import { MAX_CONDITIONS } from './read-settings.js';
import type { ReadSettings } from './read-settings.js';
import { knownKey } from './schema.js';
import type { Key, ResourceSchema } from './schema.js';
import { MAX_LIST } from './values.js';
import type { OperandContext } from './values.js';

function readOperator(name: string, key: string, condition: string): OperatorName {
  if (isOperator(name)) return name;
  const missing = name === '' ? 'has no operator' : `has the unknown operator '${echo(name)}'`;
  const known = Object.keys(OPERATORS).join(', ');
  return fail('INVALID_PARAMETER', {
    key: `${condition}.operator`,
    reason: `'${echo(key)}' ${missing}; known are ${known}`,
  });
}

const isOnReference = (operator: OperatorName): boolean => OPERATORS[operator].onReference === true;

const isOnComputed = (operator: OperatorName): boolean => OPERATORS[operator].test !== undefined;

/** The test for the operators that a key takes. */
function takenBy({ type, computed }: Key): (operator: OperatorName) => boolean {
  if (type === 'reference') return isOnReference;
  return computed === undefined ? () => true : isOnComputed;
}

function refuseOperator(key: Key, operator: OperatorName, condition: string): void {
  const isTaken = takenBy(key);
  if (isTaken(operator)) return;
  const known = Object.keys(OPERATORS).filter(isOperator).filter(isTaken).join(', ');
  const reason = `${key.path} itself takes only ${known}`;
  fail('INVALID_PARAMETER', { key: `${condition}.operator`, reason });
}

/** Null on a key of the resource referred to asks for the reference itself, where the operator takes one. */
function conditionOn(
  key: Key,
  operator: OperatorName,
  sent: Plain,
  context: OperandContext,
  schema: ResourceSchema,
): FilterCondition {
  if (!key.referred) return readCondition(operator, key, sent, context);
  const reference = schema.reference?.field;
  return sent === null && isOnReference(operator) && reference !== undefined
    ? readCondition(operator, { path: reference }, sent, context)
    : { referred: readCondition(operator, key, sent, context) };
}

function readFilter(
  message: SentFilter,
  condition: string,
  { schema, now, work }: ReadSettings,
): FilterCondition {
  const name = message.key_alias?.value ?? '';
  if (name === '') fail('REQUIRED_PARAMETER', { key: `${condition}.key` });
  const operator = readOperator(message.operator_alias?.value ?? '', name, condition);
  const sent = sentValue(message.value_alias?.value);
  const context = { condition, valuePath: `${condition}.value`, key: name, operator, now, work };
  OPERATORS[operator].operand.shape(sent, { ...context, type: 'any' });
  const key = knownKey(schema, name, `${condition}.key`);
  refuseOperator(key, operator, condition);
  return conditionOn(key, operator, sent, { ...context, type: key.type }, schema);
}

/** A condition on a text field that no condition of the query spells out. */
function impliedCondition(
  operator: OperatorName,
  path: string,
  sent: Plain,
  condition: string,
  { now, work }: ReadSettings,
): Condition {
  const context = { condition, valuePath: condition, key: path, operator, type: 'text', now, work } as const;
  return readCondition(operator, { path }, sent, context);
}

const equalities = (settings: ReadSettings): Condition[] =>
  [...settings.equal].map(([path, expected]) =>
    impliedCondition(IMPLIED.equality, path, expected, path, settings),
  );

/** The words of a keyword, no more of them than a list may have. */
function wordsOf(keyword: string): readonly string[] {
  const words: string[] = [];
  for (const [word] of keyword.trim().matchAll(/[^ ]+/g)) {
    words.push(word);
    limited(words.length, MAX_LIST, 'words of query.keyword', 'query.keyword');
  }
  return words;
}

/** One more alternative: the id of a resource contains one of the words. */
function keywordCondition(keyword: string, settings: ReadSettings): Condition[] {
  const words = keyword === '' ? [] : wordsOf(keyword);
  if (words.length === 0) return [];
  return [impliedCondition(IMPLIED.keyword, settings.schema.id, words, 'query.keyword', settings)];
}

interface SentFilters {
  readonly filter: readonly SentFilter[];
  readonly filter_or: readonly SentFilter[];
  readonly keyword: string;
}

/** Reads the filter, filter_or and keyword of a query, and the equalities beside it. Errors: INVALID_ARGUMENT. */
export function readFilters(query: SentFilters, settings: ReadSettings): RequestedFilter {
  const size = query.filter.length + query.filter_or.length;
  const longer = query.filter.length < query.filter_or.length ? 'query.filter_or' : 'query.filter';
  limited(size, MAX_CONDITIONS, 'conditions of query.filter and query.filter_or', longer);
  const read = (messages: readonly SentFilter[], list: string): FilterCondition[] =>
    messages.map((message, i) => readFilter(message, `query.${list}[${i}]`, settings));
  return {
    all: [...equalities(settings), ...read(query.filter, 'filter')],
    any: [...read(query.filter_or, 'filter_or'), ...keywordCondition(query.keyword, settings)],
  };
}
