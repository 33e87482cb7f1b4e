// The operators of group fields, a row a case, with the rows that it gives.
import { ALL, over, x, useShapes, testRows } from './shapes.js';
import { field, is, grouped, stages } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import type { Case } from './shapes.js';

const shapes = useShapes('stages-group-fields');

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

testNoFaults(shapes.service);
