// The conditions of a query together, the operator match, and conditions on the collector of a job.
import { expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Document } from 'mongodb';
import { excluded, matchOf } from '../../../src/query/condition.js';
import { isReferred } from '../../../src/query/model.js';
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { idsOf, sent, totalOf } from '../request.js';
import {
  ALL,
  anyCase,
  asked,
  but,
  FIRST,
  inAnyCase,
  nor,
  ofTwo,
  SECOND,
  testConditions,
  useShapes,
} from './shapes.js';
import type { Case } from './shapes.js';

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

const notArray = (path: string): Document => ({ [path]: { $not: { $type: 'array' } } });

const MATCHES: readonly Case[] = [
  [
    is('filters.o', 'match', { a: 1, b: 2 }),
    {
      $or: [
        { 'filters.o': { $elemMatch: { $and: [{ a: { $eq: 1 } }, { b: { $eq: 2 } }] } } },
        {
          $and: [
            { 'filters.o': { $type: 'object' } },
            notArray('filters'),
            notArray('filters.o'),
            { 'filters.o.a': { $eq: 1 } },
            { 'filters.o.b': { $eq: 2 } },
          ],
        },
        {
          filters: {
            $elemMatch: {
              $and: [{ o: { $type: 'object' } }, notArray('o'), { 'o.a': { $eq: 1 } }, { 'o.b': { $eq: 2 } }],
            },
          },
        },
      ],
    },
    ['j01', 'j02', 'j03', 'j04', 'j06'],
  ],
  [
    is('errors', 'match', { error_code: 'A' }),
    {
      $or: [
        { errors: { $elemMatch: { $and: [{ error_code: { $eq: 'A' } }] } } },
        {
          $and: [{ errors: { $type: 'object' } }, notArray('errors'), { 'errors.error_code': { $eq: 'A' } }],
        },
      ],
    },
    ['j10', 'j11'],
  ],
  [
    is('filters.o', 'match', {}),
    { 'filters.o': { $type: 'object' } },
    ['j01', 'j02', 'j03', 'j04', 'j05', 'j06'],
  ],
];

const ACROSS_ELEMENTS: readonly (readonly [JsonObject, readonly string[]])[] = [
  [is('errors', 'match', { error_code: 'A', message: 'two' }), ['j11']],
  [is('errors', 'match', { message: 'two', error_code: 'B' }), ['j10']],
  [is('errors', 'match', { error_code: 'B', message: null }), ['j11', 'j12']],
  [is('errors', 'match', { error_code: 'B', 'additional.x.y': 1 }), ['j10']],
  [is('errors', 'match', { error_code: 'A', 'additional.x.y': 1 }), []],
  [is('errors', 'match', { 'additional.x': 2, 'additional.y': 2 }), ['j12']],
  [is('errors', 'match', { additional: { x: { y: 1 } } }), ['j10']],
  [is('errors', 'match', { additional: { $exists: true } }), []],
  [is('errors', 'match', { error_code: { $ne: 'A' } }), []],
  [is('errors', 'match', {}), ['j10', 'j11', 'j12']],
  [is('errors.additional', 'match', { x: 2, y: 1 }), ['j12']],
  [is('errors.additional', 'match', { x: 1, y: 1 }), []],
  [is('errors.additional', 'match', { 'x.y': 1 }), ['j10']],
  [is('errors.additional', 'match', {}), ['j10', 'j12']],
  [is('errors.additional', 'match', { z: null }), ['j10', 'j12']],
  [is('errors.0', 'match', { error_code: 'A', message: 'two' }), ['j11']],
  [is('errors.1', 'match', { message: 'two' }), ['j10']],
  [is('filters.o', 'match', { a: null }), ['j05']],
  [is('filters.o', 'match', { 'a.0': 1 }), ['j06']],
  [is('filters', 'match', { n: 2, s: 'Éclair' }), ['j01']],
  [is('filters.n', 'match', {}), []],
];

testConditions(shapes, 'match', MATCHES);

test.each(ACROSS_ELEMENTS.map(([condition, ids]) => [JSON.stringify(condition), condition, ids] as const))(
  'match is met by one object, not by several together: %s',
  async (_name, condition, ids) => {
    expect(idsOf(await shapes.find({ filter: [condition] }))).toEqual(ids);
  },
);

const ofFirst = ['j01', 'j05'];
const withoutReference = ['j06', 'j07', 'j09', 'j10', 'j11', 'j12'];

const REFERENCE: readonly Case[] = [
  [is('collector', 'eq', FIRST.toHexString()), { collector: { $eq: FIRST } }, ofFirst],
  [is('collector_info', 'eq', FIRST.toHexString().toUpperCase()), { collector: { $eq: FIRST } }, ofFirst],
  [is('collector', 'eq', 'text'), { collector: { $eq: 'text' } }, ['j08']],
  [is('collector', 'not', FIRST.toHexString()), nor({ collector: { $eq: FIRST } }), but(...ofFirst)],
  [
    is('collector', 'in', [FIRST.toHexString(), SECOND.toHexString()]),
    { collector: { $in: [FIRST, SECOND] } },
    ['j01', 'j02', 'j05'],
  ],
  [
    is('collector', 'not_in', [FIRST.toHexString(), null]),
    nor({ collector: { $in: [FIRST, null] } }),
    ['j02', 'j03', 'j04', 'j08'],
  ],
  [is('collector', 'in', []), { collector: { $in: [] } }, []],
  [
    is('collector', 'exists', true),
    { collector: { $exists: true } },
    ['j01', 'j02', 'j03', 'j04', 'j05', 'j06', 'j08'],
  ],
  [is('collector', 'exists', false), { collector: { $exists: false } }, ['j07', 'j09', 'j10', 'j11', 'j12']],
  [is('collector', 'eq'), { collector: { $eq: null } }, withoutReference],
  [is('collector', 'not'), nor({ collector: { $eq: null } }), but(...withoutReference)],
  [is('collector.name', 'eq'), { collector: { $eq: null } }, withoutReference],
  [is('collector.name', 'not'), nor({ collector: { $eq: null } }), but(...withoutReference)],
  [{ k: 'collector.no.such', o: 'eq' }, { collector: { $eq: null } }, withoutReference],
];

testConditions(shapes, 'conditions on the reference itself', REFERENCE);

/** The lookup of collectors: jobs refer to one `meeting` the filter, or to any but those. */
const lookupOf = (condition: JsonObject): unknown[] =>
  asked(condition)
    .filter(isReferred)
    .map(({ referred }) =>
      excluded(referred) === undefined
        ? { meeting: sent(matchOf(referred)) }
        : { allBut: sent(excluded(referred) ?? {}) },
    );

const meeting = (filter: Document): Document => ({ meeting: filter });
const allBut = (filter: Document): Document => ({ allBut: filter });
const january = new Date('2024-01-01');

const COLLECTOR_FIELDS: readonly Case[] = [
  [is('collector.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ofFirst],
  [is('collector_info.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ofFirst],
  [is('collector.name', 'eq', 'nobody'), meeting({ name: { $eq: 'nobody' } }), []],
  [is('collector.name', 'not', 'Alpha ÉTÉ'), allBut({ name: { $eq: 'Alpha ÉTÉ' } }), but(...ofFirst)],
  [is('collector.name', 'not', 'nobody'), allBut({ name: { $eq: 'nobody' } }), ALL],
  [is('collector.name', 'eq', { $ne: 1 }), meeting({ name: { $eq: { $ne: 1 } } }), []],
  [is('collector.name', 'in', ['Alpha ÉTÉ', 'x']), meeting({ name: { $in: ['Alpha ÉTÉ', 'x'] } }), ofFirst],
  [is('collector.name', 'in', [null]), meeting({ name: { $in: [null] } }), ['j02']],
  [is('collector.name', 'in', []), meeting({ name: { $in: [] } }), []],
  [is('collector.name', 'not_in', ['Alpha ÉTÉ']), allBut({ name: { $in: ['Alpha ÉTÉ'] } }), but(...ofFirst)],
  [is('collector.name', 'not_in', []), allBut({ name: { $in: [] } }), ALL],
  [is('collector.name', 'contain', 'été'), meeting(inAnyCase('name', 'été')), ofFirst],
  [is('collector.name', 'not_contain', 'été'), meeting(nor(inAnyCase('name', 'été'))), ['j02']],
  [is('collector.name', 'contain_in', ['ÉTÉ']), meeting({ name: { $in: [anyCase('ÉTÉ')] } }), ofFirst],
  [is('collector.name', 'not_contain_in', []), meeting(nor({ name: { $in: [] } })), ['j01', 'j02', 'j05']],
  [is('collector.name', 'regex', '^alpha'), meeting(inAnyCase('name', '^alpha')), ofFirst],
  [is('collector.name', 'regex_in', ['^alpha']), meeting({ name: { $in: [anyCase('^alpha')] } }), ofFirst],
  [is('collector.name', 'exists', true), meeting({ name: { $exists: true } }), ['j01', 'j02', 'j05']],
  [is('collector.provider', 'exists', false), meeting({ provider: { $exists: false } }), ['j02']],
  [is('collector.name', 'lt', 'B'), meeting({ name: { $lt: 'B' } }), ofFirst],
  [is('collector.name', 'gt'), meeting({ name: { $in: [] } }), []],
  [
    is('collector.plugin_id', 'eq', 'plug-1'),
    meeting({ 'plugin_info.plugin_id': { $eq: 'plug-1' } }),
    ofFirst,
  ],
  [
    is('collector.plugin_id', 'exists', false),
    meeting({ 'plugin_info.plugin_id': { $exists: false } }),
    ['j02'],
  ],
  [is('collector.plugin_info.version', 'eq', '1'), meeting({ 'plugin_info.version': { $eq: '1' } }), ofFirst],
  [is('collector.created_at', 'eq', '2024-01-01'), meeting({ created_at: { $eq: january } }), ofFirst],
  [
    is('collector.created_at', 'not', '2024-01-01'),
    allBut({ created_at: { $eq: january } }),
    but(...ofFirst),
  ],
  [is('collector.created_at', 'lte', '2024-01-01'), meeting({ created_at: { $lte: january } }), ofFirst],
  [is('collector.created_at', 'datetime_lt', '2024-01-01'), meeting({ created_at: { $lt: january } }), []],
  [
    is('collector.created_at', 'timediff_lt', 'now/d - 74d'),
    meeting({ created_at: { $lt: january } }),
    ofFirst,
  ],
  [is('collector.created_at', 'in', ['2024-01-01']), meeting({ created_at: { $in: [january] } }), ofFirst],
  [is('collector.domain_id', 'eq', 'domain-other'), meeting({ domain_id: { $eq: 'domain-other' } }), []],
];

test.each(COLLECTOR_FIELDS.map((each) => [JSON.stringify(each[0]), ...each] as const))(
  'a condition on a collector becomes one on its jobs: %s',
  async (_name, condition, lookup, ids) => {
    expect(lookupOf(condition)).toEqual([lookup]);
    expect(idsOf(await shapes.find({ filter: [condition] }))).toEqual(ids);
  },
);

testNoFaults(shapes.service);
