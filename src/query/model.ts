/** The query model: a checked request as data. */
import type { MongoSort } from './mongo-syntax.js';
import type { Condition } from './condition.js';
import type { Key } from './schema.js';
import type { DateFormat } from './stages/date-formats.js';
import type { GroupOperator } from './stages/group-operators.js';
import type { ProjectOperator } from './stages/project-operators.js';
import type { RowConditionOperator } from './stages/row-conditions.js';
import type { Comparable } from './values.js';

/** A condition on the resource referred to: `path` is a path there. */
export interface ReferredCondition {
  readonly referred: Condition;
}

/** A condition on the resource itself, or on the one that it refers to. */
export type FilterCondition = Condition | ReferredCondition;

export const isReferred = (condition: FilterCondition): condition is ReferredCondition =>
  'referred' in condition;

export const isOwn = (condition: FilterCondition): condition is Condition => !isReferred(condition);

/** All of `all`, and any of `any`; an empty list imposes nothing. */
export interface Filter<Each = Condition> {
  readonly all: readonly Each[];
  readonly any: readonly Each[];
}

/** The filter of a request. */
export type RequestedFilter = Filter<FilterCondition>;

/** The rows from the `skip`th on, `limit` at most. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** The paths that an answer shows; undefined: all of them. */
export type Selection = readonly string[] | undefined;

export interface ListQuery {
  readonly filter: RequestedFilter;
  /** Where its sort stands in the request. */
  readonly sortPath: string;
  /** Paths and directions, the tie-break included. */
  readonly sort: MongoSort;
  readonly page: Page | undefined;
  readonly only: Selection;
  readonly countOnly: boolean;
  /** Sort keys that name no field, and order nothing. */
  readonly passedOver: readonly string[];
}

export interface SortKey {
  readonly key: Key;
  readonly direction: 1 | -1;
}

export interface GroupKey {
  readonly key: Key;
  readonly name: string;
  readonly format: DateFormat | undefined;
}

/** A condition of a group field, on the row itself. */
export interface RowCondition {
  readonly key: Key;
  readonly operator: RowConditionOperator;
  readonly operand: Comparable;
}

/** The values that a group field accumulates: the row itself, a key, or an object of keys by name. */
export type GroupOperand =
  | { readonly kind: 'row' }
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'object'; readonly keys: readonly (readonly [string, Key])[] };

export interface GroupField {
  readonly name: string;
  readonly operator: GroupOperator;
  readonly operand: GroupOperand;
  readonly conditions: readonly RowCondition[];
}

export interface ProjectField {
  readonly key: Key;
  readonly name: string;
  readonly operator: ProjectOperator;
}

/** The parts of each kind of stage. */
export interface StageParts {
  readonly unwind: { readonly path: string };
  readonly group: { readonly keys: readonly GroupKey[]; readonly fields: readonly GroupField[] };
  readonly count: { readonly name: string };
  readonly sort: { readonly keys: readonly SortKey[] };
  readonly project: { readonly fields: readonly ProjectField[]; readonly kept: readonly string[] };
  readonly limit: { readonly rows: number };
  readonly skip: { readonly rows: number };
}

export type Stage<Kind extends keyof StageParts = keyof StageParts> = {
  readonly [K in Kind]: { readonly kind: K } & StageParts[K];
}[Kind];

export interface StatQuery {
  readonly filter: RequestedFilter;
  /** Where its sort stands in the request; of several, the list of its stages. */
  readonly sortPath: string;
  /** The stages, or the key of the distinct values. */
  readonly rows: { readonly stages: readonly Stage[] } | { readonly distinct: Key };
  readonly page: Page | undefined;
}
