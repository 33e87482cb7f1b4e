// Groups and the date formats of their keys, a row a case, with the rows that it gives.
import { describe, expect, test } from '@jest/globals';
import { rowsOf } from '../request.js';
import { stages, page, field, only, dated, x, useShapes } from './shapes.js';
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
  ['text without letters', dated('j1', 'always'), x('always')],
  ['a dollar is text', dated('j1', '$t'), x('$t')],
  ['null', dated('j3', 'year'), x(null)],
  ['a text', dated('j4', '%Y'), x(null)],
  ['missing', dated('j5', '%Y'), x(null)],
];

const GROUPS: readonly Case[] = [
  ['a key', { ...stages({ group: { keys: [{ k: 'status', n: 's' }] } }), ...only('j1', 'j2') }, [{ s: 'A' }]],
  [
    'by a whole array',
    { ...only('j1', 'j2'), ...stages({ group: { keys: [{ k: 'a', n: 'x' }] } }), ...page(9) },
    x([], ['x', 'y']),
  ],
  [
    'a key through arrays',
    { ...only('j7'), ...stages({ group: { keys: [{ k: 'a.p', n: 'x' }] } }) },
    x([1, 2]),
  ],
  [
    'a name of digits',
    {
      ...only('j1'),
      ...stages({ group: { keys: [{ k: 'status', n: '0' }], fields: [field('1', 'count')] } }),
    },
    [{ 0: 'A', 1: 1 }],
  ],
  [
    'a group of a group',
    {
      ...only('j1', 'j2', 'j3', 'j4'),
      ...stages(
        {
          group: {
            keys: [
              { k: 'status', n: 's' },
              { k: 'job_id', n: 'j' },
            ],
          },
        },
        { group: { keys: [{ k: 's', n: 'x' }], fields: [field('c', 'count')] } },
        { sort: { key: 'c' } },
        { skip: 1 },
        { limit: 9 },
        { group: { fields: [field('n', 'sum', 'c')] } },
      ),
    },
    [{ n: 2 }],
  ],
  [
    'by a field of the collector',
    {
      ...stages({ group: { keys: [{ k: 'collector.name', n: 'x' }], fields: [field('c', 'count')] } }),
      ...page(9),
    },
    [
      { x: null, c: 4 },
      { x: 'First', c: 2 },
      { x: 'Second', c: 1 },
    ],
  ],
  [
    'by an alias of a field of the collector',
    { ...only('j1'), ...stages({ group: { keys: [{ k: 'collector_info.plugin_id', n: 'x' }] } }) },
    x('plug-1'),
  ],
  [
    'by an unknown field of the collector',
    { ...only('j1'), ...stages({ group: { keys: [{ k: 'collector.nosuch', n: 'x' }] } }) },
    x(null),
  ],
  [
    'by something below the collector’s own key',
    { ...only('j1'), ...stages({ group: { keys: [{ k: 'collector._id.x', n: 'x' }] } }) },
    x(null),
  ],
  [
    'by a collector’s tags, whatever they are called',
    { ...only('j1'), ...stages({ group: { keys: [{ k: 'collector.tags', n: 'x' }] } }) },
    x({ _bsontype: 'ObjectId', x: 1 }),
  ],
  [
    'by the collector’s dates',
    {
      ...only('j1'),
      ...stages({ group: { keys: [{ k: 'collector.created_at', n: 'x', date_format: 'year' }] } }),
    },
    x(2020),
  ],
  [
    'by _id, which no job has',
    { ...only('j1'), ...stages({ group: { keys: [{ k: '_id', n: 'x' }] } }) },
    x(null),
  ],
  [
    'aliases before a group',
    {
      ...only('j1'),
      ...stages({
        group: {
          keys: [
            { k: 'user_projects', n: 'x' },
            { k: 'filter', n: 'y' },
          ],
        },
      }),
    },
    [{}],
  ],
  [
    'collector after a group is a name',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'collector.name', n: 'collector' }] } },
        { project: { fields: [{ k: 'collector.name', n: 'x' }] } },
      ),
    },
    [{ collector: 'First' }],
  ],
];

describe('a date format', () => {
  test.each(FORMATS)('%s', async (_what, query, rows) => {
    expect(rowsOf(await shapes.ask(query))).toEqual(rows);
  });
});

describe('a group', () => {
  test.each(GROUPS)('%s', async (_what, query, rows) => {
    expect(rowsOf(await shapes.ask(query))).toEqual(rows);
  });
});

test('no request was a fault of the service', () => {
  expect(shapes.faults()).toEqual([]);
});
