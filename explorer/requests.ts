/** What each view asks of the service (docs/explorer.md). */
import { sent } from './conditions.js';
import type { Json, JsonObject } from './json.js';
import type { Route } from './route.js';
import type { Call } from './service.js';
import { BUCKETS } from './time-range.js';
import type { TimeRange } from './time-range.js';

/** Jobs that durations are looked at, and rows that a view shows of a kind. */
const NEWEST = 2000;
const MOST_GROUPS = 5000;
const MOST_CODES = 10;
const MOST_VALUES = 20;
/** Jobs that are read to find the one before or after another: more at one millisecond are not told apart. */
const NEIGHBOURS = 20;

/** The statuses of jobs that are not over. */
export const UNFINISHED: readonly string[] = ['CREATED', 'IN_PROGRESS'];

/** The statuses of jobs that did not do what they should. */
export const FAILED: readonly string[] = ['ERROR', 'TIMEOUT'];

const LISTED = [
  'job_id',
  'status',
  'total_tasks',
  'remained_tasks',
  'errors.error_code',
  'collector_info',
  'project_id',
  'created_at',
  'updated_at',
  'finished_at',
] as const;

const iso = (time: number): string => new Date(time).toISOString();
const condition = (key: string, operator: string, value: Json): JsonObject => ({ key, operator, value });

const HAS_FAILED = condition('status', 'in', FAILED);

/** The conditions of a stretch. */
const during = ({ from, to }: TimeRange): readonly JsonObject[] => [
  ...(from === undefined ? [] : [condition('created_at', 'datetime_gte', iso(from))]),
  ...(to === undefined ? [] : [condition('created_at', 'datetime_lt', iso(to))]),
];

const ofStatus = ({ status }: Route): readonly JsonObject[] =>
  status === '' ? [] : [condition('status', 'eq', status)];

/**
 * The filters of a place. What the reader has typed comes first, so that a field that is at fault, such as
 * `query.filter[2]`, is the row with that number.
 */
const filters = ({ filter, filterOr }: Route, more: readonly JsonObject[]): JsonObject => ({
  filter: [...filter.map(sent), ...more],
  ...(filterOr.length === 0 ? {} : { filter_or: filterOr.map(sent) }),
});

/** The filters of the jobs that a place shows. */
const shown = (route: Route, timeRange: TimeRange): JsonObject =>
  filters(route, [...during(timeRange), ...ofStatus(route)]);

const asks =
  (rpc: 'list' | 'stat') =>
  (what: string, { domain }: Route, query: JsonObject): Call => ({
    what,
    rpc,
    request: { domain_id: domain, query },
  });
const list = asks('list');
const stat = asks('stat');

const key = (path: string, name: string): JsonObject => ({ key: path, name });
const JOBS: JsonObject = { name: 'jobs', operator: 'count' };
const newestFirst: JsonObject = { sort: { keys: [{ key: 'created_at', desc: true }] } };

/** The newest job of the domain. */
export const newestJob = (route: Route): Call =>
  stat('The newest job', route, {
    aggregate: [newestFirst, { limit: 1 }, { project: { fields: [key('created_at', 'created_at')] } }],
  });

/** Jobs by status and time; over the stretch before this one too, as far as it has a beginning. */
export const timeline = (route: Route, timeRange: TimeRange): Call =>
  stat('Jobs by time and status', route, {
    ...filters(route, during(timeRange)),
    aggregate: [
      {
        group: {
          keys: [
            { ...key('created_at', 'at'), date_format: BUCKETS[timeRange.unit].format },
            key('status', 'status'),
          ],
          fields: [JOBS],
        },
      },
    ],
  });

/** Jobs by collector and status. */
export const collectors = (route: Route, timeRange: TimeRange): Call =>
  stat('Jobs by collector', route, {
    ...filters(route, during(timeRange)),
    aggregate: [
      {
        group: {
          keys: [
            key('collector_id', 'collector_id'),
            key('collector.name', 'name'),
            key('collector.provider', 'provider'),
            key('status', 'status'),
          ],
          fields: [JOBS],
        },
      },
      { sort: { keys: [{ key: 'jobs', desc: true }] } },
      { limit: MOST_GROUPS },
    ],
  });

/** When the newest jobs that are over were created and finished, by collector. */
export const durations = (route: Route, timeRange: TimeRange): Call =>
  stat(`Durations of the newest ${NEWEST}`, route, {
    ...filters(route, [...during(timeRange), ...ofStatus(route), condition('finished_at', 'exists', true)]),
    aggregate: [
      newestFirst,
      { limit: NEWEST },
      {
        group: {
          keys: [key('collector_id', 'collector_id')],
          fields: [
            {
              name: 'jobs',
              operator: 'push',
              fields: [key('created_at', 'from'), key('finished_at', 'to')],
            },
          ],
        },
      },
    ],
  });

/** The most frequent error codes of jobs that failed, or of those with the status that is looked at. */
export const errorCodes = (route: Route, timeRange: TimeRange): Call =>
  stat('Errors by code', route, {
    ...filters(route, [...during(timeRange), ...(route.status === '' ? [HAS_FAILED] : ofStatus(route))]),
    aggregate: [
      { unwind: { path: 'errors' } },
      {
        group: {
          keys: [key('errors.error_code', 'code')],
          fields: [
            { ...JOBS, name: 'errors' },
            { key: 'created_at', name: 'newest', operator: 'max' },
            { key: 'errors.message', name: 'message', operator: 'first' },
          ],
        },
      },
      { sort: { keys: [{ key: 'errors', desc: true }, { key: 'code' }] } },
      { limit: MOST_CODES },
    ],
  });

/** How many jobs have which status. */
export const statuses = (route: Route, timeRange: TimeRange): Call =>
  stat('Jobs by status', route, {
    ...filters(route, during(timeRange)),
    aggregate: [{ group: { keys: [key('status', 'status')], fields: [JOBS] } }],
  });

/** The newest job of each collector, of those that a place shows. */
export const newestByCollector = (route: Route, timeRange: TimeRange): Call =>
  stat('The newest job of each collector', route, {
    ...shown(route, timeRange),
    aggregate: [
      { sort: { keys: [{ key: 'collector_id' }, { key: 'created_at', desc: true }] } },
      {
        group: {
          keys: [key('collector_id', 'collector_id')],
          fields: [{ key: 'job_id', name: 'job_id', operator: 'first' }],
        },
      },
    ],
  });

const sorting = (sort: string): JsonObject =>
  sort.startsWith('-') ? { key: sort.slice(1), desc: true } : { key: sort };

/** A page of the jobs of a place. */
export const page = (route: Route, timeRange: TimeRange): Call =>
  list('A page of jobs', route, {
    ...shown(route, timeRange),
    sort: sorting(route.sort),
    page: { start: route.start, limit: route.limit },
    only: LISTED,
  });

/** The jobs of these ids. */
export const jobs = (what: string, route: Route, ids: readonly string[]): Call =>
  list(what, route, {
    filter: [condition('job_id', 'in', ids)],
    sort: sorting(route.sort),
    only: LISTED,
  });

/** All jobs of a place, whole, as an export takes them. */
export const everything = (route: Route, timeRange: TimeRange): Call =>
  list('The export', route, {
    ...shown(route, timeRange),
    sort: sorting(route.sort),
  });

/** One job. */
export const job = (route: Route): Call => ({
  what: 'The job',
  rpc: 'get',
  request: { domain_id: route.domain, job_id: route.job },
});

/** What comes before or after a job in the same collector, the nearest first; jobs of the same time are among it. */
export const neighbours = (route: Route, collector: string, created: string, before: boolean): Call =>
  stat(before ? 'The job before it' : 'The job after it', route, {
    filter: [
      condition('collector_id', 'eq', collector),
      condition('created_at', before ? 'lte' : 'gte', created),
    ],
    aggregate: [
      {
        sort: {
          keys: [
            { key: 'created_at', desc: before },
            { key: 'job_id', desc: before },
          ],
        },
      },
      { limit: NEIGHBOURS },
      {
        project: {
          fields: [key('job_id', 'job_id'), key('created_at', 'created_at'), key('status', 'status')],
        },
      },
    ],
  });

/** Values of a field that contain what was typed, as suggestions. */
export const values = (route: Route, timeRange: TimeRange, field: string, typed: string): Call =>
  stat(`Values of ${field}`, route, {
    filter: [...during(timeRange), ...(typed === '' ? [] : [condition(field, 'contain', typed)])],
    distinct: field,
    page: { limit: MOST_VALUES },
  });

/** The statistics that the reader has put together. */
export const statistics = (route: Route, timeRange: TimeRange, aggregate: Json): Call =>
  stat('The statistics', route, {
    ...shown(route, timeRange),
    aggregate,
  });
