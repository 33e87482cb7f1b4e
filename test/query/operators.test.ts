// The filter operators: a row a case, with the filter that MongoDB gets pinned and the jobs that it gives.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { BSONRegExp, Decimal128, Double, Long, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { excluded, matching } from '../../src/query/operators.js';
import { readFilters } from '../../src/query/parse-filter.js';
import { inText } from '../../src/query/malformed-text.js';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { idsOf, queryOf, READING, refusalOf, sent, totalOf } from './request.js';

const SAMPLE = 'domain-3f1c9a7b2e40';
const SHAPES = 'domain-shapes';
const FIRST = new ObjectId('65e000000000000000000001');
const SECOND = new ObjectId('65e000000000000000000002');
const FOREIGN = new ObjectId('65e000000000000000000003');
const DANGLING = new ObjectId('65e000000000000000000004');

const COLLECTORS: readonly Document[] = [
  {
    _id: FIRST,
    collector_id: 'first',
    domain_id: SHAPES,
    name: 'Alpha ÉTÉ',
    created_at: new Date('2024-01-01'),
    plugin_info: { plugin_id: 'plug-1', version: '1' },
    provider: 'aws',
  },
  { _id: SECOND, collector_id: 'second', domain_id: SHAPES, name: null },
  { _id: FOREIGN, collector_id: 'foreign', domain_id: 'domain-other', name: 'Alpha ÉTÉ', provider: 'aws' },
];

/** Jobs of every shape that the sample lacks, by job_id. */
const JOBS: Readonly<Record<string, Document>> = {
  j01: {
    filters: { n: 2, s: 'Éclair', list: ['Alpha', 'beta'], o: { a: 1, b: 2 } },
    created_at: new Date('2024-02-29T12:00:00Z'),
    collector: FIRST,
  },
  j02: {
    filters: { n: new Double(2), s: 'éCLAIR straße', list: 'alpha', o: { b: 2, a: 1 } },
    created_at: new Date('2024-03-01'),
    collector: SECOND,
  },
  j03: {
    filters: { n: Long.fromNumber(2), s: ['x', 'ÉCLAIR'], list: [], o: { a: 1, b: 2, c: 3 } },
    created_at: null,
    collector: FOREIGN,
  },
  j04: {
    filters: {
      n: Decimal128.fromString('2'),
      s: 5,
      list: [['alpha']],
      o: [
        { a: 1, b: 2 },
        { a: 2, b: 1 },
      ],
    },
    collector: DANGLING,
  },
  j05: {
    filters: { n: '2', s: '', list: [null], o: [{ a: 1 }, { b: 2 }] },
    created_at: '2024-03-01',
    collector: FIRST,
  },
  j06: { filters: { n: true, s: 'a.b*c', list: [5, '5'], o: { a: [1, 5], b: [2] } }, collector: null },
  j07: { filters: { n: null, s: '(x|y)', o: null, op: { $ne: 'x' } } },
  j08: { filters: { n: NaN, s: '100%_\\d', o: 'a', op: [{ $ne: 'x' }] }, collector: 'text' },
  j09: {},
  j10: {
    errors: [
      { error_code: 'A', message: 'one' },
      { error_code: 'B', message: 'two', additional: { x: { y: 1 } } },
    ],
  },
  j11: {
    errors: [
      { error_code: 'A', message: 'two' },
      { error_code: 'B', message: null },
    ],
  },
  j12: {
    errors: [
      {
        error_code: 'B',
        additional: [
          { x: 1, y: 2 },
          { x: 2, y: 1 },
        ],
      },
    ],
  },
};

const ALL = Object.keys(JOBS);
const but = (...left: readonly string[]): readonly string[] => ALL.filter((id) => !left.includes(id));
const nor = (filter: Document): Document => ({ $nor: [filter] });
const anyCase = (pattern: string): BSONRegExp => new BSONRegExp(inText(pattern), 'i');
const is = (k: string, o: string, v: JsonValue = null): JsonObject => ({ k, o, v });

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('operators');
  client = jsonClient(service.address);
  await service.db.collection('collector').insertMany([...COLLECTORS]);
  const jobs = Object.entries(JOBS).map(([job_id, job]) => ({ job_id, domain_id: SHAPES, ...job }));
  await service.db.collection('job').insertMany(jobs);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

const asked = (condition: JsonObject) => readFilters(queryOf({ filter: [condition] }), READING).all;

const filterOf = (condition: JsonObject): Document[] =>
  asked(condition).flatMap((leaf) => ('referred' in leaf ? [] : [sent(matching(leaf))]));

/** What is asked of the collectors, and what is done with them: `meeting`, or all but those. */
const lookupOf = (condition: JsonObject): unknown[] =>
  asked(condition).flatMap((leaf) =>
    'referred' in leaf
      ? [
          excluded(leaf.referred) === undefined
            ? { meeting: sent(matching(leaf.referred)) }
            : { allBut: sent(excluded(leaf.referred) ?? {}) },
        ]
      : [],
  );

const found = (domain_id: string, query: JsonObject) => client.call('list', { domain_id, query });
const foundShapes = (query: JsonObject) =>
  found(SHAPES, { ...query, sort: { key: 'job_id' }, only: ['job_id'] });

/** A row for the filter, with the condition as its name. */
type Case = readonly [JsonObject, Document, readonly string[]];
const named = (cases: readonly Case[]) =>
  cases.map(([condition, filter, ids]) => [JSON.stringify(condition), condition, filter, ids] as const);

const lacking = (...others: readonly string[]): readonly string[] =>
  [...others, 'j09', 'j10', 'j11', 'j12'].toSorted();
const ofTwo = ['j01', 'j02', 'j03', 'j04'];
const withText = ['j01', 'j02', 'j03', 'j05', 'j06', 'j07', 'j08'];
const eclair = ['j01', 'j02', 'j03'];
const undated = ['j03', 'j04', 'j06', 'j07', 'j08', 'j09', 'j10', 'j11', 'j12'];
const unreferring = ['j06', 'j07', 'j09', 'j10', 'j11', 'j12'];
const noon = new Date('2024-02-29T12:00:00Z');
const march = new Date('2024-03-01T00:00:00Z');

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

const TEXTS: readonly Case[] = [
  [
    is('filters.s', 'contain', 'éclair'),
    { 'filters.s': { $regex: inText('éclair'), $options: 'i' } },
    eclair,
  ],
  [is('filters.s', 'contain', 'STRASSE'), { 'filters.s': { $regex: inText('STRASSE'), $options: 'i' } }, []],
  [is('filters.s', 'contain', ''), { 'filters.s': { $regex: inText(''), $options: 'i' } }, withText],
  [
    is('filters.s', 'contain', 'A.B*'),
    { 'filters.s': { $regex: inText('A\\.B\\*'), $options: 'i' } },
    ['j06'],
  ],
  [
    is('filters.s', 'contain', '(X|y)'),
    { 'filters.s': { $regex: inText('\\(X\\|y\\)'), $options: 'i' } },
    ['j07'],
  ],
  [is('filters.s', 'contain', '_\\D'), { 'filters.s': { $regex: inText('_\\\\D'), $options: 'i' } }, ['j08']],
  [is('filters.s', 'contain', '.'), { 'filters.s': { $regex: inText('\\.'), $options: 'i' } }, ['j06']],
  [is('filters.s', 'contain', '\0'), { 'filters.s': { $regex: inText('\\x00'), $options: 'i' } }, []],
  [is('filters.s', 'contain', '5'), { 'filters.s': { $regex: inText('5'), $options: 'i' } }, []],
  [
    is('filters.list', 'contain', 'LPHA'),
    { 'filters.list': { $regex: inText('LPHA'), $options: 'i' } },
    ['j01', 'j02'],
  ],
  [is('filters.list', 'contain', '5'), { 'filters.list': { $regex: inText('5'), $options: 'i' } }, ['j06']],
  [
    is('filters.s', 'not_contain', 'ÉCL'),
    nor({ 'filters.s': { $regex: inText('ÉCL'), $options: 'i' } }),
    but(...eclair),
  ],
  [
    is('filters.s', 'not_contain', ''),
    nor({ 'filters.s': { $regex: inText(''), $options: 'i' } }),
    but(...withText),
  ],
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
  [is('filters.s', 'regex', '^é'), { 'filters.s': { $regex: inText('^é'), $options: 'i' } }, eclair],
  [is('filters.s', 'regex', 'R$'), { 'filters.s': { $regex: inText('R$'), $options: 'i' } }, ['j01', 'j03']],
  [is('filters.s', 'regex', ''), { 'filters.s': { $regex: inText(''), $options: 'i' } }, withText],
  [
    is('filters.s', 'regex', '\\x{c9}clair'),
    { 'filters.s': { $regex: inText('\\x{c9}clair'), $options: 'i' } },
    eclair,
  ],
  [is('filters.n', 'regex', '2'), { 'filters.n': { $regex: inText('2'), $options: 'i' } }, ['j05']],
  [
    is('filters.s', 'regex_in', ['^A', '^\\(']),
    { 'filters.s': { $in: [anyCase('^A'), anyCase('^\\(')] } },
    ['j06', 'j07'],
  ],
  [is('filters.s', 'regex_in', []), { 'filters.s': { $in: [] } }, []],
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

const REFERENCE: readonly Case[] = [
  [is('collector', 'eq', FIRST.toHexString()), { collector: { $eq: FIRST } }, ['j01', 'j05']],
  [
    is('collector_info', 'eq', FIRST.toHexString().toUpperCase()),
    { collector: { $eq: FIRST } },
    ['j01', 'j05'],
  ],
  [is('collector', 'eq', 'text'), { collector: { $eq: 'text' } }, ['j08']],
  [is('collector', 'not', FIRST.toHexString()), nor({ collector: { $eq: FIRST } }), but('j01', 'j05')],
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
  [is('collector', 'eq'), { collector: { $eq: null } }, unreferring],
  [is('collector', 'not'), nor({ collector: { $eq: null } }), but(...unreferring)],
  [is('collector.name', 'eq'), { collector: { $eq: null } }, unreferring],
  [is('collector.name', 'not'), nor({ collector: { $eq: null } }), but(...unreferring)],
  [{ k: 'collector.no.such', o: 'eq' }, { collector: { $eq: null } }, unreferring],
];

const meeting = (filter: Document): Document => ({ meeting: filter });
const allBut = (filter: Document): Document => ({ allBut: filter });
const january = new Date('2024-01-01');

const COLLECTOR_FIELDS: readonly Case[] = [
  [is('collector.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ['j01', 'j05']],
  [is('collector_info.name', 'eq', 'Alpha ÉTÉ'), meeting({ name: { $eq: 'Alpha ÉTÉ' } }), ['j01', 'j05']],
  [is('collector.name', 'eq', 'nobody'), meeting({ name: { $eq: 'nobody' } }), []],
  [is('collector.name', 'not', 'Alpha ÉTÉ'), allBut({ name: { $eq: 'Alpha ÉTÉ' } }), but('j01', 'j05')],
  [is('collector.name', 'not', 'nobody'), allBut({ name: { $eq: 'nobody' } }), ALL],
  [is('collector.name', 'eq', { $ne: 1 }), meeting({ name: { $eq: { $ne: 1 } } }), []],
  [
    is('collector.name', 'in', ['Alpha ÉTÉ', 'x']),
    meeting({ name: { $in: ['Alpha ÉTÉ', 'x'] } }),
    ['j01', 'j05'],
  ],
  [is('collector.name', 'in', [null]), meeting({ name: { $in: [null] } }), ['j02']],
  [is('collector.name', 'in', []), meeting({ name: { $in: [] } }), []],
  [
    is('collector.name', 'not_in', ['Alpha ÉTÉ']),
    allBut({ name: { $in: ['Alpha ÉTÉ'] } }),
    but('j01', 'j05'),
  ],
  [is('collector.name', 'not_in', []), allBut({ name: { $in: [] } }), ALL],
  [
    is('collector.name', 'contain', 'été'),
    meeting({ name: { $regex: inText('été'), $options: 'i' } }),
    ['j01', 'j05'],
  ],
  [
    is('collector.name', 'not_contain', 'été'),
    meeting(nor({ name: { $regex: inText('été'), $options: 'i' } })),
    ['j02'],
  ],
  [is('collector.name', 'contain_in', ['ÉTÉ']), meeting({ name: { $in: [anyCase('ÉTÉ')] } }), ['j01', 'j05']],
  [is('collector.name', 'not_contain_in', []), meeting(nor({ name: { $in: [] } })), ['j01', 'j02', 'j05']],
  [
    is('collector.name', 'regex', '^alpha'),
    meeting({ name: { $regex: inText('^alpha'), $options: 'i' } }),
    ['j01', 'j05'],
  ],
  [
    is('collector.name', 'regex_in', ['^alpha']),
    meeting({ name: { $in: [anyCase('^alpha')] } }),
    ['j01', 'j05'],
  ],
  [is('collector.name', 'exists', true), meeting({ name: { $exists: true } }), ['j01', 'j02', 'j05']],
  [is('collector.provider', 'exists', false), meeting({ provider: { $exists: false } }), ['j02']],
  [is('collector.name', 'lt', 'B'), meeting({ name: { $lt: 'B' } }), ['j01', 'j05']],
  [is('collector.name', 'gt'), meeting({ name: { $in: [] } }), []],
  [
    is('collector.plugin_id', 'eq', 'plug-1'),
    meeting({ 'plugin_info.plugin_id': { $eq: 'plug-1' } }),
    ['j01', 'j05'],
  ],
  [
    is('collector.plugin_id', 'exists', false),
    meeting({ 'plugin_info.plugin_id': { $exists: false } }),
    ['j02'],
  ],
  [
    is('collector.plugin_info.version', 'eq', '1'),
    meeting({ 'plugin_info.version': { $eq: '1' } }),
    ['j01', 'j05'],
  ],
  [is('collector.created_at', 'eq', '2024-01-01'), meeting({ created_at: { $eq: january } }), ['j01', 'j05']],
  [
    is('collector.created_at', 'not', '2024-01-01'),
    allBut({ created_at: { $eq: january } }),
    but('j01', 'j05'),
  ],
  [
    is('collector.created_at', 'lte', '2024-01-01'),
    meeting({ created_at: { $lte: january } }),
    ['j01', 'j05'],
  ],
  [is('collector.created_at', 'datetime_lt', '2024-01-01'), meeting({ created_at: { $lt: january } }), []],
  [
    is('collector.created_at', 'timediff_lt', 'now/d - 74d'),
    meeting({ created_at: { $lt: january } }),
    ['j01', 'j05'],
  ],
  [
    is('collector.created_at', 'in', ['2024-01-01']),
    meeting({ created_at: { $in: [january] } }),
    ['j01', 'j05'],
  ],
  [is('collector.domain_id', 'eq', 'domain-other'), meeting({ domain_id: { $eq: 'domain-other' } }), []],
];

describe.each([
  ['scalars and objects', SCALARS],
  ['orderings', ORDERINGS],
  ['presence', PRESENCE],
  ['texts', TEXTS],
  ['lists', LISTS],
  ['dates', DATES],
  ['match', MATCHES],
  ['the reference itself', REFERENCE],
])('%s', (_, cases) => {
  test.each(named(cases))('%s', async (_name, condition, filter, ids) => {
    expect(filterOf(condition)).toEqual([filter]);
    expect(idsOf(await foundShapes({ filter: [condition] }))).toEqual(ids);
  });
});

test.each(ACROSS_ELEMENTS.map(([condition, ids]) => [JSON.stringify(condition), condition, ids] as const))(
  'match is met by one object: %s',
  async (_name, condition, ids) => {
    expect(idsOf(await foundShapes({ filter: [condition] }))).toEqual(ids);
  },
);

test.each(named(COLLECTOR_FIELDS))('collector: %s', async (_name, condition, lookup, ids) => {
  expect(lookupOf(condition)).toEqual([lookup]);
  expect(idsOf(await foundShapes({ filter: [condition] }))).toEqual(ids);
});

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
  'on the sample: %s',
  async (_name, condition, jobs) => {
    expect(totalOf(await found(SAMPLE, { filter: [condition], count_only: true }))).toBe(jobs);
  },
);

const a = is('filters.n', 'eq', 2);
const b = is('filters.s', 'contain', 'éclair');
const c = is('filters.list', 'eq', 'alpha');

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
])('together: %s', async (_name, query, ids) => {
  expect(idsOf(await foundShapes(query))).toEqual(ids);
});

/** Why a condition is refused: the code, the field named, and a part of the text. */
type Refusal = readonly [JsonObject, string, string, string];

const KEYS: readonly Refusal[] = [
  [{ o: 'eq', v: 1 }, 'REQUIRED_PARAMETER', 'key', 'query.filter[0].key'],
  [is('', 'eq', 1), 'REQUIRED_PARAMETER', 'key', 'query.filter[0].key'],
  [is('$where', 'eq', '1'), 'INVALID_PARAMETER', 'key', '$where'],
  [is('filters.$x', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters.$x'],
  [is('filters..x', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters..x'],
  [is('.filters', 'eq', 1), 'INVALID_PARAMETER', 'key', '.filters'],
  [is('filters.', 'eq', 1), 'INVALID_PARAMETER', 'key', 'filters.'],
  [is('.', 'eq', 1), 'INVALID_PARAMETER', 'key', 'plain path'],
  [is('filters.a\0b', 'eq', 1), 'INVALID_PARAMETER', 'key', 'plain path'],
  [is('_id', 'eq', '6460000000000000ed6e0001'), 'INVALID_PARAMETER', 'key', '_id'],
  [is('_id.x', 'eq', 1), 'INVALID_PARAMETER', 'key', '_id.x'],
  [is('nosuch', 'eq', 1), 'INVALID_PARAMETER', 'key', 'nosuch'],
  [is('Status', 'eq', 1), 'INVALID_PARAMETER', 'key', 'Status'],
  [is('__proto__', 'eq', 1), 'INVALID_PARAMETER', 'key', '__proto__'],
  [is('constructor.name', 'eq', 1), 'INVALID_PARAMETER', 'key', 'constructor.name'],
  [is('collector.$id', 'eq', 1), 'INVALID_PARAMETER', 'key', 'collector.$id'],
  [is('a field that no job has', 'eq', 1), 'INVALID_PARAMETER', 'key', 'is not a field'],
];

const OPERATORS: readonly Refusal[] = [
  [{ k: 'status', v: 1 }, 'INVALID_PARAMETER', 'operator', 'status'],
  [is('status', '', 1), 'INVALID_PARAMETER', 'operator', 'has no operator'],
  [is('status', 'like', 1), 'INVALID_PARAMETER', 'operator', 'like'],
  [is('status', 'EQ', 1), 'INVALID_PARAMETER', 'operator', 'EQ'],
  [is('status', '$eq', 1), 'INVALID_PARAMETER', 'operator', '$eq'],
  [is('status', '__proto__', 1), 'INVALID_PARAMETER', 'operator', '__proto__'],
  [is('status', 'constructor', 1), 'INVALID_PARAMETER', 'operator', 'constructor'],
  [is('status', 'toString', 1), 'INVALID_PARAMETER', 'operator', 'toString'],
  ...[
    is('collector', 'lt', 'x'),
    is('collector', 'contain', 'x'),
    is('collector', 'contain_in', ['x']),
    is('collector', 'regex', 'x'),
    is('collector', 'match', {}),
    is('collector', 'datetime_lt', '2024-01-01'),
    is('collector', 'timediff_lt', 'now'),
  ].map((condition): Refusal => [condition, 'INVALID_PARAMETER', 'operator', 'collector']),
];

const SINGLE = ['eq', 'not', 'lt', 'lte', 'gt', 'gte', 'exists', 'contain', 'not_contain', 'match', 'regex'];
const RELATIVE = ['lt', 'lte', 'gt', 'gte'].flatMap((name) => [`datetime_${name}`, `timediff_${name}`]);
const SEVERAL = ['in', 'not_in', 'contain_in', 'not_contain_in', 'regex_in'];

const VALUES: readonly Refusal[] = [
  ...[...SINGLE, ...RELATIVE].map((o): Refusal => [
    is('filters.x', o, ['x']),
    'OPERATOR_VALUE_TYPE',
    'value',
    `'${o} operator'`,
  ]),
  ...SEVERAL.flatMap((o) =>
    ['x', null, 1, true, {}].map((v): Refusal => [
      is('filters.x', o, v),
      'OPERATOR_LIST_VALUE_TYPE',
      'value',
      `'${o} operator'`,
    ]),
  ),
  [is('nosuch', 'eq', []), 'OPERATOR_VALUE_TYPE', 'value', 'query.filter[0]'],
  [is('created_at', 'in', 'soon'), 'OPERATOR_LIST_VALUE_TYPE', 'value', 'query.filter[0]'],
  ...['true', 1, null, {}].map((v): Refusal => [
    is('filters.x', 'exists', v),
    'OPERATOR_BOOLEAN_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['x', 1, null, true].map((v): Refusal => [
    is('filters.x', 'match', v),
    'OPERATOR_DICT_VALUE_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['contain', 'not_contain', 'regex', ...RELATIVE].flatMap((o) =>
    [1, null, true, {}].map((v): Refusal => [
      is('filters.x', o, v),
      'INVALID_PARAMETER_TYPE',
      'value',
      'query.filter[0]',
    ]),
  ),
  ...['contain_in', 'not_contain_in', 'regex_in'].flatMap((o) =>
    [1, null, true, {}, []].map((v): Refusal => [
      is('filters.x', o, ['x', v]),
      'INVALID_PARAMETER_TYPE',
      'value',
      'query.filter[0]',
    ]),
  ),
  ...['lt', 'lte', 'gt', 'gte'].map((o): Refusal => [
    is('filters.x', o, { a: 1 }),
    'INVALID_PARAMETER_TYPE',
    'value',
    'query.filter[0]',
  ]),
  ...['eq', 'not', 'lt', 'lte', 'gt', 'gte', 'datetime_lt', 'datetime_gte'].map((o): Refusal => [
    is('created_at', o, 'yesterday'),
    'INVALID_PARAMETER',
    'value',
    'yesterday',
  ]),
  ...['in', 'not_in'].map((o): Refusal => [
    is('finished_at', o, ['2024-01-01', '2024-02-30']),
    'INVALID_PARAMETER',
    'value',
    '2024-02-30',
  ]),
  ...['', 'now/y', 'now-1y', 'now - 1', 'now - d', 'tomorrow', 'now/d/w', 'now - 9999999w'].map(
    (v): Refusal => [is('created_at', 'timediff_gt', v), 'INVALID_PARAMETER', 'value', 'created_at'],
  ),
  [is('collector.created_at', 'gt', 'soon'), 'INVALID_PARAMETER', 'value', 'soon'],
  [is('collector.last_collected_at', 'eq', 'soon'), 'INVALID_PARAMETER', 'value', 'soon'],
  [is('errors', 'match', { a: [1] }), 'OPERATOR_VALUE_TYPE', 'value', 'query.filter[0]'],
  [is('errors', 'match', { '': 1 }), 'REQUIRED_PARAMETER', 'value', 'query.filter[0]'],
  [is('errors', 'match', { $or: 1 }), 'INVALID_PARAMETER', 'value', '$or'],
  [is('errors', 'match', { 'a.$b': 1 }), 'INVALID_PARAMETER', 'value', 'a.$b'],
  [is('errors', 'match', { 'a..b': 1 }), 'INVALID_PARAMETER', 'value', 'a..b'],
  [is('filters.x', 'eq', { 'a\0': 1 }), 'INVALID_PARAMETER', 'value', 'NUL'],
  [is('filters.x', 'in', [[{ b: { 'a\0': 1 } }]]), 'INVALID_PARAMETER', 'value', 'NUL'],
  ...['[', '(', '*', '(?<n', 'a{2,1}', '\\'].flatMap((v): readonly Refusal[] => [
    [is('filters.s', 'regex', v), 'INVALID_PARAMETER', 'value', 'filters.s'],
    [is('filters.s', 'regex_in', ['x', v]), 'INVALID_PARAMETER', 'value', 'filters.s'],
    [is('collector.name', 'regex', v), 'INVALID_PARAMETER', 'value', 'name'],
  ]),
  [is('filters.s', 'regex', 'x'.repeat(1025)), 'LIMIT_EXCEEDED', 'value', '1024'],
  [is('filters.s', 'regex_in', ['é'.repeat(513)]), 'LIMIT_EXCEEDED', 'value', '1024'],
  [is('filters.s', 'regex', '(a+)+$'), 'INVALID_PARAMETER', 'value', 'filters.s'],
  [is('filters.s', 'regex_in', ['(a|a)*b']), 'INVALID_PARAMETER', 'value', 'filters.s'],
  [is('filters.s', 'in', Array<JsonValue>(50_001).fill(1)), 'LIMIT_EXCEEDED', 'value', '50000'],
];

const shortened = (condition: JsonObject): string => JSON.stringify(condition).slice(0, 100);

describe.each([
  ['keys', KEYS],
  ['operators', OPERATORS],
  ['values', VALUES],
])('refused for its %s', (_, refusals) => {
  test.each(refusals.map((each) => [shortened(each[0]), each] as const))(
    '%s',
    async (_name, [condition, code, field, text]) => {
      expect(refusalOf(await found(SHAPES, { filter: [condition] }))).toEqual({
        code: `ERROR_${code}`,
        fields: [`query.filter[0].${field}`],
        text: expect.stringContaining(text),
      });
    },
  );
});

const path = (segments: number): string => ['filters', ...Array<string>(segments - 1).fill('x')].join('.');

test.each<readonly [string, JsonObject, string, string, string]>([
  [
    'the second condition',
    { filter: [a, is('nosuch', 'eq', 1)] },
    'INVALID_PARAMETER',
    'query.filter[1].key',
    'nosuch',
  ],
  [
    'an alternative',
    { filter_or: [a, is('filters.x', 'in', 1)] },
    'OPERATOR_LIST_VALUE_TYPE',
    'query.filter_or[1].value',
    'query.filter_or[1]',
  ],
  [
    'an expression of an alternative',
    { filter: [b], filter_or: [a, is('filters.s', 'regex', '(')] },
    'INVALID_PARAMETER',
    'query.filter_or[1].value',
    'filters.s',
  ],
  ['a sort by an operator', { sort: { key: '$natural' } }, 'INVALID_PARAMETER', 'query.sort.key', '$natural'],
  [
    'a sort by a field of the collector',
    { sort: { key: 'collector.name' } },
    'INVALID_PARAMETER',
    'query.sort.key',
    'collector.name',
  ],
  [
    'a sort by a field of the collector, aliased',
    { sort: { keys: [{ key: 'collector_info.name' }] } },
    'INVALID_PARAMETER',
    'query.sort.keys[0].key',
    'collector_info.name',
  ],
  [
    'a sort key without a key',
    { sort: { keys: [{ key: 'status' }, { desc: true }] } },
    'REQUIRED_PARAMETER',
    'query.sort.keys[1].key',
    'query.sort.keys[1].key',
  ],
  [
    'a sort through two arrays',
    { sort: { keys: [{ key: 'projects' }, { key: 'errors.message' }] } },
    'INVALID_PARAMETER',
    'query.sort.keys',
    'arrays',
  ],
  [
    '33 sort keys',
    { sort: { keys: Array.from({ length: 33 }, (_, i) => ({ key: `filters.k${i}` })) } },
    'LIMIT_EXCEEDED',
    'query.sort.keys',
    '32',
  ],
  ['an unknown name in only', { only: ['job_id', 'nosuch'] }, 'INVALID_PARAMETER', 'query.only[1]', 'nosuch'],
  [
    'user_projects in only',
    { only: ['user_projects'] },
    'INVALID_PARAMETER',
    'query.only[0]',
    'user_projects',
  ],
  ['_id in only', { only: ['_id'] }, 'INVALID_PARAMETER', 'query.only[0]', '_id'],
  ['an empty name in only', { only: [''] }, 'REQUIRED_PARAMETER', 'query.only[0]', 'query.only[0]'],
  ['a name below a scalar', { only: ['status.x'] }, 'INVALID_PARAMETER', 'query.only[0]', 'status.x'],
  [
    'a name below a scalar of errors',
    { only: ['errors.message.x'] },
    'INVALID_PARAMETER',
    'query.only[0]',
    'errors.message.x',
  ],
  ['an operator in only', { only: ['filter.$slice'] }, 'INVALID_PARAMETER', 'query.only[0]', 'filter.$slice'],
  [
    'an unknown name in only, counting',
    { only: ['nosuch'], count_only: true },
    'INVALID_PARAMETER',
    'query.only[0]',
    'nosuch',
  ],
  [
    'an unknown name in only, minimal',
    { only: ['nosuch'], minimal: true },
    'INVALID_PARAMETER',
    'query.only[0]',
    'nosuch',
  ],
  [
    '1,001 conditions',
    { filter: Array<JsonValue>(600).fill(a), filter_or: Array<JsonValue>(401).fill(b) },
    'LIMIT_EXCEEDED',
    'query.filter',
    '1000',
  ],
  [
    'a path of 101 names',
    { filter: [is(path(101), 'eq', 1)] },
    'LIMIT_EXCEEDED',
    'query.filter[0].key',
    '100',
  ],
  [
    'a keyword of 50,001 words',
    { keyword: 'a '.repeat(50_001) },
    'LIMIT_EXCEEDED',
    'query.keyword',
    'words of query.keyword, max = 50000',
  ],
])('refused: %s', async (_name, query, code, field, text) => {
  const refusal = refusalOf(await found(SHAPES, query));
  expect(refusal).toEqual({ code: `ERROR_${code}`, fields: [field], text: expect.stringContaining(text) });
});

test.each<readonly [string, JsonObject]>([
  ['1,000 conditions', { filter: Array<JsonValue>(1000).fill(a) }],
  ['50,000 values', { filter: [is('filters.n', 'in', [2, ...Array<JsonValue>(49_999).fill(7)])] }],
  ['an expression of 1 KiB', { filter: [a, is('filters.s', 'not_contain', 'x'.repeat(1024))] }],
  ['a path of 100 names', { filter: [a, is(path(100), 'eq')] }],
])('at its limit: %s', async (_name, query) => {
  expect(idsOf(await foundShapes(query))).toEqual(ofTwo);
});

test('a field many times over for a deep path is too much, and no fault', async () => {
  const fields = Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`k${i.toString(36)}`, 1]));
  expect(refusalOf(await found(SHAPES, { filter: [is(path(100), 'match', fields)] }))).toMatchObject({
    code: 'ERROR_LIMIT_EXCEEDED',
  });
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
