/** A route with its times as they are now: another reader sees the same jobs, whenever they open it. */
import { parseTimediff } from '../../src/query/dates.js';
import { valueFormOf } from './conditions.js';
import type { Condition } from './conditions.js';
import type { Route } from './route.js';
import { between } from './time-range.js';
import type { TimeRange } from './time-range.js';

/** A condition relative to now becomes one on a date; one that the service refuses stays as it is. */
function dated(condition: Condition, now: number): Condition {
  const { operator, value } = condition;
  const date = valueFormOf(operator) === 'timediff' ? parseTimediff(value, new Date(now)) : undefined;
  if (date === undefined) return condition;
  return { ...condition, operator: operator.replace('timediff', 'datetime'), value: date.toISOString() };
}

export function absolute({
  route,
  timeRange,
  now,
}: {
  readonly route: Route;
  /** The window of the route at `now`. */
  readonly timeRange: TimeRange;
  readonly now: number;
}): Route {
  const { from, to } = timeRange;
  const allDated = (conditions: readonly Condition[]) => conditions.map((each) => dated(each, now));
  return {
    ...route,
    window: from === undefined ? route.window : between(from, to ?? now),
    filter: allDated(route.filter),
    filterOr: allDated(route.filterOr),
  };
}
