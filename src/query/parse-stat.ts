/**
 * spaceone.api.core.v1.StatisticsQuery to the query model (docs/query.md «stat»). Up to the first group or project a
 * key is a path of the resource; from there on it is a name of the row that the stages before have made.
 */
import { echo, fail, limited } from '../errors.js';
import type {
  AggregateGroup,
  AggregateGroupField,
  AggregateGroupKey,
  AggregateProject,
  AggregateSort,
  AggregateSubCondition,
  StatisticsAggregate,
  StatisticsQuery,
} from '../gen/spaceone/api/core/v1/query.js';
import { sentValue } from '../wire/struct.js';
import type { GroupField, GroupKey, ProjectField, RowCondition, SortKey, Stage, StatQuery } from './model.js';
import { MAX_CONDITIONS, readFilters, readPage, sortKeys } from './parse.js';
import type { Reading } from './parse.js';
import { anyKey, plainPath, storedPath } from './schema.js';
import type { FieldType, Key } from './schema.js';
import { CONDITIONS, dateFormat, GROUP_FIELDS, PROJECT_OPERATORS } from './stages.js';
import type { ConditionTest, DateFormat, GroupOperator, ProjectOperator } from './stages.js';

const MAX_STAGES = 100;

/** The names that a stage may mention: those of the resource, or those of the rows made so far. */
interface Names {
  readonly reading: Reading;
  /** The types of the row's names; undefined while rows are whole resources. */
  readonly row: ReadonlyMap<string, FieldType> | undefined;
  /** The names among them that are keys of the last group. */
  readonly keys: readonly string[];
}

interface Read {
  readonly stage: Stage;
  readonly names: Names;
}

function keyOf(name: string, at: string, names: Names): Key {
  if (name === '') fail('REQUIRED_PARAMETER', { key: at });
  if (names.row === undefined) return anyKey(names.reading.schema, name, at);
  return { path: plainPath(name, at), type: names.row.get(name) ?? 'free', referred: false };
}

/** A name for a value of the rows to come: no path, no operator, and not given twice in a stage. */
function nameOf(name: string, at: string, given: Set<string>): string {
  if (name === '') fail('REQUIRED_PARAMETER', { key: at });
  const plain = !name.includes('.') && !name.startsWith('$') && !name.includes('\0') && name !== '_id';
  const reason = `'${echo(name)}' is no name: it has no dot, no leading $, no NUL, and is not _id`;
  if (!plain) fail('INVALID_PARAMETER', { key: at, reason });
  if (given.has(name))
    fail('INVALID_PARAMETER', { key: at, reason: `the name '${echo(name)}' is given twice` });
  given.add(name);
  return name;
}

/** The operator `name` of a table; `what` says what it was to be an operator of. */
function operatorOf<Name extends string>(
  name: string,
  table: Readonly<Record<Name, unknown>>,
  at: string,
): Name {
  const known = (candidate: string): candidate is Name => Object.hasOwn(table, candidate);
  if (known(name)) return name;
  const reason = name === '' ? 'an operator is needed' : `the operator '${echo(name)}' is unknown`;
  return fail('INVALID_PARAMETER', {
    key: at,
    reason: `${reason}; known are ${Object.keys(table).join(', ')}`,
  });
}

function formatOf(text: string, at: string): DateFormat | undefined {
  if (text === '') return undefined;
  const reason = `'${echo(text)}' is neither year, month, day nor a pattern such as %Y-%m-%d`;
  return dateFormat(text) ?? fail('INVALID_PARAMETER', { key: at, reason });
}

function readGroupKey(message: AggregateGroupKey, at: string, names: Names, given: Set<string>): GroupKey {
  return {
    key: keyOf(message.key_alias?.value ?? '', `${at}.key`, names),
    name: nameOf(message.name_alias?.value ?? '', `${at}.name`, given),
    format: formatOf(message.date_format, `${at}.date_format`),
  };
}

function readCondition(message: AggregateSubCondition, condition: string, names: Names): RowCondition {
  const name = message.key_alias?.value ?? '';
  const key = keyOf(name, `${condition}.key`, names);
  const test: ConditionTest = operatorOf(
    message.operator_alias?.value ?? '',
    CONDITIONS,
    `${condition}.operator`,
  );
  const sent = sentValue(message.value_alias?.value);
  const at = {
    condition,
    key: name,
    operator: test,
    type: key.type,
    now: names.reading.now,
    work: names.reading.work,
  };
  CONDITIONS[test].operand.shape(sent, at);
  return { key, test, due: CONDITIONS[test].operand.read(sent, at) };
}

function accumulated(
  message: AggregateGroupField,
  operator: GroupOperator,
  at: string,
  names: Names,
): GroupField['of'] {
  const { needs } = GROUP_FIELDS[operator];
  if (needs === 'nothing') return undefined;
  const key = message.key_alias?.value ?? '';
  if (needs === 'key' || message.fields.length === 0) {
    if (key === '' && needs === 'key or fields')
      fail('REQUIRED_PARAMETER', { key: `${at}.key || ${at}.fields` }, at);
    return keyOf(key, `${at}.key`, names);
  }
  limited(message.fields.length, MAX_CONDITIONS, `fields of ${at}`, `${at}.fields`);
  const given = new Set<string>();
  return message.fields.map((field, i) => [
    nameOf(field.name_alias?.value ?? '', `${at}.fields[${i}].name`, given),
    keyOf(field.key_alias?.value ?? '', `${at}.fields[${i}].key`, names),
  ]);
}

function readGroupField(
  message: AggregateGroupField,
  at: string,
  names: Names,
  given: Set<string>,
): GroupField {
  const name = nameOf(message.name_alias?.value ?? '', `${at}.name`, given);
  const operator: GroupOperator = operatorOf(
    message.operator_alias?.value ?? '',
    GROUP_FIELDS,
    `${at}.operator`,
  );
  if (message.conditions.length > 0 && GROUP_FIELDS[operator].conditions !== true) {
    fail('INVALID_PARAMETER', { key: `${at}.conditions`, reason: `${operator} takes no conditions` });
  }
  limited(message.conditions.length, MAX_CONDITIONS, `conditions of ${at}`, `${at}.conditions`);
  return {
    name,
    operator,
    of: accumulated(message, operator, at, names),
    conditions: message.conditions.map((condition, i) =>
      readCondition(condition, `${at}.conditions[${i}]`, names),
    ),
  };
}

function typeOfField({ operator, of }: GroupField): FieldType {
  return GROUP_FIELDS[operator].keepsType === true && of !== undefined && 'type' in of ? of.type : 'free';
}

function readGroup(group: AggregateGroup, at: string, names: Names): Read {
  if (group.keys.length + group.fields.length === 0) {
    fail('REQUIRED_PARAMETER', { key: 'aggregate.group.keys || aggregate.group.fields' }, at);
  }
  limited(group.keys.length + group.fields.length, MAX_CONDITIONS, `keys and fields of ${at}`, at);
  const given = new Set<string>();
  const keys = group.keys.map((key, i) => readGroupKey(key, `${at}.keys[${i}]`, names, given));
  const fields = group.fields.map((field, i) => readGroupField(field, `${at}.fields[${i}]`, names, given));
  const row = new Map<string, FieldType>([
    ...keys.map(({ name, key, format }) => [name, format === undefined ? key.type : 'free'] as const),
    ...fields.map((field) => [field.name, typeOfField(field)] as const),
  ]);
  return {
    stage: { kind: 'group', keys, fields },
    names: { ...names, row, keys: keys.map((key) => key.name) },
  };
}

function readProject(project: AggregateProject, at: string, names: Names): Read {
  if (project.fields.length === 0)
    fail('REQUIRED_PARAMETER', { key: 'aggregate.project.fields' }, `${at}.fields`);
  limited(project.fields.length, MAX_CONDITIONS, `fields of ${at}`, `${at}.fields`);
  const given = new Set<string>();
  const fields = project.fields.map((field, i): ProjectField => {
    const here = `${at}.fields[${i}]`;
    const operator: ProjectOperator = operatorOf(
      field.operator_alias?.value ?? '',
      PROJECT_OPERATORS,
      `${here}.operator`,
    );
    return {
      key: keyOf(field.key_alias?.value ?? '', `${here}.key`, names),
      name: nameOf(field.name_alias?.value ?? '', `${here}.name`, given),
      operator,
    };
  });
  const kept = project.exclude_keys ? [] : names.keys.filter((key) => !given.has(key));
  const row = new Map<string, FieldType>([
    ...kept.map((name) => [name, names.row?.get(name) ?? 'free'] as const),
    ...fields.map(({ name, key, operator }) => [name, operator === '' ? key.type : 'free'] as const),
  ]);
  return { stage: { kind: 'project', fields, kept }, names: { ...names, row, keys: kept } };
}

function readSort(sort: AggregateSort, at: string, names: Names): Stage {
  const sent = sortKeys(sort, at);
  if (sent.length === 0) fail('REQUIRED_PARAMETER', { key: 'aggregate.sort.key' }, `${at}.key`);
  const keys = sent.map((key): SortKey => ({
    key: keyOf(key.key, key.at, names),
    direction: key.desc ? -1 : 1,
  }));
  const same = (a: Key, b: Key): boolean => a.path === b.path && a.referred === b.referred;
  const first = ({ key }: SortKey): SortKey | undefined => keys.find((other) => same(other.key, key));
  return { kind: 'sort', keys: keys.filter((key) => first(key) === key) };
}

function readUnwind(path: string, at: string, names: Names): Stage {
  if (path === '') fail('REQUIRED_PARAMETER', { key: 'aggregate.unwind.path' }, at);
  return {
    kind: 'unwind',
    path: names.row === undefined ? storedPath(names.reading.schema, path, at) : plainPath(path, at),
  };
}

function readCount(name: string, at: string, names: Names): Read {
  if (name === '') fail('REQUIRED_PARAMETER', { key: 'aggregate.count.name' }, at);
  const stage: Stage = { kind: 'count', name: nameOf(name, at, new Set()) };
  return { stage, names: { ...names, row: new Map([[name, 'number']]), keys: [] } };
}

function rowsOf(rows: number, least: number, at: string): number {
  return rows >= least
    ? rows
    : fail('INVALID_PARAMETER', { key: at, reason: `${rows} is less than ${least}` });
}

function readStage(message: StatisticsAggregate, at: string, names: Names): Read {
  const asked = message.aggregate_alias;
  if (asked === undefined) {
    const reason = 'a stage is one of unwind, group, count, sort, project, limit and skip';
    return fail('INVALID_PARAMETER', { key: at, reason });
  }
  const here = `${at}.${asked.$case}`;
  switch (asked.$case) {
    case 'unwind':
      return { stage: readUnwind(asked.value.path, `${here}.path`, names), names };
    case 'group':
      return readGroup(asked.value, here, names);
    case 'count':
      return readCount(asked.value.name, `${here}.name`, names);
    case 'sort':
      return { stage: readSort(asked.value, here, names), names };
    case 'project':
      return readProject(asked.value, here, names);
    case 'limit':
      return { stage: { kind: 'limit', rows: rowsOf(asked.value, 1, here) }, names };
    case 'skip':
      return { stage: { kind: 'skip', rows: rowsOf(asked.value, 0, here) }, names };
    default:
      return asked satisfies never;
  }
}

function readStages(messages: readonly StatisticsAggregate[], reading: Reading): readonly Stage[] {
  limited(messages.length, MAX_STAGES, 'stages of query.aggregate', 'query.aggregate');
  let names: Names = { reading, row: undefined, keys: [] };
  return messages.map((message, i) => {
    const read = readStage(message, `query.aggregate[${i}]`, names);
    names = read.names;
    return read.stage;
  });
}

/** Reads the query of a stat. Errors: INVALID_ARGUMENT and RESOURCE_EXHAUSTED, naming what is at fault. */
export function readStat(query: StatisticsQuery, reading: Reading): StatQuery {
  if (query.aggregate.length === 0 && query.distinct === '') {
    fail('REQUIRED_PARAMETER', { key: 'aggregate' }, 'query.aggregate');
  }
  return {
    filter: readFilters(query, reading),
    rows:
      query.aggregate.length > 0
        ? { stages: readStages(query.aggregate, reading) }
        : { distinct: anyKey(reading.schema, query.distinct, 'query.distinct') },
    page: readPage(query.page, reading.maxPageSize),
  };
}
