/** The jobs that a call is about, and their conditions as requests have them (docs/query.md «Filter operators»). */
import type { Filter } from '../../src/gen/spaceone/api/core/v1/query.js';
import type { OperatorName } from '../../src/query/operators.js';
import type { Message } from './contract.js';
import { FIELDS } from './fields.js';
import type { Json } from './json.js';

export type Condition = Message<Filter>;

export interface Selection {
  readonly domain: string;
  /** The reader's own conditions, all of them to be met. */
  readonly conditions: readonly Condition[];
  /** The reader's own conditions, any of them to be met; none: no restriction. */
  readonly alternatives: readonly Condition[];
  /** '' for every status. */
  readonly status: string;
  /** Milliseconds since 1970, `to` excluded; undefined for an open end. */
  readonly from: number | undefined;
  readonly to: number | undefined;
}

export const condition = (key: string, operator: OperatorName, value: Json): Condition => ({
  key,
  operator,
  value,
});

const iso = (time: number): string => new Date(time).toISOString();

export const createdWithin = ({ from, to }: Pick<Selection, 'from' | 'to'>): readonly Condition[] => [
  ...(from === undefined ? [] : [condition(FIELDS.created, 'datetime_gte', iso(from))]),
  ...(to === undefined ? [] : [condition(FIELDS.created, 'datetime_lt', iso(to))]),
];

const withStatus = ({ status }: Selection): readonly Condition[] =>
  status === '' ? [] : [condition(FIELDS.status, 'eq', status)];

interface Filters {
  readonly filter: readonly Condition[];
  readonly filter_or?: readonly Condition[];
}

/**
 * The filters of a selection in every status, with further conditions. The reader's own come first, so that the index
 * in a violation such as `query.filter[2]` is that of their row.
 */
export const filtersOf = (selection: Selection, further: readonly Condition[] = []): Filters => ({
  filter: [...selection.conditions, ...createdWithin(selection), ...further],
  ...(selection.alternatives.length === 0 ? {} : { filter_or: selection.alternatives }),
});

/** The filters of a selection in its own status. */
export const ownFiltersOf = (selection: Selection): Filters => filtersOf(selection, withStatus(selection));
