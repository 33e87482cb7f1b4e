// Operators that compare, on text and on date fields. The compiled filter is pinned, then run.
import { is } from '../../harness/query.js';
import { testNoFaults } from '../../harness/use-service.js';
import {
  ALL,
  anyCase,
  but,
  eclair,
  inAnyCase,
  lacking,
  nor,
  ofTwo,
  testConditions,
  useShapes,
  withText,
} from './shapes.js';
import type { Case } from './shapes.js';

const shapes = useShapes('operators-conditions');

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

const TEXTS: readonly Case[] = [
  [is('filters.s', 'contain', 'éclair'), inAnyCase('filters.s', 'éclair'), eclair],
  [is('filters.s', 'contain', 'STRASSE'), inAnyCase('filters.s', 'STRASSE'), []],
  [is('filters.s', 'contain', ''), inAnyCase('filters.s', ''), withText],
  [is('filters.s', 'contain', 'A.B*'), inAnyCase('filters.s', 'A\\.B\\*'), ['j06']],
  [is('filters.s', 'contain', '(X|y)'), inAnyCase('filters.s', '\\(X\\|y\\)'), ['j07']],
  [is('filters.s', 'contain', '_\\D'), inAnyCase('filters.s', '_\\\\D'), ['j08']],
  [is('filters.s', 'contain', '.'), inAnyCase('filters.s', '\\.'), ['j06']],
  [is('filters.s', 'contain', '\0'), inAnyCase('filters.s', '\\x00'), []],
  [is('filters.s', 'contain', '5'), inAnyCase('filters.s', '5'), []],
  [is('filters.list', 'contain', 'LPHA'), inAnyCase('filters.list', 'LPHA'), ['j01', 'j02']],
  [is('filters.list', 'contain', '5'), inAnyCase('filters.list', '5'), ['j06']],
  [is('filters.s', 'not_contain', 'ÉCL'), nor(inAnyCase('filters.s', 'ÉCL')), but(...eclair)],
  [is('filters.s', 'not_contain', ''), nor(inAnyCase('filters.s', '')), but(...withText)],
  [
    is('filters.s', 'contain_in', ['éc', 'A.B']),
    { 'filters.s': { $in: [anyCase('éc'), anyCase('A\\.B')] } },
    [...eclair, 'j06'],
  ],
  [is('filters.s', 'contain_in', ['']), { 'filters.s': { $in: [anyCase('')] } }, withText],
  [is('filters.s', 'contain_in', []), { 'filters.s': { $in: [] } }, []],
  [
    is('filters.s', 'not_contain_in', ['éc', '(x']),
    nor({ 'filters.s': { $in: [anyCase('éc'), anyCase('\\(x')] } }),
    but(...eclair, 'j07'),
  ],
  [is('filters.s', 'not_contain_in', []), nor({ 'filters.s': { $in: [] } }), ALL],
  [is('filters.s', 'regex', '^é'), inAnyCase('filters.s', '^é'), eclair],
  [is('filters.s', 'regex', 'R$'), inAnyCase('filters.s', 'R$'), ['j01', 'j03']],
  [is('filters.s', 'regex', ''), inAnyCase('filters.s', ''), withText],
  [is('filters.s', 'regex', '\\x{c9}clair'), inAnyCase('filters.s', '\\x{c9}clair'), eclair],
  [is('filters.n', 'regex', '2'), inAnyCase('filters.n', '2'), ['j05']],
  [
    is('filters.s', 'regex_in', ['^A', '^\\(']),
    { 'filters.s': { $in: [anyCase('^A'), anyCase('^\\(')] } },
    ['j06', 'j07'],
  ],
  [is('filters.s', 'regex_in', []), { 'filters.s': { $in: [] } }, []],
];

testConditions(shapes, 'conditions on text', TEXTS);

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
