/**
 * The query model to MongoDB: filters, projections and pipelines. It cannot fail, does no I/O and reads no clock.
 * (docs/architecture.md «One way through».)
 */
import { guardOf, matching } from './operators.js';
import type { Condition } from './operators.js';
import { guardedRegex } from './guarded-regex.js';
import type {
  Filter,
  GroupField,
  GroupKey,
  Page,
  RowCondition,
  Selection,
  Stage,
  StatQuery,
} from './model.js';
import { BARRIER, documentOf, meets } from './mongo-syntax.js';
import type { MongoExpression, MongoFilter, MongoStage } from './mongo-syntax.js';
import { beforeIndexes, isIndex } from './schema.js';
import type { Key, ResourceSchema } from './schema.js';
import { doubtsOf, mayEqual } from './malformed-text.js';
import { CONDITIONS, formatted, GROUP_FIELDS, PROJECT_OPERATORS } from './stages.js';

const allOf = (filters: readonly MongoFilter[]): MongoFilter =>
  filters.length === 0 ? {} : { $and: filters };

const eitherOf = (any: readonly MongoFilter[]): readonly MongoFilter[] =>
  any.length === 0 ? [] : [{ $or: any }];

/** `filter` as find evaluates it, without guards. */
export const filterOf = ({ all, any }: Filter): MongoFilter =>
  allOf([...all.map(matching), ...eitherOf(any.map(matching))]);

export interface CompiledFilter {
  /** The conditions that MongoDB can tell of any document. */
  readonly certain: MongoFilter;
  /** Those for which it may miss a text, with their guard; undefined: there are none. */
  readonly guarded: MongoFilter | undefined;
}

/** A condition for which MongoDB may miss a text, or with no guard: it can be told of any document. */
interface Guarded {
  readonly found: MongoFilter;
  readonly guard: MongoExpression | undefined;
}

const compiled = (condition: Condition): Guarded => ({
  found: matching(condition),
  guard: guardOf(condition),
});

const foundBy = (conditions: readonly Guarded[]): readonly MongoFilter[] =>
  conditions.map(({ found }) => found);

const guardsOf = (conditions: readonly Guarded[]): readonly MongoExpression[] =>
  conditions.map(({ guard }) => guard).filter((guard) => guard !== undefined);

/** `filter` in MongoDB's terms. */
export function compiledFilter({ all, any }: Filter): CompiledFilter {
  const conditions = all.map(compiled);
  const alternatives = any.map(compiled);
  const certain = foundBy(conditions.filter(({ guard }) => guard === undefined));
  const uncertain = conditions.filter(({ guard }) => guard !== undefined);
  const guards = { all: guardsOf(uncertain), any: guardsOf(alternatives) };
  const either = eitherOf(foundBy(alternatives));
  const [early, late] = guards.any.length === 0 ? [either, []] : [[], either];
  const hasGuards = guards.all.length + guards.any.length > 0;
  return {
    certain: allOf([...certain, ...early]),
    guarded: hasGuards
      ? guardedRegex(allOf([...foundBy(uncertain), ...late]), guards.all, guards.any)
      : undefined,
  };
}

/** Whether one of `outer` is a path on the way to `path`. */
function isWithin(path: string, outer: ReadonlySet<string>): boolean {
  for (let dot = path.indexOf('.'); dot > 0; dot = path.indexOf('.', dot + 1))
    if (outer.has(path.slice(0, dot))) return true;
  return false;
}

/** The projection to `paths`, with or without `_id`; a path inside another one is left to it. */
export function projectionTo(paths: readonly string[], id: 0 | 1): MongoFilter {
  const all = new Set(['_id', ...paths]);
  const outer = paths.filter((path) => path !== '_id' && !isWithin(path, all));
  return documentOf([['_id', id], ...outer.map((path) => [path, 1] as const)]);
}

/** The projection that shows `only`, or all that an answer has. */
export const projectionOf = (only: Selection, schema: ResourceSchema): MongoFilter =>
  projectionTo(only ?? schema.whole, 0);

/** The field that holds, while stages run, what a row's resource refers to; no request may name it (ResourceSchema.aliases). */
export const REFERRED = 'what it refers to';

const pathOf = (key: Key): string => (key.referred ? `${REFERRED}.${key.path}` : key.path);
const read = (key: Key): MongoExpression => `$${pathOf(key)}`;
const named = (name: string): MongoExpression => `$${name}`;

function keysOf(stage: Stage): readonly Key[] {
  switch (stage.kind) {
    case 'group':
      return [...stage.keys.map(({ key }) => key), ...stage.fields.flatMap(accumulatedKeys)];
    case 'sort':
      return stage.keys.map(({ key }) => key);
    case 'project':
      return stage.fields.map(({ key }) => key);
    default:
      return [];
  }
}

function accumulatedKeys({ of, conditions }: GroupField): readonly Key[] {
  const keys = of === undefined ? [] : 'type' in of ? [of] : of.map(([, key]) => key);
  return [...keys, ...conditions.map(({ key }) => key)];
}

/** The paths that a stat asks of what the resource refers to. */
export function referredPaths({ rows }: StatQuery): readonly string[] {
  const keys = 'distinct' in rows ? [rows.distinct] : rows.stages.flatMap(keysOf);
  return [...new Set(keys.filter((key) => key.referred).map((key) => key.path))];
}

/** The paths of the resource itself that a stat makes its rows by. */
export function ownPaths({ rows }: StatQuery): readonly string[] {
  const keys = 'distinct' in rows ? [rows.distinct] : rows.stages.flatMap(keysOf);
  const stages = 'distinct' in rows ? [] : rows.stages;
  const unwound = stages.flatMap((stage) => (stage.kind === 'unwind' ? [stage.path] : []));
  return [...new Set([...keys.filter((key) => !key.referred).map((key) => key.path), ...unwound])];
}

/** Whether a malformed text may meet a condition of a stat, or be at one of its keys, as answers show it only. */
export function isDoubtful(query: StatQuery): boolean {
  const stages = 'stages' in query.rows ? query.rows.stages : [];
  const fields = stages.flatMap((stage) => (stage.kind === 'group' ? stage.fields : []));
  const conditions = fields.flatMap((field) => field.conditions);
  return (
    ownPaths(query).some(mayEqual) ||
    conditions.some(({ key, test, due }) => doubtsOf(due, key.path, CONDITIONS[test].isDoubtful).length > 0)
  );
}

/** Documents to take the place of those that have the same `_id`, field by field. */
export interface Repaired {
  readonly ids: readonly unknown[];
  readonly documents: readonly MongoFilter[];
}

/** Puts the fields of `repaired` in place of those stored. */
function repairing({ ids, documents }: Repaired): MongoStage {
  const at = { $indexOfArray: [{ $literal: ids }, '$_id'] };
  const instead = { $mergeObjects: ['$$ROOT', { $arrayElemAt: [{ $literal: documents }, '$$at'] }] };
  const found = { $cond: [{ $gte: ['$$at', 0] }, instead, '$$ROOT'] };
  return { $replaceRoot: { newRoot: { $let: { vars: { at }, in: found } } } };
}

/** What resources refer to: documents, and the ids that they are referred to by. */
export interface JoinedDocuments {
  readonly ids: readonly unknown[];
  readonly documents: readonly unknown[];
}

/** What puts documents beside the resources that refer to them. */
interface Referring {
  /** The field that refers. */
  readonly field: string;
  readonly stage: MongoStage;
}

/** Puts beside each resource the document that its `field` refers to, or nothing. */
function referring(field: string, { ids, documents }: JoinedDocuments): Referring {
  const at = { $indexOfArray: [{ $literal: ids }, `$${field}`] };
  const found = {
    $cond: [{ $gte: ['$$at', 0] }, { $arrayElemAt: [{ $literal: documents }, '$$at'] }, '$$REMOVE'],
  };
  return { field, stage: { $set: { [REFERRED]: { $let: { vars: { at }, in: found } } } } };
}

const conditional = (conditions: readonly RowCondition[], value: MongoExpression): MongoExpression =>
  conditions.length === 0
    ? value
    : {
        $cond: [
          { $and: conditions.map(({ key, test, due }) => CONDITIONS[test].test(read(key), due)) },
          value,
          0,
        ],
      };

function accumulated({ of }: GroupField): MongoExpression {
  if (of === undefined) return 1;
  return 'type' in of ? read(of) : documentOf(of.map(([name, key]) => [name, read(key)]));
}

function accumulator(field: GroupField): MongoExpression {
  const { accumulator: name, of } = GROUP_FIELDS[field.operator];
  const operand = accumulated(field);
  return { [name]: conditional(field.conditions, of?.(operand) ?? operand) };
}

const groupKey = ({ key, format }: GroupKey): MongoExpression =>
  format === undefined ? read(key) : formatted(read(key), format);

type Entry = readonly [string, MongoExpression];

/** Puts groups in order of their keys; their `_id` moves to `_id.keys`. A missing key counts as null. */
function inOrderOf(keys: readonly Entry[]): MongoStage[] {
  const order = keys.map(([name], i) => [`key${i}`, { $ifNull: [`$_id.${name}`, null] }] as const);
  return [
    { $set: { _id: { keys: '$_id', order: Object.fromEntries(order) } } },
    { $sort: { '_id.order': 1, '_id.keys': 1 } },
  ];
}

/** The only key of a group: missing and null are one group then. */
const orNullOf = ([name, key]: Entry): Entry => [name, { $ifNull: [key, null] }];

/**
 * Groups, puts the groups in order of their keys if `inOrder`, and lifts the keys out of `_id` into the row. Of several
 * keys those that are missing are left out of it.
 */
function grouped(keys: readonly Entry[], fields: readonly Entry[], inOrder: boolean): MongoStage[] {
  const id = keys.length === 0 ? null : documentOf(keys.length === 1 ? keys.map(orNullOf) : keys);
  const ordered = inOrder && keys.length > 0;
  const from = ordered ? '$_id.keys' : '$_id';
  const lifted = keys.map(([name]) => [name, `${from}.${name}`] as const);
  const kept = fields.map(([name]) => [name, 1] as const);
  return [
    { $group: documentOf<MongoExpression>([['_id', id], ...fields]) },
    ...(ordered ? inOrderOf(keys) : []),
    { $project: documentOf<MongoExpression>([['_id', 0], ...lifted, ...kept]) },
  ];
}

type Group = Extract<Stage, { kind: 'group' }>;

const group = ({ keys, fields }: Group, inOrder: boolean): MongoStage[] =>
  grouped(
    keys.map((key) => [key.name, groupKey(key)]),
    fields.map((field) => [field.name, accumulator(field)]),
    inOrder,
  );

/** Whether groups by references make the groups by what is referred to. */
const isOfParts = ({ fields }: Group): boolean =>
  fields.every(
    (field) =>
      GROUP_FIELDS[field.operator].mergeable === true && !accumulatedKeys(field).some((key) => key.referred),
  );

/**
 * Groups by the references first, and those groups by what they refer to: it is found once for each, and not for each
 * resource. What is missing stays missing in between.
 */
function groupInTwo({ keys, fields }: Group, { field, stage }: Referring, inOrder: boolean): MongoStage[] {
  const part = (i: number): string => `part${i}`;
  const own = keys.flatMap((key, i): Entry[] => (key.key.referred ? [] : [[part(i), groupKey(key)]]));
  const id: readonly Entry[] = [[field, named(field)], ...own];
  const made = fields.map((one, i): Entry => [`field${i}`, accumulator(one)]);
  const lifted = id.map(([name]): Entry => [name, `$_id.${name}`]);
  const kept = made.map(([name]): Entry => [name, 1]);
  return [
    { $group: documentOf<MongoExpression>([['_id', documentOf(id)], ...made]) },
    { $project: documentOf<MongoExpression>([['_id', 0], ...lifted, ...kept]) },
    stage,
    ...grouped(
      keys.map((key, i) => [key.name, key.key.referred ? groupKey(key) : named(part(i))]),
      fields.map(({ name, operator }, i) => [
        name,
        { [GROUP_FIELDS[operator].accumulator]: named(`field${i}`) },
      ]),
      inOrder,
    ),
  ];
}

function stagesOf(stage: Stage, inOrder: boolean): MongoStage[] {
  switch (stage.kind) {
    case 'unwind':
      return [{ $unwind: `$${stage.path}` }];
    case 'group':
      return group(stage, inOrder);
    case 'count':
      return [{ $count: stage.name }];
    case 'sort':
      return [{ $sort: new Map(stage.keys.map(({ key, direction }) => [pathOf(key), direction])) }];
    case 'project': {
      const made = stage.fields.map(
        ({ key, name, operator }) => [name, PROJECT_OPERATORS[operator](read(key))] as const,
      );
      const kept = stage.kept.map((name) => [name, named(name)] as const);
      return [{ $project: documentOf<MongoExpression>([['_id', 0], ...kept, ...made]) }];
    }
    case 'limit':
      return [{ $limit: stage.rows }];
    case 'skip':
      return [{ $skip: stage.rows }];
    default:
      return stage satisfies never;
  }
}

const makesRows = (stage: Stage): boolean => ['group', 'count', 'project'].includes(stage.kind);
const groups = (stage: Stage): boolean => ['group', 'count'].includes(stage.kind);

/** The stages of a first group that finds what is referred to once for each reference; undefined for another stage. */
function groupFirst(
  stage: Stage | undefined,
  refers: Referring | undefined,
  inOrder: boolean,
): MongoStage[] | undefined {
  if (refers === undefined || stage?.kind !== 'group' || !isOfParts(stage)) return undefined;
  return groupInTwo(stage, refers, inOrder);
}

/** The stages of rows; where they are `paged` and nothing else orders them, in the order of the last group's keys. */
function rowStages(
  stages: readonly Stage[],
  paged: boolean,
  schema: ResourceSchema,
  refers: Referring | undefined,
): MongoStage[] {
  const lastGroup = stages.findLastIndex(groups);
  const unordered = paged && !stages.slice(lastGroup + 1).some(({ kind }) => kind === 'sort');
  const inOrder = (i: number): boolean => unordered && i === lastGroup;
  const byId = unordered && lastGroup < 0 ? [{ $sort: { [schema.id]: 1 } }] : [];
  const whole = stages.some(makesRows) ? [] : [{ $unset: ['_id', REFERRED] }];
  const inTwo = groupFirst(stages[0], refers, inOrder(0));
  const beside = refers === undefined || inTwo !== undefined ? [] : [refers.stage];
  const made = stages.flatMap((stage, i) =>
    i === 0 && inTwo !== undefined ? inTwo : stagesOf(stage, inOrder(i)),
  );
  return [...beside, ...byId, ...made, ...whole];
}

const NO_LIST = { $not: { $type: 'array' } };

/** Makes a document for each element of a list at `path`; of the one, where `next` is an index. */
function spread(path: string, next: string | undefined): MongoStage {
  const here = `$${path}`;
  if (next === undefined || !isIndex(next))
    return { $unwind: { path: here, preserveNullAndEmptyArrays: true } };
  const element = { [next]: { $arrayElemAt: [here, Number(next)] } };
  return { $set: { [path]: { $cond: [{ $isArray: [here] }, element, here] } } };
}

interface Values {
  /** Documents that hold the values, each value once. */
  readonly rows: readonly MongoStage[];
  /** Where they hold it. */
  readonly at: string;
  /** As many documents as there are values. */
  readonly total: readonly MongoStage[];
}

/** The values at `key`, arrays on the way and at its end spread. */
function valuesAt(key: Key, schema: ResourceSchema): Values {
  const path = pathOf(key);
  const there = { $match: meets(path, { $exists: true }) };
  const once = { $group: { _id: `$${path}` } };
  // The unique id is there once in each, and in the order of an index; a scan may meet one that comes again while it runs.
  if (path === schema.id) return { rows: [there], at: path, total: [there, once] };
  const segments = path.split('.');
  const prefixes = segments.map((_, i) => segments.slice(0, i + 1).join('.'));
  const onTheWay = prefixes.slice(0, -1);
  // A list within a list is a value, and no way to one.
  const reached = { $match: { $and: [there.$match, ...onTheWay.map((prefix) => meets(prefix, NO_LIST))] } };
  const stages = [
    { $project: projectionTo([beforeIndexes(path)], 0) },
    ...prefixes.map((prefix, i) => spread(prefix, segments[i + 1])),
    reached,
    once,
  ];
  return { rows: stages, at: '_id', total: stages };
}

const MAX_ROW_BYTES = 15_000_000;

/** An error of its own for a row too large: MongoDB would close the connection on one over 16 MB. */
const ROW_SIZE_GUARD: MongoStage = {
  $match: {
    $expr: {
      $cond: [
        { $lte: [{ $bsonSize: '$$ROOT' }, MAX_ROW_BYTES] },
        true,
        { $toInt: { $concat: ['row of ', { $toString: { $bsonSize: '$$ROOT' } }, ' bytes'] } },
      ],
    },
  },
};

/**
 * Makes MongoDB read documents: an index alone cannot tell a missing value from null, and would answer so where it has
 * all that a stat asks of.
 */
const WHOLE_DOCUMENTS: MongoStage = { $match: { _id: { $exists: true } } };

/** Whether rows are the same where a missing value is taken for null. */
function takesNullForMissing({ rows }: StatQuery): boolean {
  const [first] = 'stages' in rows ? rows.stages : [];
  if (first?.kind === 'count') return true;
  if (first?.kind !== 'group' || first.keys.length > 1) return false;
  return first.fields.every(
    ({ operator, conditions }) => GROUP_FIELDS[operator].nullIsMissing === true && conditions.length === 0,
  );
}

export interface StatPipelines {
  readonly rows: readonly MongoStage[];
  /** Gives the rows before paging, to be counted; only where a page is asked for. */
  readonly total: readonly MongoStage[] | undefined;
}

function cutOf(page: Page | undefined): readonly MongoStage[] {
  if (page === undefined) return [];
  const skipped = page.skip > 0 ? [{ $skip: page.skip }] : [];
  return [...skipped, { $limit: page.limit }];
}

/** What gives as many documents as there are rows, and what gives those that the page leaves. */
function stagesFor({ rows, page }: StatQuery, schema: ResourceSchema, refers: Referring | undefined) {
  const cut = cutOf(page);
  if ('stages' in rows) {
    const whole = rowStages(rows.stages, page !== undefined, schema, refers);
    return { whole, cut: [...whole, ...cut] };
  }
  const values = valuesAt(rows.distinct, schema);
  const beside = refers === undefined ? [] : [refers.stage];
  const shown = { $project: { _id: 0, value: `$${values.at}` } };
  return {
    whole: [...beside, ...values.total],
    cut: [...beside, ...values.rows, { $sort: { [values.at]: 1 } }, ...cut, shown],
  };
}

/** The pipelines of a stat; `referred` holds the paths that referredPaths asks for, and is undefined where it asks none. */
export function pipelinesOf(
  query: StatQuery,
  schema: ResourceSchema,
  referred: JoinedDocuments | undefined,
  repaired?: Repaired,
): StatPipelines {
  const field = schema.reference?.field;
  const refers = referred === undefined || field === undefined ? undefined : referring(field, referred);
  const { whole, cut } = stagesFor(query, schema, refers);
  const documents = [
    ...(takesNullForMissing(query) ? [] : [WHOLE_DOCUMENTS]),
    ...(repaired === undefined ? [] : [repairing(repaired)]),
  ];
  return {
    rows: [...documents, ...cut, BARRIER, ROW_SIZE_GUARD],
    total: query.page && [...documents, ...whole],
  };
}
