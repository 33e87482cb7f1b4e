// Operators on date fields: ISO 8601 text and times relative to now. The compiled filter is pinned, then run.
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { but, nor, useShapes, testConditions } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-dates');

const undated = ['j03', 'j04', 'j06', 'j07', 'j08', 'j09', 'j10', 'j11', 'j12'];
const noon = new Date('2024-02-29T12:00:00Z');
const march = new Date('2024-03-01T00:00:00Z');

const DATES: readonly Case[] = [
  [is('created_at', 'eq', '2024-02-29T12:00:00Z'), { created_at: { $eq: noon } }, ['j01']],
  [is('created_at', 'eq', '2024-02-29 21:00+09:00'), { created_at: { $eq: noon } }, ['j01']],
  [is('created_at', 'eq', '2024-02-29T12:00:00.0009'), { created_at: { $eq: noon } }, ['j01']],
  [is('created_at', 'not', '2024-03-01'), nor({ created_at: { $eq: march } }), but('j02')],
  [is('created_at', 'eq'), { created_at: { $eq: null } }, undated],
  [is('created_at', 'eq', 5), { created_at: { $eq: 5 } }, []],
  [is('created_at', 'eq', { $gt: '' }), { created_at: { $eq: { $gt: '' } } }, []],
  [is('created_at', 'in', ['2024-03-01']), { created_at: { $in: [march] } }, ['j02']],
  [is('created_at', 'in', ['2024-03-01', null]), { created_at: { $in: [march, null] } }, ['j02', ...undated]],
  [
    is('created_at', 'not_in', ['2024-03-01', null]),
    nor({ created_at: { $in: [march, null] } }),
    ['j01', 'j05'],
  ],
  [is('created_at', 'lt', '2024-03-01'), { created_at: { $lt: march } }, ['j01']],
  [is('created_at', 'lte', '2024-03-01'), { created_at: { $lte: march } }, ['j01', 'j02']],
  [is('created_at', 'gt', '2024-02-29T12:00Z'), { created_at: { $gt: noon } }, ['j02']],
  [is('created_at', 'gte', '2024-02-29T12:00Z'), { created_at: { $gte: noon } }, ['j01', 'j02']],
  [is('created_at', 'lt', 5), { created_at: { $lt: 5 } }, []],
  [is('created_at', 'datetime_lt', '2024-03-01'), { created_at: { $lt: march } }, ['j01']],
  [is('created_at', 'datetime_lte', '2024-03-01'), { created_at: { $lte: march } }, ['j01', 'j02']],
  [is('created_at', 'datetime_gt', '2024-02-29T12:00'), { created_at: { $gt: noon } }, ['j02']],
  [is('created_at', 'datetime_gte', '2024-02-29T12:00'), { created_at: { $gte: noon } }, ['j01', 'j02']],
  [is('filters.n', 'datetime_gt', '0001-01-01'), { 'filters.n': { $gt: new Date('0001-01-01') } }, []],
  [
    is('created_at', 'timediff_lt', 'now'),
    { created_at: { $lt: new Date('2024-03-15T10:20:30.400Z') } },
    ['j01', 'j02'],
  ],
  [
    is('created_at', 'timediff_lte', 'now/d'),
    { created_at: { $lte: new Date('2024-03-15') } },
    ['j01', 'j02'],
  ],
  [is('created_at', 'timediff_gt', ' now/w + 1d '), { created_at: { $gt: new Date('2024-03-12') } }, []],
  [
    is('created_at', 'timediff_gte', 'now/m-600w'),
    { created_at: { $gte: new Date('2012-08-31') } },
    ['j01', 'j02'],
  ],
];

testConditions(shapes, 'conditions on date fields', DATES);

testNoFaults(shapes.service);
