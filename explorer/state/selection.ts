/** Turns a route and its time range into the selection that calls are about. */
import type { Selection } from '../api/selection.js';
import { sent } from './conditions.js';
import type { Route } from './route.js';
import type { TimeRange } from './time-range.js';

export const selectionOf = (
  { domain, status, filter, filterOr }: Route,
  { from, to }: TimeRange,
): Selection => ({
  domain,
  conditions: filter.map(sent),
  alternatives: filterOr.map(sent),
  status,
  from,
  to,
});
