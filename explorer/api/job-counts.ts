/** Numbers of jobs by status, by time and by collector. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';

const MAX_GROUPS = 5000;

/** The number of jobs with a status. */
export interface StatusRow {
  readonly status: string;
  readonly jobs: number;
}

/** The number of selected jobs in each status. */
export const statStatuses = (selection: Selection): Call<Results<StatusRow>> =>
  stat(
    'Jobs by status',
    selection,
    {
      ...filtersOf(selection),
      aggregate: [{ group: { keys: [named(FIELDS.status, 'status')], fields: [JOBS] } }],
    },
    resultsOf((row) => ({ status: textAt(row, 'status'), jobs: numberAt(row, 'jobs') })),
  );

/** Jobs of one status created in one interval; any of it is missing where jobs lack it. */
export interface TimelineRow {
  /** The interval in the date format of the request. */
  readonly at?: string;
  readonly status?: string;
  /** Jobs created from a time on, and before it. */
  readonly jobs?: number;
  readonly before?: number;
}

/** Counts the jobs created from a time on, or before it. */
export const jobsCreated = (name: string, operator: 'gte' | 'lt', time: number) => ({
  ...JOBS,
  name,
  conditions: [condition(FIELDS.created, operator, new Date(time).toISOString())],
});

/** Counts the jobs created from `since` on, and those before; without `since` none is before. */
const jobsAround = (since: number | undefined) =>
  since === undefined ? [JOBS] : [jobsCreated('jobs', 'gte', since), jobsCreated('before', 'lt', since)];

/** Selected jobs in every status by creation time and status: those created from `since` on, and those before. */
export const statTimeline = (
  selection: Selection,
  dateFormat: string,
  since: number | undefined,
): Call<Results<TimelineRow>> =>
  stat(
    'Jobs by time and status',
    selection,
    {
      ...filtersOf(selection),
      aggregate: [
        {
          group: {
            keys: [
              { ...named(FIELDS.created, 'at'), date_format: dateFormat },
              named(FIELDS.status, 'status'),
            ],
            fields: jobsAround(since),
          },
        },
      ],
    },
    resultsOf((row) => ({
      at: textAt(row, 'at'),
      status: textAt(row, 'status'),
      jobs: numberAt(row, 'jobs'),
      before: numberAt(row, 'before'),
    })),
  );

/** Jobs of one collector and status; any of it is missing where jobs lack it. */
export interface CollectorRow {
  readonly collector_id?: string;
  readonly name?: string;
  readonly provider?: string;
  readonly status?: string;
  /** Jobs created from a time on, and before it. */
  readonly jobs?: number;
  readonly before?: number;
}

/**
 * Selected jobs in every status by collector and status, the largest groups first: those created from `since` on, and
 * those before.
 */
export const statCollectors = (
  selection: Selection,
  since: number | undefined,
): Call<Results<CollectorRow>> =>
  stat(
    'Jobs by collector',
    selection,
    {
      ...filtersOf(selection),
      aggregate: [
        {
          group: {
            keys: [
              named(FIELDS.collector, 'collector_id'),
              named(FIELDS.collectorName, 'name'),
              named(FIELDS.provider, 'provider'),
              named(FIELDS.status, 'status'),
            ],
            fields: jobsAround(since),
          },
        },
        { sort: { keys: [{ key: 'jobs', desc: true }] } },
        { limit: MAX_GROUPS },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      name: textAt(row, 'name'),
      provider: textAt(row, 'provider'),
      status: textAt(row, 'status'),
      jobs: numberAt(row, 'jobs'),
      before: numberAt(row, 'before'),
    })),
  );
