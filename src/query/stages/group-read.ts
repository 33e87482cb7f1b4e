/** Reads a group from its message (docs/query.md «group»). */
import { echo, fail, limited } from '../../errors.js';
import type {
  AggregateGroup,
  AggregateGroupField,
  AggregateGroupKey,
  AggregateSubCondition,
} from '../../gen/spaceone/api/core/v1/query.js';
import { sentValue } from '../../wire/struct.js';
import type { GroupField, GroupKey, GroupOperand, RowCondition, Stage } from '../model.js';
import { MAX_CONDITIONS } from '../read-settings.js';
import type { Key } from '../schema.js';
import { dateFormat, splitZone } from './date-formats.js';
import type { DateFormat } from './date-formats.js';
import { GROUP_OPERATORS } from './group-operators.js';
import type { GroupOperator } from './group-operators.js';
import { keyOf, nameOf, operatorOf } from './names.js';
import type { Names } from './names.js';
import { MAX_RANKED_KEYS, rankedKeys } from './ranks.js';
import { ROW_CONDITIONS } from './row-conditions.js';
import type { RowConditionOperator } from './row-conditions.js';
import { zoneName } from './time-zones.js';
import type { TimeZone } from './time-zones.js';

function readZone(text: string, fieldPath: string, { settings: { work } }: Names): TimeZone {
  work.timeZone();
  const reason = `'${echo(text)}' is not a time zone, such as Asia/Seoul or +09:00`;
  return { name: zoneName(text) ?? fail('INVALID_PARAMETER', { key: fieldPath, reason }), fieldPath };
}

function readFormat(text: string, fieldPath: string, names: Names): DateFormat | undefined {
  if (text === '') return undefined;
  const { format, zone } = splitZone(text);
  const reason = `'${echo(format)}' is neither year, month, day nor a pattern such as %Y-%m-%d`;
  const found = dateFormat(format) ?? fail('INVALID_PARAMETER', { key: fieldPath, reason });
  return zone === undefined ? found : { ...found, zone: readZone(zone, fieldPath, names) };
}

function readKey(sent: AggregateGroupKey, fieldPath: string, names: Names, given: Set<string>): GroupKey {
  return {
    key: keyOf(sent.key_alias?.value ?? '', `${fieldPath}.key`, names),
    name: nameOf(sent.name_alias?.value ?? '', `${fieldPath}.name`, given),
    format: readFormat(sent.date_format, `${fieldPath}.date_format`, names),
  };
}

/** A reference itself is equal to an id or is not; orders have no meaning on it. */
function refuseOnReference({ path, type }: Key, operator: RowConditionOperator, fieldPath: string): void {
  if (type !== 'reference' || ROW_CONDITIONS[operator].onReference === true) return;
  const known = Object.entries(ROW_CONDITIONS)
    .filter(([, row]) => row.onReference === true)
    .map(([name]) => name)
    .join(', ');
  fail('INVALID_PARAMETER', { key: fieldPath, reason: `${path} itself takes only ${known}` });
}

function readRowCondition(sent: AggregateSubCondition, condition: string, names: Names): RowCondition {
  const name = sent.key_alias?.value ?? '';
  const key = keyOf(name, `${condition}.key`, names);
  const operator: RowConditionOperator = operatorOf(
    sent.operator_alias?.value ?? '',
    ROW_CONDITIONS,
    `${condition}.operator`,
  );
  refuseOnReference(key, operator, `${condition}.operator`);
  const { operand } = ROW_CONDITIONS[operator];
  const value = sentValue(sent.value_alias?.value);
  const { now, work } = names.settings;
  const valuePath = `${condition}.value`;
  const context = { condition, valuePath, key: name, operator, type: key.type, now, work };
  operand.shape(value, context);
  return { key, operator, operand: operand.read(value, context) };
}

/** The keys of an object to accumulate, by name. */
function readObject(sent: AggregateGroupField, fieldPath: string, names: Names): GroupOperand {
  limited(sent.fields.length, MAX_CONDITIONS, `fields of ${fieldPath}`, `${fieldPath}.fields`);
  const given = new Set<string>();
  const keys = sent.fields.map(
    (field, i) =>
      [
        nameOf(field.name_alias?.value ?? '', `${fieldPath}.fields[${i}].name`, given),
        keyOf(field.key_alias?.value ?? '', `${fieldPath}.fields[${i}].key`, names),
      ] as const,
  );
  return { kind: 'object', keys };
}

/** The operand of a group field, as its operator needs it. */
function readOperand(
  sent: AggregateGroupField,
  operator: GroupOperator,
  fieldPath: string,
  names: Names,
): GroupOperand {
  const { needs } = GROUP_OPERATORS[operator];
  if (needs === 'nothing') return { kind: 'row' };
  if (needs === 'key or fields' && sent.fields.length > 0) return readObject(sent, fieldPath, names);
  const key = sent.key_alias?.value ?? '';
  if (needs === 'key or fields' && key === '')
    fail('REQUIRED_PARAMETER', { key: `${fieldPath}.key || fields` }, fieldPath);
  return { kind: 'key', key: keyOf(key, `${fieldPath}.key`, names) };
}

function readField(
  sent: AggregateGroupField,
  fieldPath: string,
  names: Names,
  given: Set<string>,
): GroupField {
  const name = nameOf(sent.name_alias?.value ?? '', `${fieldPath}.name`, given);
  const operatorName = sent.operator_alias?.value ?? '';
  const operator: GroupOperator = operatorOf(operatorName, GROUP_OPERATORS, `${fieldPath}.operator`);
  const conditions = `${fieldPath}.conditions`;
  if (sent.conditions.length > 0 && GROUP_OPERATORS[operator].conditions !== true)
    fail('INVALID_PARAMETER', { key: conditions, reason: `${operator} takes no conditions` });
  limited(sent.conditions.length, MAX_CONDITIONS, `conditions of ${fieldPath}`, conditions);
  return {
    name,
    operator,
    operand: readOperand(sent, operator, fieldPath, names),
    conditions: sent.conditions.map((each, i) => readRowCondition(each, `${conditions}[${i}]`, names)),
  };
}

/** Refuses operators that depend on the order of rows beside others that sort them. */
function refuseMixedOrders(fields: readonly GroupField[], fieldPath: string): void {
  const ranking = fields.find(({ operator }) => GROUP_OPERATORS[operator].percent !== undefined);
  const nth = fields.findIndex(({ operator }) => GROUP_OPERATORS[operator].ordered === true);
  const ordered = fields[nth];
  if (ranking === undefined || ordered === undefined) return;
  const reason = `${ordered.operator} depends on the order of rows, and ${ranking.operator} sorts them; each needs a group of its own`;
  fail('INVALID_PARAMETER', { key: `${fieldPath}.fields[${nth}].operator`, reason });
}

/** Checks the fields of a group with each other. */
function checkRanks(fields: readonly GroupField[], fieldPath: string): void {
  refuseMixedOrders(fields, fieldPath);
  limited(rankedKeys(fields).length, MAX_RANKED_KEYS, `keys to rank in ${fieldPath}`, `${fieldPath}.fields`);
}

export function readGroup(sent: AggregateGroup, fieldPath: string, names: Names): Stage<'group'> {
  const size = sent.keys.length + sent.fields.length;
  if (size === 0)
    fail('REQUIRED_PARAMETER', { key: 'aggregate.group.keys || aggregate.group.fields' }, fieldPath);
  limited(size, MAX_CONDITIONS, `keys and fields of ${fieldPath}`, fieldPath);
  const given = new Set<string>();
  const keys = sent.keys.map((key, i) => readKey(key, `${fieldPath}.keys[${i}]`, names, given));
  const fields = sent.fields.map((field, i) => readField(field, `${fieldPath}.fields[${i}]`, names, given));
  checkRanks(fields, fieldPath);
  return { kind: 'group', keys, fields };
}
