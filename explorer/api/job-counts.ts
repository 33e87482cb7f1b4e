/** Numbers of jobs by status, by time and by collector. */
import type { Call } from './call.js';
import { FIELDS } from './fields.js';
import { numberAt, textAt } from './json.js';
import type { Json } from './json.js';
import { condition, filtersOf } from './selection.js';
import type { Condition, Selection } from './selection.js';
import { JOBS, named, resultsOf, stat } from './stat.js';
import type { Results } from './stat.js';
import { ENDED, FAILED } from './statuses.js';
import type { JobStatus } from './statuses.js';

/** The collectors that are read. */
export const MAX_COLLECTORS = 5000;

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

const BEFORE = 'before_';

/** Counts the jobs that meet conditions. */
const jobsField = (prefix: string, conditions: readonly Condition[]) => ({
  ...JOBS,
  name: `${prefix}${JOBS.name}`,
  conditions,
});

const created = (operator: 'gte' | 'lt', time: number): readonly Condition[] => [
  condition(FIELDS.created, operator, new Date(time).toISOString()),
];

/** Fields about the jobs created from `since` on, and about those before; without `since` none is before. */
const around = <Field>(
  since: number | undefined,
  fieldsOf: (prefix: string, conditions: readonly Condition[]) => readonly Field[],
): readonly Field[] =>
  since === undefined
    ? fieldsOf('', [])
    : [...fieldsOf('', created('gte', since)), ...fieldsOf(BEFORE, created('lt', since))];

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
            fields: around(since, (prefix, conditions) => [jobsField(prefix, conditions)]),
          },
        },
      ],
    },
    resultsOf((row) => ({
      at: textAt(row, 'at'),
      status: textAt(row, 'status'),
      jobs: numberAt(row, 'jobs'),
      before: numberAt(row, `${BEFORE}${JOBS.name}`),
    })),
  );

/** The jobs of one collector from a time on, and before it; any of it is missing where jobs lack it. */
export interface CollectorRow {
  readonly collector_id?: string;
  readonly name?: string;
  readonly provider?: string;
  readonly within?: Outcome;
  readonly before?: Outcome;
}

/** Numbers of jobs. */
export interface Outcome {
  readonly jobs: number;
  readonly ended: number;
  readonly failed: number;
}

/** Counts the jobs that meet conditions, and those of each status of an end. */
const outcomeFields = (prefix: string, conditions: readonly Condition[]) => [
  jobsField(prefix, conditions),
  ...ENDED.map((status) => ({
    ...JOBS,
    name: `${prefix}${status}`,
    conditions: [...conditions, condition(FIELDS.status, 'eq', status)],
  })),
];

function outcomeOf(row: Json, prefix: string): Outcome {
  const sum = (statuses: readonly JobStatus[]): number =>
    statuses.reduce((total, status) => total + numberAt(row, `${prefix}${status}`), 0);
  return { jobs: numberAt(row, `${prefix}${JOBS.name}`), ended: sum(ENDED), failed: sum(FAILED) };
}

/**
 * Selected jobs in every status by collector, that of most failures first: those created from `since` on, and those
 * before. Without `since` none is before.
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
            ],
            fields: around(since, outcomeFields),
          },
        },
        { sort: { keys: [...FAILED, JOBS.name].map((key) => ({ key, desc: true })) } },
        { limit: MAX_COLLECTORS },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      name: textAt(row, 'name'),
      provider: textAt(row, 'provider'),
      within: outcomeOf(row, ''),
      before: outcomeOf(row, BEFORE),
    })),
  );
