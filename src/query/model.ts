/** The query model: what a request asks, once everything in it has been checked. Data only. */
import type { MongoSort } from './mongo-syntax.js';
import type { Condition } from './operators.js';
import type { Key } from './schema.js';
import type { ConditionTest, DateFormat, GroupOperator, ProjectOperator } from './stages.js';
import type { Comparable } from './values.js';

/** A condition on what the resource refers to: `path` is a path there. */
export interface ReferredCondition {
  readonly referred: Condition;
}

/** All of `all`, and any of `any`; an empty list imposes nothing. */
export interface Filter<Leaf = Condition> {
  readonly all: readonly Leaf[];
  readonly any: readonly Leaf[];
}

export type AskedFilter = Filter<Condition | ReferredCondition>;

/** The rows from the `skip`th on, `limit` at most. */
export interface Page {
  readonly skip: number;
  readonly limit: number;
}

/** The paths that an answer shows; undefined: all of them. */
export type Selection = readonly string[] | undefined;

export interface ListQuery {
  readonly filter: AskedFilter;
  /** Paths and directions, the tie-break included. */
  readonly sort: MongoSort;
  readonly page: Page | undefined;
  readonly only: Selection;
  readonly countOnly: boolean;
  /** Keys of the sort that name no field, and order nothing. */
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
  readonly test: ConditionTest;
  readonly due: Comparable;
}

export interface GroupField {
  readonly name: string;
  readonly operator: GroupOperator;
  /** What is accumulated: a key, an object of keys by name, or nothing but the row. */
  readonly of: Key | readonly (readonly [string, Key])[] | undefined;
  readonly conditions: readonly RowCondition[];
}

export interface ProjectField {
  readonly key: Key;
  readonly name: string;
  readonly operator: ProjectOperator;
}

export type Stage =
  | { readonly kind: 'unwind'; readonly path: string }
  | { readonly kind: 'group'; readonly keys: readonly GroupKey[]; readonly fields: readonly GroupField[] }
  | { readonly kind: 'count'; readonly name: string }
  | { readonly kind: 'sort'; readonly keys: readonly SortKey[] }
  | { readonly kind: 'project'; readonly fields: readonly ProjectField[]; readonly kept: readonly string[] }
  | { readonly kind: 'limit'; readonly rows: number }
  | { readonly kind: 'skip'; readonly rows: number };

export interface StatQuery {
  readonly filter: AskedFilter;
  /** The stages, or the key whose distinct values are asked for. */
  readonly rows: { readonly stages: readonly Stage[] } | { readonly distinct: Key };
  readonly page: Page | undefined;
}
