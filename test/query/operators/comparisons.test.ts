// Operators that compare: equality, orderings, presence and lists. The compiled filter is pinned, then run.
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import { ALL, but, nor, lacking, ofTwo, eclair, useShapes, testConditions } from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-comparisons');

const SCALARS: readonly Case[] = [
  [is('filters.n', 'eq', 2), { 'filters.n': { $eq: 2 } }, ofTwo],
  [{ key: 'filter.n', operator: 'eq', value: 2 }, { 'filters.n': { $eq: 2 } }, ofTwo],
  [is('filters.n', 'eq', '2'), { 'filters.n': { $eq: '2' } }, ['j05']],
  [is('filters.n', 'eq', true), { 'filters.n': { $eq: true } }, ['j06']],
  [is('filters.n', 'eq', 1), { 'filters.n': { $eq: 1 } }, []],
  [is('filters.n', 'eq'), { 'filters.n': { $eq: null } }, lacking('j07')],
  [{ k: 'filters.n', o: 'eq' }, { 'filters.n': { $eq: null } }, lacking('j07')],
  [is('filters.n', 'not', 2), nor({ 'filters.n': { $eq: 2 } }), but(...ofTwo)],
  [is('filters.n', 'not'), nor({ 'filters.n': { $eq: null } }), but(...lacking('j07'))],
  [{ k: 'filters.n', o: 'not' }, nor({ 'filters.n': { $eq: null } }), but(...lacking('j07'))],
  [is('filters.s', 'eq', 'éclair'), { 'filters.s': { $eq: 'éclair' } }, []],
  [is('filters.s', 'eq', 'ÉCLAIR'), { 'filters.s': { $eq: 'ÉCLAIR' } }, ['j03']],
  [is('filters.s', 'eq', ''), { 'filters.s': { $eq: '' } }, ['j05']],
  [is('filters.s', 'eq', '$s'), { 'filters.s': { $eq: '$s' } }, []],
  [is('filters.list', 'eq', 'alpha'), { 'filters.list': { $eq: 'alpha' } }, ['j02']],
  [is('filters.list', 'eq'), { 'filters.list': { $eq: null } }, lacking('j05', 'j07', 'j08')],
  [is('filters.list.0', 'eq', 'Alpha'), { 'filters.list.0': { $eq: 'Alpha' } }, ['j01']],
  [is('filters.list.1', 'eq', '5'), { 'filters.list.1': { $eq: '5' } }, ['j06']],
  [is('errors.error_code', 'eq', 'B'), { 'errors.error_code': { $eq: 'B' } }, ['j10', 'j11', 'j12']],
  [is('errors.0.error_code', 'eq', 'B'), { 'errors.0.error_code': { $eq: 'B' } }, ['j12']],
  [is('errors.additional.x.y', 'eq', 1), { 'errors.additional.x.y': { $eq: 1 } }, ['j10']],
  [is('errors.additional.1.x', 'eq', 2), { 'errors.additional.1.x': { $eq: 2 } }, ['j12']],
  [is('filters.__proto__.n', 'eq', 2), { 'filters.__proto__.n': { $eq: 2 } }, []],
  [is('filters.o', 'eq', { a: 1, b: 2 }), { 'filters.o': { $eq: { a: 1, b: 2 } } }, ['j01', 'j04']],
  [is('filters.o', 'eq', { b: 2, a: 1 }), { 'filters.o': { $eq: { b: 2, a: 1 } } }, ['j02']],
  [is('filters.o', 'eq', {}), { 'filters.o': { $eq: {} } }, []],
  [is('filters.o', 'eq', { $exists: true }), { 'filters.o': { $eq: { $exists: true } } }, []],
  [is('filters.op', 'eq', { $ne: 'x' }), { 'filters.op': { $eq: { $ne: 'x' } } }, ['j07', 'j08']],
  [is('filters.op', 'not', { $ne: 'x' }), nor({ 'filters.op': { $eq: { $ne: 'x' } } }), but('j07', 'j08')],
];

const ORDERINGS: readonly Case[] = [
  [is('filters.n', 'lt', 3), { 'filters.n': { $lt: 3 } }, ofTwo],
  [is('filters.n', 'lt', 2), { 'filters.n': { $lt: 2 } }, []],
  [is('filters.n', 'lte', 2), { 'filters.n': { $lte: 2 } }, ofTwo],
  [is('filters.n', 'gt', 1.5), { 'filters.n': { $gt: 1.5 } }, ofTwo],
  [is('filters.n', 'gte', 2), { 'filters.n': { $gte: 2 } }, ofTwo],
  [is('filters.n', 'gt', '1'), { 'filters.n': { $gt: '1' } }, ['j05']],
  [is('filters.n', 'gte', true), { 'filters.n': { $gte: true } }, ['j06']],
  [is('filters.n', 'lt', true), { 'filters.n': { $lt: true } }, []],
  [is('filters.n', 'lt'), { 'filters.n': { $in: [] } }, []],
  [is('filters.n', 'lte'), { 'filters.n': { $in: [] } }, []],
  [is('filters.n', 'gt'), { 'filters.n': { $in: [] } }, []],
  [{ k: 'filters.n', o: 'gte' }, { 'filters.n': { $in: [] } }, []],
  [is('filters.s', 'gt', 'z'), { 'filters.s': { $gt: 'z' } }, eclair],
  [is('filters.s', 'lt', '('), { 'filters.s': { $lt: '(' } }, ['j05']],
  [is('filters.list', 'gte', 5), { 'filters.list': { $gte: 5 } }, ['j06']],
];

const PRESENCE: readonly Case[] = [
  [is('filters.n', 'exists', true), { 'filters.n': { $exists: true } }, but(...lacking())],
  [is('filters.n', 'exists', false), { 'filters.n': { $exists: false } }, lacking()],
  [is('errors.1', 'exists', true), { 'errors.1': { $exists: true } }, ['j10', 'j11']],
  [is('errors.additional', 'exists', true), { 'errors.additional': { $exists: true } }, ['j10', 'j12']],
];

const LISTS: readonly Case[] = [
  [is('filters.n', 'in', [2, '2']), { 'filters.n': { $in: [2, '2'] } }, [...ofTwo, 'j05']],
  [is('filters.n', 'in', [null]), { 'filters.n': { $in: [null] } }, lacking('j07')],
  [is('filters.n', 'in', []), { 'filters.n': { $in: [] } }, []],
  [is('filters.n', 'not_in', []), nor({ 'filters.n': { $in: [] } }), ALL],
  [is('filters.n', 'not_in', [2, null]), nor({ 'filters.n': { $in: [2, null] } }), ['j05', 'j06', 'j08']],
  [
    is('filters.o', 'in', [{ b: 2, a: 1 }, 'a']),
    { 'filters.o': { $in: [{ b: 2, a: 1 }, 'a'] } },
    ['j02', 'j08'],
  ],
  [is('filters.list', 'in', [['alpha']]), { 'filters.list': { $in: [['alpha']] } }, ['j04']],
  [is('filters.list', 'in', [[]]), { 'filters.list': { $in: [[]] } }, ['j03']],
  [
    is('filters.op', 'in', [{ $ne: 'x' }, 5]),
    { $or: [{ 'filters.op': { $in: [5] } }, { 'filters.op': { $eq: { $ne: 'x' } } }] },
    ['j07', 'j08'],
  ],
  [
    is('filters.op', 'not_in', [{ $ne: 'x' }]),
    nor({ $or: [{ 'filters.op': { $in: [] } }, { 'filters.op': { $eq: { $ne: 'x' } } }] }),
    but('j07', 'j08'),
  ],
  [is('filters.op', 'in', [{ a: 1, $ne: 'x' }]), { 'filters.op': { $in: [{ a: 1, $ne: 'x' }] } }, []],
  [is('filters.op', 'in', [{ a: { $ne: 'x' } }]), { 'filters.op': { $in: [{ a: { $ne: 'x' } }] } }, []],
];

testConditions(shapes, 'equality with scalars and objects', SCALARS);
testConditions(shapes, 'orderings within a type', ORDERINGS);
testConditions(shapes, 'presence of a field', PRESENCE);
testConditions(shapes, 'membership in a list', LISTS);

testNoFaults(shapes.service);
