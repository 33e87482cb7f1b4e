// The conditions of a query together: filter, filter_or and keyword.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { idsOf, totalOf } from '../request.js';
import { ALL, ofTwo, useShapes } from './shapes.js';

const shapes = useShapes('operators-filters');

const SAMPLE = 'domain-3f1c9a7b2e40';
const a = is('filters.n', 'eq', 2);
const b = is('filters.s', 'contain', 'éclair');
const c = is('filters.list', 'eq', 'alpha');

const COUNTS: readonly (readonly [JsonObject, number])[] = [
  [is('status', 'eq', 'ERROR'), 363],
  [is('status', 'eq', 'error'), 0],
  [is('status', 'eq', { $ne: 'ERROR' }), 0],
  [is('status', 'not', 'SUCCESS'), 732],
  [is('total_tasks', 'eq', 75), 160],
  [is('total_tasks', 'eq', '75'), 0],
  [is('project_id', 'eq'), 895],
  [is('project_id', 'not'), 1306],
  [is('filters.full_scan', 'eq', true), 82],
  [is('filter.max_items', 'eq', 250), 45],
  [is('projects', 'not', 'project-7dab502edeec'), 1953],
  [is('user_projects', 'eq', 'project-7dab502edeec'), 248],
  [is('projects', 'not_in', []), 2201],
  [is('domain_id', 'eq', 'domain-b84e06d1c5f2'), 0],
];

test.each(COUNTS.map(([condition, jobs]) => [JSON.stringify(condition), condition, jobs] as const))(
  'counts the jobs of the sample: %s',
  async (_name, condition, jobs) => {
    expect(totalOf(await shapes.service.list(SAMPLE, { filter: [condition], count_only: true }))).toBe(jobs);
  },
);

test.each<readonly [string, JsonObject, readonly string[]]>([
  ['nothing imposes nothing', {}, ALL],
  ['empty lists impose nothing', { filter: [], filter_or: [], keyword: '' }, ALL],
  ['all of filter', { filter: [a, b, c] }, ['j02']],
  ['any of filter_or', { filter_or: [a, is('filters.n', 'eq', '2')] }, [...ofTwo, 'j05']],
  [
    'all of filter and any of filter_or',
    { filter: [b], filter_or: [c, is('filters.list', 'in', [[]])] },
    ['j02', 'j03'],
  ],
  ['the same key twice', { filter: [is('filters.n', 'gt', 1), is('filters.n', 'lt', 2)] }, []],
  ['a keyword, case ignored', { keyword: 'J1' }, ['j10', 'j11', 'j12']],
  ['a keyword is one of several words', { keyword: 'j01  J02' }, ['j01', 'j02']],
  ['a keyword is stripped', { keyword: ' \t j01\n ' }, ['j01']],
  ['a blank keyword is not given', { keyword: ' \t\n ' }, ALL],
  ['a keyword is taken literally', { keyword: 'j.1 .*' }, []],
  ['a tab is no space between words', { keyword: 'j01\tj02' }, []],
  ['a keyword is one more alternative', { keyword: 'j09', filter_or: [c] }, ['j02', 'j09']],
  ['a keyword within filter', { keyword: 'j01 j09', filter: [a] }, ['j01']],
  [
    'a collector in filter_or',
    { filter_or: [is('collector.name', 'contain', 'été'), c] },
    ['j01', 'j02', 'j05'],
  ],
])('conditions are combined: %s', async (_name, query, ids) => {
  expect(idsOf(await shapes.find(query))).toEqual(ids);
});

testNoFaults(shapes.service);
