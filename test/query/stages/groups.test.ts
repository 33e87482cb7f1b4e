// Groups: dates as keys, the operators of fields and their conditions, a row a case, with the rows that it gives.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { field, grouped, is, key, page, shown, stages } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { rowsOf } from '../request.js';
import { ALL, counted, dated, on, over, testRows, useShapes, x } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-groups');

const FORMATS: readonly Case[] = [
  ['year', dated('j1', 'year'), x(2024)],
  ['month', dated('j1', 'month'), x(2)],
  ['day', dated('j1', 'day'), x(29)],
  ['the ISO week year', dated('j2', '%G-W%V-%u'), x('2025-W01-1')],
  [
    'every letter',
    dated('j1', '%Y-%m-%dT%H:%M:%S.%L %j %U %w %z %Z %%'),
    x('2024-02-29T23:59:59.999 060 08 5 +0000 0 %'),
  ],
  ['before 1970', dated('j7', '%Y-%m-%d %H:%M:%S.%L'), x('1969-12-31 23:59:59.999')],
  ['a zone by its name', dated('j1', '%Y-%m-%dT%H:%M %z %Z%@Asia/Seoul'), x('2024-03-01T08:59 +0900 540')],
  ['a zone by its name in any case', dated('j1', '%H%@aSIA/seoul'), x('08')],
  ['a zone by an older name', dated('j1', '%H:%M%@Asia/Calcutta'), x('05:29')],
  ['a zone by a newer name', dated('j1', '%H:%M%@Asia/Kolkata'), x('05:29')],
  ['a zone with summer time, in winter', dated('j1', '%H%@Europe/Berlin'), x('00')],
  ['UTC by its name', dated('j1', '%H%@UTC'), x('23')],
  ['an offset', dated('j1', '%Y-%m-%d %H:%M%@-09:30'), x('2024-02-29 14:29')],
  ['a part in a zone', dated('j1', 'day%@Asia/Seoul'), x(1)],
  ['a month in a zone', dated('j1', 'month%@+00:30'), x(3)],
  ['a year in a zone', dated('j7', 'year%@Asia/Seoul'), x(1970)],
  ['null in a zone', dated('j3', '%Y%@Asia/Seoul'), x(null)],
  ['a text in a zone', dated('j4', 'day%@Asia/Seoul'), x(null)],
  ['the ISO week year in a zone', dated('j2', '%G-W%V%@-01:00'), x('2024-W52')],
  ['a sign for percent before @ is text', dated('j1', '%Y%%@Asia/Seoul'), x('2024%@Asia/Seoul')],
  ['@ is text', dated('j1', '%Y@Asia/Seoul'), x('2024@Asia/Seoul')],
  ['text without letters', dated('j1', 'always'), x('always')],
  ['a dollar is text', dated('j1', '$t'), x('$t')],
  ['null', dated('j3', 'year'), x(null)],
  ['a text', dated('j4', '%Y'), x(null)],
  ['missing', dated('j5', '%Y'), x(null)],
];

const GROUPS: readonly Case[] = [
  ['a key', on(['j1', 'j2'], grouped([key('status', 's')])), [{ s: 'A' }]],
  ['by a whole array', { ...on(['j1', 'j2'], grouped([key('a')])), ...page(9) }, x([], ['x', 'y'])],
  ['a key through arrays', on(['j7'], grouped([key('a.p')])), x([1, 2])],
  ['a name of digits', on(['j1'], grouped([key('status', '0')], field('1', 'count'))), [{ 0: 'A', 1: 1 }]],
  [
    'a group of a group',
    on(
      ['j1', 'j2', 'j3', 'j4'],
      grouped([key('status', 's'), key('job_id', 'j')]),
      grouped([key('s')], field('c', 'count')),
      { sort: { key: 'c' } },
      { skip: 1 },
      { limit: 9 },
      grouped([], field('n', 'sum', 'c')),
    ),
    [{ n: 2 }],
  ],
  [
    'by a field of the collector',
    { ...stages(grouped([key('collector.name')], field('c', 'count'))), ...page(9) },
    [
      { x: null, c: 4 },
      { x: 'First', c: 2 },
      { x: 'Second', c: 1 },
    ],
  ],
  [
    'by an alias of a field of the collector',
    on(['j1'], grouped([key('collector_info.plugin_id')])),
    x('plug-1'),
  ],
  ['by an unknown field of the collector', on(['j1'], grouped([key('collector.nosuch')])), x(null)],
  ['by something below the collector’s own key', on(['j1'], grouped([key('collector._id.x')])), x(null)],
  [
    'by a collector’s tags, whatever they are called',
    on(['j1'], grouped([key('collector.tags')])),
    x({ _bsontype: 'ObjectId', x: 1 }),
  ],
  [
    'by the collector’s dates',
    on(['j1'], grouped([key('collector.created_at', 'x', { date_format: 'year' })])),
    x(2020),
  ],
  ['by _id, which no job has', on(['j1'], grouped([key('_id')])), x(null)],
  ['aliases before a group', on(['j1'], grouped([key('user_projects'), key('filter', 'y')])), [{}]],
  [
    'collector after a group is a name',
    on(['j1'], grouped([key('collector.name', 'collector')]), shown('collector.name')),
    [{ collector: 'First' }],
  ],
];

testRows(shapes, 'a date format', FORMATS);

testRows(shapes, 'a group', GROUPS);

describe('a date at an edge of the years with four digits', () => {
  const EDGES = 'domain-edges';
  beforeAll(() =>
    shapes.service.insert(
      ['0000-01-01T03:00:00Z', '9999-12-31T20:00:00Z'].map((time, nth) => ({
        job_id: `edge-${nth}`,
        domain_id: EDGES,
        filters: { t: new Date(time) },
      })),
    ),
  );

  test.each([
    ['%Y-%m-%d', '0000-01-01', '9999-12-31'],
    ['%G', null, '9999'],
    ['%Y-%m-%d%@+09:00', '0000-01-01', null],
    ['%Y-%m-%d%@-09:00', null, '9999-12-31'],
    ['%Y%@Asia/Seoul', '0000', null],
    ['%Y%@America/New_York', null, '9999'],
    ['%G%@-23:59', null, '9999'],
    ['year%@+09:00', 0, 10_000],
    ['year%@-09:00', -1, 9999],
  ])('is by %s %j and %j', async (date_format, ...years) => {
    const keys = [key('job_id', 'job'), key('filters.t', 'x', { date_format })];
    const query = stages(grouped(keys), { sort: { key: 'job' } }, shown('x', 'x', { exclude_keys: true }));
    expect(rowsOf(await shapes.ask(query, EDGES))).toEqual(x(...years));
  });
});

const FIELDS: readonly Case[] = [
  ['count', over(ALL, field('x', 'count')), x(7)],
  ['sum of any kind of number, others left out', over(ALL, field('x', 'sum', 'total_tasks')), x(14.5)],
  ['sum of what is nowhere', over(ALL, field('x', 'sum', 'nosuch')), x(0)],
  ['average of numbers only', over(ALL, field('x', 'average', 'total_tasks')), x(14.5 / 3)],
  ['average of nothing', over(ALL, field('x', 'average', 'nosuch')), x(null)],
  ['average of null', over(['j4'], field('x', 'average', 'total_tasks')), x(null)],
  ['max ignores null and missing', over(['j3', 'j4', 'j5'], field('x', 'max', 'total_tasks')), x(7)],
  ['min ignores null and missing', over(['j3', 'j4', 'j5'], field('x', 'min', 'total_tasks')), x(7)],
  ['min of several', over(['j1', 'j2', 'j3'], field('x', 'min', 'total_tasks')), x(2.5)],
  ['max across types', over(ALL, field('x', 'max', 'total_tasks')), x('many')],
  ['max of null', over(['j4'], field('x', 'max', 'total_tasks')), x(null)],
  ['min of nothing', over(['j5', 'j6'], field('x', 'min', 'total_tasks')), x(null)],
  ['max of dates', over(ALL, field('x', 'max', 'created_at')), x('2024-01-03T00:00:00.000Z')],
  ['first', over(ALL, field('x', 'first', 'status')), x('A')],
  ['first, where there is none', over(['j6', 'j7'], field('x', 'first', 'status')), x(null)],
  ['last', over(['j1', 'j3'], field('x', 'last', 'status')), x('B')],
  ['last, where there is none', over(ALL, field('x', 'last', 'status')), x(null)],
  [
    'push leaves out missing and keeps null',
    over(ALL, field('x', 'push', 'total_tasks')),
    x([5, 2.5, 7, null, 'many']),
  ],
  ['push of nothing', over(ALL, field('x', 'push', 'nosuch')), x([])],
  [
    'push of objects',
    over(
      ['j5', 'j6'],
      field('x', 'push', '', {
        fields: [
          { k: 'job_id', n: 'i' },
          { key: 'status', name: 's' },
        ],
      }),
    ),
    x([{ i: 'j5', s: null }, { i: 'j6' }]),
  ],
  [
    'push of key and fields takes fields',
    over(['j1'], field('x', 'push', 'status', { fields: [{ k: 'job_id', n: 'i' }] })),
    x([{ i: 'j1' }]),
  ],
  ['push through arrays', over(['j7'], field('x', 'push', 'a.p')), x([[1, 2]])],
  ['add_to_set, missing is none', over(['j3', 'j5', 'j6'], field('x', 'add_to_set', 'total_tasks')), x([7])],
  ['add_to_set, null is a value', over(['j5', 'j6'], field('x', 'add_to_set', 'status')), x([null])],
  [
    'merge_objects, later wins',
    over(['j1', 'j2'], field('x', 'merge_objects', 'o')),
    x({ p: 1, q: 'w', r: null }),
  ],
  [
    'merge_objects skips null and missing',
    over(['j1', 'j3', 'j4'], field('x', 'merge_objects', 'o')),
    x({ p: 1, q: 'z' }),
  ],
  ['merge_objects of nothing', over(['j3', 'j4'], field('x', 'merge_objects', 'o')), x({})],
  [
    'a sum with conditions counts 0 where they are missed',
    over(ALL, field('x', 'sum', 'total_tasks', { conditions: [is('status', 'eq', 'A')] })),
    x(7.5),
  ],
  [
    'an average with conditions counts 0 where they are missed',
    over(['j1', 'j2', 'j3'], field('x', 'average', 'total_tasks', { conditions: [is('status', 'eq', 'A')] })),
    x(2.5),
  ],
  [
    'all conditions are to be met',
    over(
      ALL,
      field('x', 'count', '', {
        conditions: [is('status', 'eq', 'A'), { key: 'total_tasks', operator: 'gt', value: 3 }],
      }),
    ),
    x(1),
  ],
  [
    'over no rows there is no row',
    { filter: [is('status', 'eq', 'none')], ...stages(grouped([], field('x', 'count'))) },
    [],
  ],
];

testRows(shapes, 'a group field accumulates', FIELDS);

const CONDITIONS: readonly Case[] = [
  ['eq', counted('status', 'eq', 'A'), x(2)],
  ['eq null is missing or null', counted('status', 'eq', null), x(3)],
  ['eq without a value is eq null', counted('status', 'eq'), x(3)],
  ['eq compares numbers by value', counted('total_tasks', 'eq', 7), x(1)],
  ['eq compares arrays whole', counted('a', 'eq', ['x', 'y']), x(1)],
  ['eq does not look into arrays', counted('a', 'eq', 'x'), x(1)],
  ['eq compares objects whole', counted('o', 'eq', { p: 1, q: 'z' }), x(1)],
  ['eq takes the order of names', counted('o', 'eq', { q: 'z', p: 1 }), x(0)],
  ['eq takes ISO text on a date field', counted('created_at', 'eq', '2024-01-02'), x(1)],
  ['eq takes text on other fields', counted('t', 'eq', '2024-01-01'), x(1)],
  ['not', counted('status', 'not', 'A'), x(5)],
  ['not null', counted('status', 'not', null), x(4)],
  ['not of an array', counted('a', 'not', ['x', 'y']), x(6)],
  ['gt', counted('total_tasks', 'gt', 2.5), x(2)],
  ['gte', counted('total_tasks', 'gte', 2.5), x(3)],
  ['lt within the type', counted('total_tasks', 'lt', 100), x(3)],
  ['lte of text', counted('total_tasks', 'lte', 'many'), x(1)],
  ['lt null', counted('total_tasks', 'lt', null), x(0)],
  ['gte without a value', counted('total_tasks', 'gte'), x(0)],
  ['lt of a bool', counted('total_tasks', 'lt', true), x(0)],
  ['gt takes ISO text on a date field', counted('created_at', 'gt', '2024-01-01'), x(2)],
  ['a text beginning with $ is text', counted('status', 'eq', '$status'), x(0)],
  ['a field of the collector', counted('collector.name', 'eq', 'First'), x(2)],
  ['a date of the collector', counted('collector.created_at', 'lte', '2020-01-01'), x(2 + 1)],
  ['what lacks a collector of its domain', counted('collector.name', 'eq', null), x(4)],
];

testRows(shapes, 'a condition on rows', CONDITIONS);

testNoFaults(shapes.service);
