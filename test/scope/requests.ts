// The requests of the tests of the scope: each would fail, slow down or grow on a document outside of it.
import type { JsonObject } from '@bufbuild/protobuf';
import type { RpcName } from '../harness/client.js';

export const MINE = 'domain-mine';
export const PROJECT = 'project-mine';

/** On a text of 8 KB these take more steps than MongoDB allows. */
export const STUCK_ON = '.*.*y|^.*.*.*x$';

export type Caller = 'DOMAIN' | 'PROJECT' | 'SYSTEM';

export const is = (k: string, o: string, v: JsonObject[string]): JsonObject => ({ k, o, v });
export const STUCK = is('errors.message', 'regex', STUCK_ON);
const STUCK_FILTER = is('filter.s', 'regex', STUCK_ON);

/** Conditions to exclude the planted values of the domain, as far as the scope of the caller does not. */
export const excluding = (caller: Caller): JsonObject[] => [
  is('status', 'eq', 'SUCCESS'),
  ...(caller === 'PROJECT' ? [] : [is('project_id', 'eq', PROJECT)]),
];

export type Filtered = { readonly filter?: readonly JsonObject[] } & JsonObject;

export const asked = (caller: Caller, { filter = [], ...query }: Filtered): JsonObject => ({
  domain_id: MINE,
  query: { ...query, filter: [...filter, ...excluding(caller)] },
});

export const PAGE = { page: { start: 2, limit: 5 } };
const sortedBy = (key: string, desc = false): JsonObject => ({ sort: { key, desc }, ...PAGE });

export const LISTS: Readonly<Record<string, Filtered>> = {
  'a page, newest first': { filter: [STUCK], ...PAGE },
  'a page by id': { filter: [STUCK], ...sortedBy('job_id') },
  'a page by id, last first': { filter: [STUCK], ...sortedBy('job_id', true) },
  'a page by end': { filter: [STUCK], ...sortedBy('finished_at') },
  'a page by duration': { filter: [STUCK], ...sortedBy('duration') },
  'a duration': { filter: [is('duration', 'gt', 0), STUCK], ...PAGE },
  'a duration or another': { filter_or: [is('duration', 'lt', 0), STUCK], ...PAGE },
  'a page by a number': { filter: [STUCK], ...sortedBy('total_tasks') },
  'a page by a text': { filter: [STUCK_FILTER], ...sortedBy('filter.s') },
  'a page by an array': { filter: [STUCK_FILTER], ...sortedBy('errors.error_code') },
  'all, with some fields': { filter: [STUCK], only: ['job_id', 'errors'] },
  'all, minimal': { filter: [STUCK_FILTER], minimal: true },
  'the count': { filter: [STUCK], count_only: true },
  'one of several expressions': {
    filter: [is('errors.message', 'regex_in', ['nothing', STUCK_ON])],
    ...PAGE,
  },
  'an element by index': { filter: [is('errors.0.message', 'regex', STUCK_ON)], ...PAGE },
  'two expressions': { filter: [STUCK, STUCK_FILTER], ...PAGE },
  'an expression and a collector': { filter: [STUCK, is('collector.name', 'eq', 'mine')], ...PAGE },
  'an expression on collectors': { filter: [is('collector.name', 'regex', STUCK_ON)], ...PAGE },
  'an expression on collectors, or another': {
    filter_or: [is('collector.name', 'regex_in', [STUCK_ON]), STUCK],
    ...PAGE,
  },
  'an alternative that holds': { filter_or: [STUCK, is('status', 'eq', 'SUCCESS')], ...PAGE },
  'an alternative that does not': { filter_or: [is('job_id', 'eq', 'none'), STUCK], ...PAGE },
  'a keyword': { filter: [STUCK], keyword: 'job-0000', ...PAGE },
  'no expression': { ...PAGE },
  'a text': { filter: [is('filter.s', 'contain', 'TEXT 1')], ...PAGE },
  'an object': { filter: [is('errors', 'match', { error_code: 'E1' })], ...sortedBy('errors') },
};

const grouped = (k: string, o: string, more: JsonObject = {}): JsonObject => ({
  aggregate: [{ group: { keys: [{ k: 'status', n: 's' }], fields: [{ n: 'x', k, o }], ...more } }],
});

export const STATS: Readonly<Record<string, Filtered>> = {
  'a count': { filter: [STUCK], aggregate: [{ count: { name: 'n' } }] },
  'a group': { filter: [STUCK, STUCK_FILTER], ...grouped('total_tasks', 'sum') },
  'a group, paged': { filter: [STUCK], ...grouped('total_tasks', 'sum'), ...PAGE },
  'distinct codes': { filter: [STUCK], distinct: 'errors.error_code' },
  'distinct ids, paged': { filter: [STUCK_FILTER], distinct: 'job_id', ...PAGE },
  'distinct ids': { distinct: 'job_id' },
  'distinct texts': { distinct: 'filter.s' },
  'merged objects': {
    aggregate: [
      { sort: { key: 'job_id' } },
      { group: { keys: [{ k: 'status', n: 's' }], fields: [{ n: 'x', k: 'filter.o', o: 'merge_objects' }] } },
    ],
  },
  'pushed values': {
    aggregate: [
      { sort: { key: 'job_id' } },
      { group: { keys: [{ k: 'status', n: 's' }], fields: [{ n: 'x', k: 'filter.s', o: 'push' }] } },
    ],
  },
  'a set of values': grouped('project_id', 'add_to_set'),
  'objects of pairs': {
    aggregate: [{ project: { fields: [{ k: 'filter.pairs', n: 'x', o: 'array_to_object' }] } }],
    page: { limit: 300 },
  },
  'longest jobs': {
    aggregate: [{ sort: { keys: [{ key: 'duration', desc: true }, { key: 'job_id' }] } }, { limit: 3 }],
  },
  ranks: { filter: [STUCK], ...grouped('duration', 'p95') },
  durations: { filter: [STUCK], distinct: 'duration', ...PAGE },
  elements: { aggregate: [{ unwind: { path: 'errors' } }], page: { limit: 3 } },
  'whole jobs in order': {
    filter: [STUCK],
    aggregate: [{ sort: { keys: [{ key: 'created_at' }, { key: 'job_id' }] } }, { limit: 3 }],
  },
  days: {
    filter: [STUCK],
    aggregate: [{ group: { keys: [{ k: 'created_at', n: 'day', date_format: '%Y-%m-%d' }] } }],
    ...PAGE,
  },
  collectors: {
    filter: [STUCK],
    aggregate: [
      {
        group: {
          keys: [
            { k: 'collector.name', n: 'c' },
            { k: 'collector.tags', n: 't' },
          ],
        },
      },
    ],
    ...PAGE,
  },
  'an expression on collectors': { filter: [is('collector.name', 'regex', STUCK_ON)], distinct: 'status' },
};

interface Asked {
  readonly what: string;
  readonly rpc: RpcName;
  readonly request: (caller: Caller) => JsonObject;
}

const queries = (rpc: RpcName, all: Readonly<Record<string, Filtered>>): readonly Asked[] =>
  Object.entries(all).map(([what, query]) => ({ what, rpc, request: (caller) => asked(caller, query) }));

const ofJob = (rpc: RpcName, nth: number): Asked => ({
  what: `${rpc} of job ${nth}`,
  rpc,
  request: () => ({ domain_id: MINE, job_id: `job-${String(nth).padStart(12, '0')}` }),
});

export const REQUESTS: readonly Asked[] = [
  ...queries('list', LISTS),
  ...queries('stat', STATS),
  ...[ofJob('get', 100), ofJob('get', 1), ofJob('delete', 1)],
];
