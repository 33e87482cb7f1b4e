/** The statuses of jobs: their names, their colours, their order. */
import type { JobStatus } from '../api/statuses.js';
import { STATUS_NAMES } from '../state/filter-words.js';
import type { Route } from '../state/route.js';
import { isolated } from '../state/shown-text.js';

/** In the order in which they are shown and stacked. */
const NAMES: Readonly<Record<JobStatus, string>> = STATUS_NAMES;

export const isStatus = (name: string): name is JobStatus => Object.hasOwn(NAMES, name);

export const statusName = (status: string): string => (isStatus(status) ? NAMES[status] : status || 'None');

/** The CSS class with the colour of a status. */
export const statusClass = (status: string): string =>
  isStatus(status) ? `is-${status.toLowerCase()}` : 'is-none';

/** All statuses of the contract, then others found in the data. */
export const allStatuses = (found: ReadonlyMap<string, unknown>): readonly string[] => [
  ...new Set([...Object.keys(NAMES), ...found.keys()]),
];

/** The jobs of a route in words. */
export const statusTitle = ({ status }: Route): string =>
  status === '' ? 'jobs' : `jobs with status ${isolated(statusName(status))}`;

export const Status = ({ status }: { readonly status: string }) => (
  <span class={`status ${statusClass(status)}`}>{statusName(status)}</span>
);
