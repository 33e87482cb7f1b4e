// Groups and the date formats of their keys, a row a case, with the rows that it gives.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { rowsOf } from '../request.js';
import { on, dated, x, useShapes, testRows } from './shapes.js';
import { field, key, grouped, shown, stages, page } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-group');

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

testNoFaults(shapes.service);
