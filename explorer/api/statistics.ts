/** Calls of `stat`, each beside the parser of its rows (docs/query.md «stat»). */
import type { StatisticsAggregate, StatisticsQuery } from '../../src/gen/spaceone/api/core/v1/query.js';
import type { Call } from './call.js';
import type { Message } from './contract.js';
import { FIELDS } from './fields.js';
import { listAt, numberAt, textAt } from './json.js';
import type { Json } from './json.js';
import { condition, createdWithin, filtersOf, ownFiltersOf, withStatus } from './selection.js';
import type { Selection } from './selection.js';
import { FAILED } from './statuses.js';

/** The newest ended jobs from which durations are computed. */
const MAX_DURATIONS = 2000;
const MAX_GROUPS = 5000;
const MAX_CODES = 10;
const MAX_VALUES = 20;
/** Jobs read to find the one before or after another; more with one and the same creation time are not told apart. */
const MAX_NEIGHBOURS = 20;

/** The rows of an answer. */
export interface Results<Row> {
  readonly results: readonly Row[];
}

const resultsOf =
  <Row>(rowOf: (json: Json) => Row) =>
  (answer: Json): Results<Row> => ({ results: listAt(answer, 'results').map(rowOf) });

const rawResults = resultsOf((row) => row);

/** A stage; it has one of the kinds. */
export type Stage = Message<StatisticsAggregate>;
export type StageKind = keyof Stage;

/** A query of the page, or one with stages as its reader wrote them. */
type StatQuery =
  Message<StatisticsQuery> | (Omit<Message<StatisticsQuery>, 'aggregate'> & { readonly aggregate: Json });

const stat = <T>(
  title: string,
  { domain }: Pick<Selection, 'domain'>,
  query: StatQuery,
  read: (answer: Json) => T,
): Call<T> => ({ title, rpc: 'stat', request: { domain_id: domain, query }, read });

const named = (key: string, name: string) => ({ key, name });
const JOBS = { name: 'jobs', operator: 'count' } as const;
const NEWEST_FIRST: Stage = { sort: { keys: [{ key: FIELDS.created, desc: true }] } };

/** The creation time of the newest job of a domain. */
export const statNewestJob = (domain: string) =>
  stat(
    'The newest job',
    { domain },
    {
      aggregate: [NEWEST_FIRST, { limit: 1 }, { project: { fields: [named(FIELDS.created, 'created_at')] } }],
    },
    resultsOf((row) => ({ created_at: textAt(row, 'created_at') })),
  );

/** Jobs of one status created in one interval; any of it is missing where jobs lack it. */
export interface TimelineRow {
  /** The interval in the date format of the request. */
  readonly at?: string;
  readonly status?: string;
  readonly jobs?: number;
}

/** Selected jobs in every status by creation time and status. */
export const statTimeline = (selection: Selection, dateFormat: string): Call<Results<TimelineRow>> =>
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
            fields: [JOBS],
          },
        },
      ],
    },
    resultsOf((row) => ({
      at: textAt(row, 'at'),
      status: textAt(row, 'status'),
      jobs: numberAt(row, 'jobs'),
    })),
  );

/** Jobs of one collector and status; any of it is missing where jobs lack it. */
export interface CollectorRow {
  readonly collector_id?: string;
  readonly name?: string;
  readonly provider?: string;
  readonly status?: string;
  readonly jobs?: number;
}

/** Selected jobs in every status by collector and status, the largest groups first. */
export const statCollectors = (selection: Selection): Call<Results<CollectorRow>> =>
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
            fields: [JOBS],
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
    })),
  );

/** The times of creation and of finish of one collector's jobs. */
export interface DurationRow {
  readonly collector_id?: string;
  readonly jobs?: readonly { readonly from?: string; readonly to?: string | null }[];
}

/** The times of creation and of finish of the newest selected jobs that ended, by collector. */
export const statDurations = (selection: Selection): Call<Results<DurationRow>> =>
  stat(
    `Durations of the newest ${MAX_DURATIONS}`,
    selection,
    {
      ...filtersOf(selection, [...withStatus(selection), condition(FIELDS.finished, 'exists', true)]),
      aggregate: [
        NEWEST_FIRST,
        { limit: MAX_DURATIONS },
        {
          group: {
            keys: [named(FIELDS.collector, 'collector_id')],
            fields: [
              {
                name: 'jobs',
                operator: 'push',
                fields: [named(FIELDS.created, 'from'), named(FIELDS.finished, 'to')],
              },
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      collector_id: textAt(row, 'collector_id'),
      jobs: listAt(row, 'jobs').map((job) => ({ from: textAt(job, 'from'), to: textAt(job, 'to') })),
    })),
  );

/** The errors with one code: their number, one of their messages, the creation time of the newest job with it. */
export interface ErrorCodeRow {
  readonly code: string;
  readonly errors: number;
  readonly message: string;
  readonly newest: string;
}

/** The most frequent error codes of the selected jobs; of failed ones if the selection has every status. */
export const statErrorCodes = (selection: Selection): Call<Results<ErrorCodeRow>> =>
  stat(
    'Errors by code',
    selection,
    {
      ...filtersOf(
        selection,
        selection.status === '' ? [condition(FIELDS.status, 'in', FAILED)] : withStatus(selection),
      ),
      aggregate: [
        { unwind: { path: FIELDS.errors } },
        {
          group: {
            keys: [named(FIELDS.errorCode, 'code')],
            fields: [
              { ...JOBS, name: 'errors' },
              { key: FIELDS.created, name: 'newest', operator: 'max' },
              { key: FIELDS.errorMessage, name: 'message', operator: 'first' },
            ],
          },
        },
        { sort: { keys: [{ key: 'errors', desc: true }, { key: 'code' }] } },
        { limit: MAX_CODES },
      ],
    },
    resultsOf((row) => ({
      code: textAt(row, 'code'),
      errors: numberAt(row, 'errors'),
      message: textAt(row, 'message'),
      newest: textAt(row, 'newest'),
    })),
  );

/** The number of selected jobs in each status. */
export const statStatuses = (selection: Selection) =>
  stat(
    'Jobs by status',
    selection,
    {
      ...filtersOf(selection),
      aggregate: [{ group: { keys: [named(FIELDS.status, 'status')], fields: [JOBS] } }],
    },
    resultsOf((row) => ({ status: textAt(row, 'status'), jobs: numberAt(row, 'jobs') })),
  );

/** The id of the newest selected job of each collector. */
export const statNewestByCollector = (selection: Selection) =>
  stat(
    'The newest job of each collector',
    selection,
    {
      ...ownFiltersOf(selection),
      aggregate: [
        { sort: { keys: [{ key: FIELDS.collector }, { key: FIELDS.created, desc: true }] } },
        {
          group: {
            keys: [named(FIELDS.collector, 'collector_id')],
            fields: [{ key: FIELDS.id, name: 'job_id', operator: 'first' }],
          },
        },
      ],
    },
    resultsOf((row) => textAt(row, 'job_id')),
  );

export interface NeighbourRow {
  readonly job_id: string;
  readonly created_at: string;
  readonly status: string;
}

export type Direction = 'before' | 'after';

const DIRECTIONS = {
  before: { title: 'The job before it', operator: 'lte', desc: true },
  after: { title: 'The job after it', operator: 'gte', desc: false },
} as const;

/** The jobs of a collector created before or after a time, the nearest first; jobs created at that time are included. */
export function statNeighbours(
  domain: string,
  { collector, created }: { readonly collector: string; readonly created: string },
  direction: Direction,
): Call<Results<NeighbourRow>> {
  const { title, operator, desc } = DIRECTIONS[direction];
  return stat(
    title,
    { domain },
    {
      filter: [condition(FIELDS.collector, 'eq', collector), condition(FIELDS.created, operator, created)],
      aggregate: [
        {
          sort: {
            keys: [
              { key: FIELDS.created, desc },
              { key: FIELDS.id, desc },
            ],
          },
        },
        { limit: MAX_NEIGHBOURS },
        {
          project: {
            fields: [
              named(FIELDS.id, 'job_id'),
              named(FIELDS.created, 'created_at'),
              named(FIELDS.status, 'status'),
            ],
          },
        },
      ],
    },
    resultsOf((row) => ({
      job_id: textAt(row, 'job_id'),
      created_at: textAt(row, 'created_at'),
      status: textAt(row, 'status'),
    })),
  );
}

/** Values of a field that contain a text, as suggestions; of all jobs in the time range of the selection. */
export const statValues = (
  selection: Pick<Selection, 'domain' | 'from' | 'to'>,
  field: string,
  contained: string,
): Call<Results<Json>> =>
  stat(
    `Values of ${field}`,
    selection,
    {
      filter: [
        ...createdWithin(selection),
        ...(contained === '' ? [] : [condition(field, 'contain', contained)]),
      ],
      distinct: field,
      page: { limit: MAX_VALUES },
    },
    rawResults,
  );

/** The selected jobs through stages of the reader's own. */
export const statStages = (selection: Selection, aggregate: Json): Call<Results<Json>> =>
  stat('The statistics', selection, { ...ownFiltersOf(selection), aggregate }, rawResults);
