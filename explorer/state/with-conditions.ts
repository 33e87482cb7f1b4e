/** Narrows a route by further conditions: its jobs are those that meet its own and these. */
import type { FieldName } from '../api/fields.js';
import { typed } from './conditions.js';
import type { Condition } from './conditions.js';
import { namedFilterOf, valuesOf } from './filter-words.js';
import { FIRST_PAGE } from './route.js';
import type { Route } from './route.js';

/** Holds if every job that meets `one` meets `other`, as far as equal conditions and values of one named filter tell. */
function implies(one: Condition, other: Condition): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  const named = namedFilterOf(one);
  if (named?.operator !== 'in' || namedFilterOf(other) !== named) return false;
  const values = new Set(valuesOf(other));
  return valuesOf(one).every((value) => values.has(value));
}

/** Adds a condition in place of those that it implies; one that the others imply adds nothing. */
function narrowed(filter: readonly Condition[], condition: Condition): readonly Condition[] {
  const others = filter.filter((each) => !implies(condition, each));
  return others.some((each) => implies(each, condition)) ? filter : [...others, condition];
}

export const withConditions = (
  { filter }: Pick<Route, 'filter'>,
  conditions: readonly Condition[],
): Partial<Route> => ({ ...FIRST_PAGE, filter: conditions.reduce(narrowed, filter) });

/** Adds the condition that a key has a value. */
export const withCondition = (route: Route, key: FieldName, value: string): Partial<Route> =>
  withConditions(route, [{ key, operator: 'eq', value: typed(value) }]);
