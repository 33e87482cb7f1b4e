/** Calls that answer jobs, and a job as the page knows it (docs/query.md «list»). */
import type { Query } from '../../src/gen/spaceone/api/core/v1/query.js';
import type {
  CollectorInfo,
  ErrorInfo,
  JobInfo,
  PluginInfo,
} from '../../src/gen/spaceone/api/inventory/v1/collector.js';
import type { GetJobRequest, JobsQuery } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import type { Call } from './call.js';
import type { Message } from './contract.js';
import { FIELDS } from './fields.js';
import { isObject, listAt, numberAt, textAt, valueAt } from './json.js';
import type { Json, JsonObject } from './json.js';
import { condition, ownFiltersOf } from './selection.js';
import type { Selection } from './selection.js';

/** Some fields of a message; a field omitted by the service has its default. */
type Filled<M, Names extends keyof Message<M>> = {
  readonly [Name in Names]: NonNullable<Message<M>[Name]>;
};

export type JobError = Filled<ErrorInfo, 'error_code' | 'message'> & {
  readonly additional: JsonObject | undefined;
};

export type Collector = Filled<
  CollectorInfo,
  'collector_id' | 'name' | 'provider' | 'project_id' | 'state'
> & {
  readonly plugin: Filled<PluginInfo, 'plugin_id' | 'version'>;
  readonly capability: JsonObject | undefined;
};

export type Job = Filled<
  JobInfo,
  | 'job_id'
  | 'status'
  | 'total_tasks'
  | 'remained_tasks'
  | 'project_id'
  | 'domain_id'
  | 'created_at'
  | 'updated_at'
  | 'finished_at'
> & {
  readonly filter: JsonObject | undefined;
  readonly errors: readonly JobError[];
  /** undefined: the collector no longer exists. */
  readonly collector: Collector | undefined;
};

export interface JobPage {
  readonly results: readonly Job[];
  /** The number of jobs on all pages. */
  readonly total: number;
}

function objectAt(value: Json | undefined, name: string): JsonObject | undefined {
  const found = valueAt(value, name);
  return isObject(found) ? found : undefined;
}

const errorOf = (json: Json): JobError => ({
  error_code: textAt(json, 'error_code'),
  message: textAt(json, 'message'),
  additional: objectAt(json, 'additional'),
});

function collectorOf(json: JsonObject): Collector {
  const plugin = objectAt(json, 'plugin_info');
  return {
    collector_id: textAt(json, 'collector_id'),
    name: textAt(json, 'name'),
    provider: textAt(json, 'provider'),
    project_id: textAt(json, 'project_id'),
    state: textAt(json, 'state'),
    plugin: { plugin_id: textAt(plugin, 'plugin_id'), version: textAt(plugin, 'version') },
    capability: objectAt(json, 'capability'),
  };
}

function jobOf(json: Json): Job {
  const collector = objectAt(json, 'collector_info');
  return {
    job_id: textAt(json, 'job_id'),
    status: textAt(json, 'status'),
    total_tasks: numberAt(json, 'total_tasks'),
    remained_tasks: numberAt(json, 'remained_tasks'),
    project_id: textAt(json, 'project_id'),
    domain_id: textAt(json, 'domain_id'),
    created_at: textAt(json, 'created_at'),
    updated_at: textAt(json, 'updated_at'),
    finished_at: textAt(json, 'finished_at'),
    filter: objectAt(json, 'filter'),
    errors: listAt(json, 'errors').map(errorOf),
    collector: collector === undefined ? undefined : collectorOf(collector),
  };
}

const pageOf = (answer: Json): JobPage => ({
  results: listAt(answer, 'results').map(jobOf),
  total: numberAt(answer, 'total_count'),
});

/** The fields of a job in a table: neither its filter nor the messages of its errors. */
const TABLE_FIELDS = [
  FIELDS.id,
  FIELDS.status,
  FIELDS.totalTasks,
  FIELDS.remainedTasks,
  FIELDS.errorCode,
  FIELDS.collectorInfo,
  FIELDS.project,
  FIELDS.created,
  FIELDS.updated,
  FIELDS.finished,
] as const;

function list(title: string, domain: string, query: Message<Query>): Call<JobPage> {
  const request: Message<JobsQuery> = { domain_id: domain, query };
  return { title, rpc: 'list', request, read: pageOf };
}

const sortOf = (key: string): NonNullable<Message<Query>['sort']> =>
  key.startsWith('-') ? { key: key.slice(1), desc: true } : { key };

/** The extent of a page. */
export interface Page {
  /** From 1. */
  readonly start: number;
  readonly limit: number;
}

/** The order and the extent of a page. */
export interface Paging extends Page {
  /** A key; a leading '-' sorts it descending. */
  readonly sort: string;
}

/** A page of the selected jobs. */
export const listPage = (selection: Selection, { sort, start, limit }: Paging): Call<JobPage> =>
  list('A page of jobs', selection.domain, {
    ...ownFiltersOf(selection),
    sort: sortOf(sort),
    page: { start, limit },
    only: TABLE_FIELDS,
  });

/** The jobs with these ids. */
export const listByIds = (
  title: string,
  { domain, sort, page }: Pick<Paging, 'sort'> & { readonly domain: string; readonly page?: Page },
  ids: readonly string[],
): Call<JobPage> =>
  list(title, domain, {
    filter: [condition(FIELDS.id, 'in', ids)],
    sort: sortOf(sort),
    ...(page === undefined ? {} : { page }),
    only: TABLE_FIELDS,
  });

/** The newest jobs of all time whose id contains a fragment. */
export const listFound = (domain: string, fragment: string, limit: number): Call<JobPage> =>
  list('Jobs that are found', domain, { keyword: fragment, page: { limit }, only: TABLE_FIELDS });

/** All selected jobs with all of their fields, for an export. */
export const listAll = (selection: Selection, sort: string): Call<JobPage> =>
  list('The export', selection.domain, { ...ownFiltersOf(selection), sort: sortOf(sort) });

/** The jobs with these ids with all of their fields, for an export. */
export const listAllByIds = (
  { domain, sort }: Pick<Paging, 'sort'> & { readonly domain: string },
  ids: readonly string[],
): Call<JobPage> =>
  list('The export', domain, { filter: [condition(FIELDS.id, 'in', ids)], sort: sortOf(sort) });

/** One job with all of its fields. */
export function getJob(domain: string, id: string): Call<Job> {
  const request: Message<GetJobRequest> = { domain_id: domain, job_id: id };
  return { title: 'The job', rpc: 'get', request, read: jobOf };
}
