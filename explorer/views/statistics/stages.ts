/** The kinds of stages: the form of each, and its initial content (docs/query.md «stat»). */
import { isObject } from '../../api/json.js';
import type { Json } from '../../api/json.js';
import type { Stage, StageKind } from '../../api/stat.js';
import type { GroupOperator } from '../../../src/query/stages/group-operators.js';
import type { ProjectOperator } from '../../../src/query/stages/project-operators.js';

/** A field of a form: a text, a switch, a choice, or rows of further fields. */
export type Field =
  | { readonly name: string; readonly as: 'text' | 'flag' }
  | { readonly name: string; readonly as: 'choice'; readonly of: readonly string[] }
  | { readonly name: string; readonly as: 'rows'; readonly of: readonly Field[] };

/** A field of a form for the messages `M`, so that its name is one of the contract's. */
type FieldOf<M> =
  | (Exclude<Field, { as: 'rows' }> & { readonly name: keyof M })
  | {
      [Name in keyof M]-?: NonNullable<M[Name]> extends readonly (infer Row)[]
        ? { readonly name: Name; readonly as: 'rows'; readonly of: readonly FieldOf<Row>[] }
        : never;
    }[keyof M];

type Body<Kind extends StageKind> = NonNullable<Stage[Kind]>;

interface Kind<Name extends StageKind> {
  /** undefined: the stage is one number. */
  readonly fields: Body<Name> extends number ? undefined : readonly FieldOf<Body<Name>>[];
  readonly initial: Body<Name>;
}

const text = <Name extends string>(name: Name) => ({ name, as: 'text' }) as const;
const flag = <Name extends string>(name: Name) => ({ name, as: 'flag' }) as const;
const rows = <Name extends string, Inner extends Field>(name: Name, of: readonly Inner[]) =>
  ({ name, as: 'rows', of }) as const;

/** A choice of no operator or of one of the service's, in this order. */
const operators = <Name extends string>(all: Readonly<Record<Name, true>>) =>
  ({ name: 'operator', as: 'choice', of: ['', ...Object.keys(all)] }) as const;

const groupOperator = operators<GroupOperator>({
  count: true,
  sum: true,
  average: true,
  max: true,
  min: true,
  first: true,
  last: true,
  push: true,
  add_to_set: true,
  merge_objects: true,
  median: true,
  p90: true,
  p95: true,
  p99: true,
});

const projectOperator = operators<Exclude<ProjectOperator, ''>>({
  size: true,
  sum: true,
  object_to_array: true,
  array_to_object: true,
});

/** In the order in which they are offered. */
export const STAGES: { readonly [Name in StageKind]: Kind<Name> } = {
  group: {
    fields: [
      rows('keys', [text('key'), text('name'), text('date_format')]),
      rows('fields', [text('name'), groupOperator, text('key')]),
    ],
    initial: { keys: [{ key: 'status', name: 'status' }], fields: [{ name: 'jobs', operator: 'count' }] },
  },
  sort: {
    fields: [rows('keys', [text('key'), flag('desc')])],
    initial: { keys: [{ key: 'jobs', desc: true }] },
  },
  project: {
    fields: [rows('fields', [text('key'), text('name'), projectOperator]), flag('exclude_keys')],
    initial: { fields: [{ key: 'status', name: 'status' }] },
  },
  unwind: { fields: [text('path')], initial: { path: 'errors' } },
  count: { fields: [text('name')], initial: { name: 'jobs' } },
  limit: { fields: undefined, initial: 10 },
  skip: { fields: undefined, initial: 10 },
};

const isStageKind = (name: string): name is StageKind => Object.hasOwn(STAGES, name);

/** The fields of a stage; undefined for a number, and for an unknown kind in the reader's JSON. */
export const fieldsOf = (kind: string): readonly Field[] | undefined =>
  isStageKind(kind) ? STAGES[kind].fields : undefined;

export const newStage = (kind: string): Json => (isStageKind(kind) ? { [kind]: STAGES[kind].initial } : {});

/** The kind of a stage and its content. */
export function kindOf(stage: Json): readonly [string, Json] {
  const [first] = isObject(stage) ? Object.entries(stage) : [];
  const [kind, body] = first ?? ['', null];
  return [kind, body ?? null];
}
