/** A group in MongoDB's terms, over its rows or, in two steps, over the references of its rows first. */
import { read } from '../join.js';
import type { Join } from '../join.js';
import type { GroupField, GroupKey, GroupOperand, RowCondition, Stage } from '../model.js';
import { documentOf } from '../mongo-syntax.js';
import type { MongoExpression, MongoStage } from '../mongo-syntax.js';
import type { Key } from '../schema.js';
import { formatted } from './date-formats.js';
import { orNull, when } from '../expressions.js';
import { GROUP_OPERATORS } from './group-operators.js';
import { RANKED_GROUP, rankedField, rankedKeys, rankedValue, rankStages } from './ranks.js';
import { ROW_CONDITIONS } from './row-conditions.js';

type Entry = readonly [string, MongoExpression];

const holds = ({ key, operator, operand }: RowCondition): MongoExpression =>
  ROW_CONDITIONS[operator].test(read(key), operand);

const conditional = (conditions: readonly RowCondition[], value: MongoExpression): MongoExpression =>
  conditions.length === 0 ? value : when({ $and: conditions.map(holds) }, value, 0);

function operandOf(operand: GroupOperand): MongoExpression {
  switch (operand.kind) {
    case 'row':
      return 1;
    case 'key':
      return read(operand.key);
    case 'object':
      return documentOf(operand.keys.map(([name, key]) => [name, read(key)]));
    default:
      return operand satisfies never;
  }
}

/** The values that a field accumulates. */
function accumulatedOf(field: GroupField): MongoExpression {
  const operand = operandOf(field.operand);
  return conditional(field.conditions, GROUP_OPERATORS[field.operator].prepare?.(operand) ?? operand);
}

const accumulatorOf = (field: GroupField, values = accumulatedOf(field)): MongoExpression => ({
  [GROUP_OPERATORS[field.operator].accumulator]: values,
});

const groupKeyOf = ({ key, format }: GroupKey): MongoExpression =>
  format === undefined ? read(key) : formatted(read(key), format);

/** Puts groups in order of their keys; their `_id` moves to `_id.keys`. A missing key counts as null. */
function orderedBy(keys: readonly Entry[]): MongoStage[] {
  const order = keys.map(([name], i): Entry => [`key${i}`, orNull(`$_id.${name}`)]);
  return [
    { $set: { _id: { keys: '$_id', order: Object.fromEntries(order) } } },
    { $sort: { '_id.order': 1, '_id.keys': 1 } },
  ];
}

/** The only key of a group; missing and null are one group then. */
const onlyKey = ([name, key]: Entry): Entry => [name, orNull(key)];

/** Lifts the keys of a group out of `from`, its `_id` or a part of it, into the row beside the fields. */
function lifted(keys: readonly Entry[], fields: readonly Entry[], from: string): MongoStage {
  const raised = keys.map(([name]): Entry => [name, `${from}.${name}`]);
  const kept = fields.map(([name]): Entry => [name, 1]);
  return { $project: documentOf<MongoExpression>([['_id', 0], ...raised, ...kept]) };
}

const grouped = (id: MongoExpression, fields: readonly Entry[]): MongoStage => ({
  $group: documentOf<MongoExpression>([['_id', id], ...fields]),
});

/** The id of a group by `keys`. Of several keys the missing ones are left out of it. */
const idOf = (keys: readonly Entry[]): MongoExpression =>
  keys.length === 0 ? null : documentOf(keys.length === 1 ? keys.map(onlyKey) : keys);

/**
 * Groups by `keys`, whose values in a row are `id`, puts the groups in their order if `inKeyOrder`, and lifts the keys into
 * the row.
 */
function groupedBy(
  keys: readonly Entry[],
  fields: readonly Entry[],
  inKeyOrder: boolean,
  id: MongoExpression = idOf(keys),
): MongoStage[] {
  const isOrdered = inKeyOrder && keys.length > 0;
  return [
    grouped(id, fields),
    ...(isOrdered ? orderedBy(keys) : []),
    lifted(keys, fields, isOrdered ? '$_id.keys' : '$_id'),
  ];
}

/** Groups rows of the values that its fields take: MongoDB sorts them for the ranks of `ranked`. */
function compileRankedGroup(
  by: readonly Entry[],
  fields: readonly GroupField[],
  ranked: readonly Key[],
  inKeyOrder: boolean,
): MongoStage[] {
  const name = (i: number): string => `field${i}`;
  const operands = fields.flatMap((field, i): Entry[] =>
    rankedField(field) === undefined ? [[name(i), accumulatedOf(field)]] : [],
  );
  const accumulators = fields.map((field, i): Entry => {
    const rank = rankedField(field);
    return [field.name, rank === undefined ? accumulatorOf(field, `$${name(i)}`) : rankedValue(rank, ranked)];
  });
  return [
    ...rankStages(idOf(by), operands, ranked),
    ...groupedBy(by, accumulators, inKeyOrder, RANKED_GROUP),
  ];
}

export function compileGroup({ keys, fields }: Stage<'group'>, inKeyOrder: boolean): MongoStage[] {
  const by = keys.map((key): Entry => [key.name, groupKeyOf(key)]);
  const ranked = rankedKeys(fields);
  if (ranked.length > 0) return compileRankedGroup(by, fields, ranked, inKeyOrder);
  return groupedBy(
    by,
    fields.map((field) => [field.name, accumulatorOf(field)]),
    inKeyOrder,
  );
}

/**
 * Groups by the references first, joins those groups, and groups them again: a document is found once for each
 * reference, and not for each resource. Missing keys stay missing in between.
 */
export function compileGroupByReference(
  { keys, fields }: Stage<'group'>,
  { field, stage: join }: Join,
  inKeyOrder: boolean,
): MongoStage[] {
  const part = (i: number): string => `part${i}`;
  const own = keys.flatMap((each, i): Entry[] => (each.key.referred ? [] : [[part(i), groupKeyOf(each)]]));
  const id: readonly Entry[] = [[field, `$${field}`], ...own];
  const parts = fields.map((each, i): Entry => [`field${i}`, accumulatorOf(each)]);
  return [
    grouped(documentOf(id), parts),
    lifted(id, parts, '$_id'),
    join,
    ...groupedBy(
      keys.map((each, i) => [each.name, each.key.referred ? groupKeyOf(each) : `$${part(i)}`]),
      fields.map(({ name, operator }, i) => [
        name,
        { [GROUP_OPERATORS[operator].accumulator]: `$field${i}` },
      ]),
      inKeyOrder,
    ),
  ];
}
