/** What each view asks of the service (docs/explorer.md). */
import { sent } from './conditions.js';
import type { Json, JsonObject } from './json.js';
import type { Place } from './place.js';
import type { Asked } from './service.js';
import { BUCKETS } from './window.js';
import type { Stretch } from './window.js';

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
const during = ({ from, to }: Stretch): readonly JsonObject[] => [
  ...(from === undefined ? [] : [condition('created_at', 'datetime_gte', iso(from))]),
  ...(to === undefined ? [] : [condition('created_at', 'datetime_lt', iso(to))]),
];

const ofStatus = ({ status }: Place): readonly JsonObject[] =>
  status === '' ? [] : [condition('status', 'eq', status)];

/**
 * The filters of a place. What the reader has typed comes first, so that a field that is at fault, such as
 * `query.filter[2]`, is the row with that number.
 */
const filters = ({ filter, filterOr }: Place, more: readonly JsonObject[]): JsonObject => ({
  filter: [...filter.map(sent), ...more],
  ...(filterOr.length === 0 ? {} : { filter_or: filterOr.map(sent) }),
});

/** The filters of the jobs that a place shows. */
const shown = (place: Place, stretch: Stretch): JsonObject =>
  filters(place, [...during(stretch), ...ofStatus(place)]);

const asks =
  (rpc: 'list' | 'stat') =>
  (what: string, { domain }: Place, query: JsonObject): Asked => ({
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
export const newestJob = (place: Place): Asked =>
  stat('The newest job', place, {
    aggregate: [newestFirst, { limit: 1 }, { project: { fields: [key('created_at', 'created_at')] } }],
  });

/** Jobs by status and time; over the stretch before this one too, as far as it has a beginning. */
export const timeline = (place: Place, stretch: Stretch): Asked =>
  stat('Jobs by time and status', place, {
    ...filters(place, during(stretch)),
    aggregate: [
      {
        group: {
          keys: [
            { ...key('created_at', 'at'), date_format: BUCKETS[stretch.unit].format },
            key('status', 'status'),
          ],
          fields: [JOBS],
        },
      },
    ],
  });

/** Jobs by collector and status. */
export const collectors = (place: Place, stretch: Stretch): Asked =>
  stat('Jobs by collector', place, {
    ...filters(place, during(stretch)),
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
export const durations = (place: Place, stretch: Stretch): Asked =>
  stat(`Durations of the newest ${NEWEST}`, place, {
    ...filters(place, [...during(stretch), ...ofStatus(place), condition('finished_at', 'exists', true)]),
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
export const errorCodes = (place: Place, stretch: Stretch): Asked =>
  stat('Errors by code', place, {
    ...filters(place, [...during(stretch), ...(place.status === '' ? [HAS_FAILED] : ofStatus(place))]),
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
export const statuses = (place: Place, stretch: Stretch): Asked =>
  stat('Jobs by status', place, {
    ...filters(place, during(stretch)),
    aggregate: [{ group: { keys: [key('status', 'status')], fields: [JOBS] } }],
  });

/** The newest job of each collector, of those that a place shows. */
export const newestByCollector = (place: Place, stretch: Stretch): Asked =>
  stat('The newest job of each collector', place, {
    ...shown(place, stretch),
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
export const page = (place: Place, stretch: Stretch): Asked =>
  list('A page of jobs', place, {
    ...shown(place, stretch),
    sort: sorting(place.sort),
    page: { start: place.start, limit: place.limit },
    only: LISTED,
  });

/** The jobs of these ids. */
export const jobs = (what: string, place: Place, ids: readonly string[]): Asked =>
  list(what, place, {
    filter: [condition('job_id', 'in', ids)],
    sort: sorting(place.sort),
    only: LISTED,
  });

/** All jobs of a place, whole, as an export takes them. */
export const everything = (place: Place, stretch: Stretch): Asked =>
  list('The export', place, {
    ...shown(place, stretch),
    sort: sorting(place.sort),
  });

/** One job. */
export const job = (place: Place): Asked => ({
  what: 'The job',
  rpc: 'get',
  request: { domain_id: place.domain, job_id: place.job },
});

/** What comes before or after a job in the same collector, the nearest first; jobs of the same time are among it. */
export const neighbours = (place: Place, collector: string, created: string, before: boolean): Asked =>
  stat(before ? 'The job before it' : 'The job after it', place, {
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
export const values = (place: Place, stretch: Stretch, field: string, typed: string): Asked =>
  stat(`Values of ${field}`, place, {
    filter: [...during(stretch), ...(typed === '' ? [] : [condition(field, 'contain', typed)])],
    distinct: field,
    page: { limit: MOST_VALUES },
  });

/** The statistics that the reader has put together. */
export const statistics = (place: Place, stretch: Stretch, aggregate: Json): Asked =>
  stat('The statistics', place, {
    ...shown(place, stretch),
    aggregate,
  });
