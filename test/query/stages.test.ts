// The stages of stat: a row a case, with the rows that it gives; where it is easy, the rows are computed from the
// documents over again.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Decimal128, Double, Long, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { compileStat } from '../../src/query/compile/stat.js';
import { readStat } from '../../src/query/parse-stat.js';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';
import { READING, refusalOf, rowsOf, sent, statisticsOf, totalOf } from './request.js';

const SAMPLE = 'domain-3f1c9a7b2e40';
const SHAPES = 'domain-stages';
const NOBODY = 'domain-of-nobody';
const FIRST = new ObjectId('65e000000000000000000001');
const SECOND = new ObjectId('65e000000000000000000002');
const FOREIGN = new ObjectId('65e000000000000000000003');

const COLLECTORS: readonly Document[] = [
  {
    _id: FIRST,
    domain_id: SHAPES,
    collector_id: 'first',
    name: 'First',
    provider: 'aws',
    created_at: new Date('2020-01-01'),
    plugin_info: { plugin_id: 'plug-1', version: '1' },
    tags: new Map<string, unknown>([
      ['_bsontype', 'ObjectId'],
      ['x', 1],
    ]),
  },
  {
    _id: SECOND,
    domain_id: SHAPES,
    collector_id: 'second',
    name: 'Second',
    provider: 'aws',
    created_at: new Date('2020-01-01'),
    plugin_info: { plugin_id: 'plug-2' },
  },
  { _id: FOREIGN, domain_id: 'domain-other', collector_id: 'foreign', name: 'Foreign', provider: 'gcp' },
];

/** Jobs of every shape, by job_id; `t` is a date or nothing, `a` an array or what stands for one. */
const JOBS: Readonly<Record<string, Document>> = {
  j1: {
    status: 'A',
    total_tasks: 5,
    t: new Date('2024-02-29T23:59:59.999Z'),
    a: ['x', 'y'],
    o: { p: 1, q: 'z' },
    collector: FIRST,
    created_at: new Date('2024-01-03'),
  },
  j2: {
    status: 'A',
    total_tasks: new Double(2.5),
    t: new Date('2024-12-30T00:00:00Z'),
    a: [],
    o: { q: 'w', r: null },
    collector: SECOND,
    created_at: new Date('2024-01-01'),
  },
  j3: {
    status: 'B',
    total_tasks: Long.fromNumber(7),
    t: null,
    a: ['y', null],
    o: null,
    collector: FIRST,
    created_at: new Date('2024-01-02'),
  },
  j4: {
    status: 'B',
    total_tasks: null,
    t: '2024-01-01',
    a: 'x',
    collector: FOREIGN,
    pairs: [
      ['a', 1],
      ['b', { c: 2 }],
    ],
  },
  j5: {
    status: null,
    a: null,
    n: [1, 2.5, 'x', [3], null],
    pairs: [
      { k: 'a', v: 1 },
      { k: '$b', v: null },
    ],
  },
  j6: {
    a: [['x'], { p: 1 }],
    n: 4,
    o: {},
    pairs: [],
    es: [{ c: 'E', m: [1, 2] }, { c: 'F' }, { m: [2, null] }],
  },
  j7: { total_tasks: 'many', t: new Date(-1), n: [], a: [{ p: 1 }, { p: 2, q: 3 }], es: { c: 'G' } },
};

let service: Service;
let client: JsonClient;

beforeAll(async () => {
  service = await startService('stages');
  client = jsonClient(service.address);
  await service.db.collection('collector').insertMany([...COLLECTORS]);
  const jobs = Object.entries(JOBS).map(([job_id, job]) => ({ job_id, domain_id: SHAPES, ...job }));
  await service.db.collection('job').insertMany(jobs);
});

afterAll(async () => {
  client.close();
  await service.stop();
});

const ask = (query: JsonObject, domain_id = SHAPES) => client.call('stat', { domain_id, query });
const stages = (...aggregate: readonly JsonObject[]): JsonObject => ({ aggregate: [...aggregate] });
const page = (limit: number, start = 1): JsonObject => ({ page: { start, limit } });
const field = (n: string, o: string, k = '', rest: JsonObject = {}): JsonObject => ({ n, o, k, ...rest });
const only = (...jobs: readonly string[]): JsonObject => ({
  filter: [{ k: 'job_id', o: 'in', v: [...jobs] }],
});
const byId: JsonObject = { sort: { key: 'job_id' } };

/** One field over some jobs, in the order of their ids, as one row. */
const over = (jobs: readonly string[], one: JsonObject): JsonObject => ({
  ...only(...jobs),
  ...stages(byId, { group: { fields: [one] } }),
});

const counted = (k: string, o: string, v?: JsonValue): JsonObject => {
  const value = v === undefined ? {} : { v };
  return stages({ group: { fields: [field('x', 'count', '', { conditions: [{ k, o, ...value }] })] } });
};

const projected = (job: string, o: string, k: string): JsonObject => ({
  ...only(job),
  ...stages({ project: { fields: [{ k, n: 'x', o }] } }),
});

const dated = (job: string, date_format: string): JsonObject => ({
  ...only(job),
  ...stages({ group: { keys: [{ k: 't', n: 'x', date_format }] } }),
});

const distinct = (key: string): JsonObject => ({ distinct: key });

type Case = readonly [string, JsonObject, unknown];
const ALL = Object.keys(JOBS);
const x = (...values: readonly JsonValue[]): JsonObject[] => values.map((value) => ({ x: value }));

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
    over(ALL, field('x', 'sum', 'total_tasks', { conditions: [{ k: 'status', o: 'eq', v: 'A' }] })),
    x(7.5),
  ],
  [
    'an average with conditions counts 0 where they are missed',
    over(
      ['j1', 'j2', 'j3'],
      field('x', 'average', 'total_tasks', { conditions: [{ k: 'status', o: 'eq', v: 'A' }] }),
    ),
    x(2.5),
  ],
  [
    'all conditions are to be met',
    over(
      ALL,
      field('x', 'count', '', {
        conditions: [
          { k: 'status', o: 'eq', v: 'A' },
          { key: 'total_tasks', operator: 'gt', value: 3 },
        ],
      }),
    ),
    x(1),
  ],
  [
    'over no rows there is no row',
    {
      filter: [{ k: 'status', o: 'eq', v: 'none' }],
      ...stages({ group: { fields: [field('x', 'count')] } }),
    },
    [],
  ],
];

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

const PROJECTIONS: readonly Case[] = [
  ['a rename', projected('j1', '', 'status'), x('A')],
  ['a rename of nothing', projected('j1', '', 'nosuch'), [{}]],
  ['a rename through arrays', projected('j7', '', 'a.p'), x([1, 2])],
  ['no index', projected('j1', '', 'a.0'), x([])],
  ['size', projected('j1', 'size', 'a'), x(2)],
  ['size of an empty list', projected('j2', 'size', 'a'), x(0)],
  ['size of text', projected('j4', 'size', 'a'), x(0)],
  ['size of null', projected('j5', 'size', 'a'), x(0)],
  ['size of nothing', projected('j5', 'size', 'nosuch'), x(0)],
  ['sum of the numbers', projected('j5', 'sum', 'n'), x(3.5)],
  ['sum of a number', projected('j6', 'sum', 'n'), x(0)],
  ['sum of an empty list', projected('j7', 'sum', 'n'), x(0)],
  ['sum of nothing', projected('j1', 'sum', 'n'), x(0)],
  ['sum through arrays', projected('j7', 'sum', 'a.p'), x(3)],
  [
    'object_to_array',
    projected('j1', 'object_to_array', 'o'),
    x([
      { k: 'p', v: 1 },
      { k: 'q', v: 'z' },
    ]),
  ],
  ['object_to_array of an empty object', projected('j6', 'object_to_array', 'o'), x([])],
  ['object_to_array of null', projected('j3', 'object_to_array', 'o'), x(null)],
  ['object_to_array of nothing', projected('j4', 'object_to_array', 'o'), x(null)],
  ['object_to_array of text', projected('j1', 'object_to_array', 'status'), x(null)],
  ['array_to_object of pairs', projected('j4', 'array_to_object', 'pairs'), x({ a: 1, b: { c: 2 } })],
  ['array_to_object of {k, v}', projected('j5', 'array_to_object', 'pairs'), x({ a: 1, $b: null })],
  ['array_to_object of an empty list', projected('j6', 'array_to_object', 'pairs'), x({})],
  ['array_to_object of null', projected('j5', 'array_to_object', 'a'), x(null)],
  ['array_to_object of nothing', projected('j1', 'array_to_object', 'pairs'), x(null)],
  ['a field of the collector', projected('j1', '', 'collector.plugin_id'), x('plug-1')],
  ['a field of another domain’s collector', projected('j4', '', 'collector.name'), [{}]],
  ['the reference itself', projected('j1', '', 'collector'), x(FIRST.toHexString())],
  [
    'two projects',
    {
      ...only('j1'),
      ...stages(
        { project: { fields: [{ k: 'o', n: 'p' }] } },
        { project: { fields: [{ k: 'p.q', n: 'x' }] } },
      ),
    },
    x('z'),
  ],
  [
    'keys of a group stay',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 'x' }] } },
      ),
    },
    [{ s: 'A', x: 1 }],
  ],
  [
    'keys of a group go, if asked',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 'x' }], exclude_keys: true } },
      ),
    },
    x(1),
  ],
  [
    'a field may take the name of a key',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } },
        { project: { fields: [{ k: 'c', n: 's' }] } },
      ),
    },
    [{ s: 1 }],
  ],
  [
    'what was before a group is missing',
    {
      ...only('j1'),
      ...stages(
        { group: { keys: [{ k: 'status', n: 's' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }], exclude_keys: true } },
      ),
    },
    [{}],
  ],
];

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

const ORDERS: readonly Case[] = [
  ['count', stages({ count: { name: 'x' } }), x(7)],
  [
    'count of no rows',
    { filter: [{ k: 'status', o: 'eq', v: 'none' }], ...stages({ count: { name: 'x' } }) },
    [],
  ],
  [
    'unwind',
    {
      ...stages({ unwind: { path: 'a' } }, byId, { group: { fields: [field('x', 'push', 'a')] } }),
      ...only('j1', 'j2', 'j3', 'j4', 'j5'),
    },
    x(['x', 'y', 'y', null, 'x']),
  ],
  ['unwind of nothing', stages({ unwind: { path: 'nosuch' } }), []],
  ['unwind of _id', stages({ unwind: { path: '_id' } }), []],
  ['unwind of the collector’s', stages({ unwind: { path: 'collector.name' } }), []],
  [
    'unwind after a group',
    {
      ...only('j1', 'j2'),
      ...stages(byId, { group: { fields: [field('x', 'push', 'job_id')] } }, { unwind: { path: 'x' } }),
    },
    x('j1', 'j2'),
  ],
  [
    'sort by two keys',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        { sort: { keys: [{ key: 'status', desc: true }, { key: 'total_tasks' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j3', 'j2', 'j1'),
  ],
  [
    'sort.key wins over sort.keys',
    {
      ...only('j1', 'j2'),
      ...stages(
        { sort: { key: 'job_id', desc: true, keys: [{ key: 'job_id' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j1'),
  ],
  [
    'sort by a field of the collector, and by the job’s of that name',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        { sort: { keys: [{ key: 'collector.created_at' }, { key: 'created_at' }] } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j3', 'j1'),
  ],
  [
    'sort by the collector’s name',
    {
      ...only('j1', 'j2'),
      ...stages(
        { sort: { key: 'collector.name', desc: true } },
        { project: { fields: [{ k: 'job_id', n: 'x' }] } },
      ),
    },
    x('j2', 'j1'),
  ],
  [
    'skip and limit',
    stages(byId, { skip: 2 }, { limit: 2 }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
    x('j3', 'j4'),
  ],
  [
    'skip of none',
    stages(byId, { skip: 0 }, { limit: 1 }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
    x('j1'),
  ],
  ['skip of all', stages(byId, { skip: 7 }), []],
  [
    'whole documents by storage’s names',
    { ...only('j6'), ...stages(byId) },
    [
      {
        job_id: 'j6',
        domain_id: SHAPES,
        a: [['x'], { p: 1 }],
        n: 4,
        o: {},
        pairs: [],
        es: [{ c: 'E', m: [1, 2] }, { c: 'F' }, { m: [2, null] }],
      },
    ],
  ],
  [
    'whole documents stay so beside a collector',
    { ...only('j5'), ...stages({ sort: { key: 'collector.name' } }) },
    [
      {
        job_id: 'j5',
        domain_id: SHAPES,
        status: null,
        a: null,
        n: [1, 2.5, 'x', [3], null],
        pairs: [
          { k: 'a', v: 1 },
          { k: '$b', v: null },
        ],
      },
    ],
  ],
  [
    'a page without an order is by job_id',
    { ...stages({ project: { fields: [{ k: 'job_id', n: 'x' }] } }), ...page(2, 3) },
    x('j3', 'j4'),
  ],
  [
    'a page of a group is by its keys, null and missing first',
    {
      ...only('j1', 'j2', 'j3', 'j5', 'j7'),
      ...stages(
        {
          group: {
            keys: [
              { k: 'total_tasks', n: 'x' },
              { k: 'domain_id', n: 'd' },
            ],
          },
        },
        { project: { fields: [{ k: 'x', n: 'x' }], exclude_keys: true } },
      ),
      ...page(9),
    },
    [{}, ...x(2.5, 5, 7, 'many')],
  ],
  [
    'a page of a group is in the order of its keys, names of digits too',
    {
      ...only('j1', 'j2', 'j3'),
      ...stages(
        {
          group: {
            keys: [
              { k: 'total_tasks', n: '2' },
              { k: 'job_id', n: '1' },
            ],
          },
        },
        { project: { fields: [{ k: '2', n: 'x' }], exclude_keys: true } },
      ),
      ...page(9),
    },
    x(2.5, 5, 7),
  ],
  [
    'a page after a sort',
    {
      ...stages({ sort: { key: 'job_id', desc: true } }, { project: { fields: [{ k: 'job_id', n: 'x' }] } }),
      ...page(2),
    },
    x('j7', 'j6'),
  ],
  ['a page past the end', { ...stages(byId), ...page(5, 8) }, []],
];

const DISTINCTS: readonly Case[] = [
  ['a field, null first, missing left out', distinct('status'), [null, 'A', 'B']],
  ['numbers by value, and texts behind', distinct('total_tasks'), [null, 2.5, 5, 7, 'many']],
  ['arrays are spread', { ...only('j1', 'j2', 'j3', 'j4', 'j5'), ...distinct('a') }, [null, 'x', 'y']],
  ['an array within an array is a value', { ...only('j6'), ...distinct('a') }, [{ p: 1 }, ['x']]],
  ['through arrays', { ...only('j7'), ...distinct('a.p') }, [1, 2]],
  ['through arrays, and spread', distinct('es.m'), [null, 1, 2]],
  ['through arrays and objects', distinct('es.c'), ['E', 'F', 'G']],
  ['a field of the collector', distinct('collector.name'), ['First', 'Second']],
  ['a field of the collector of that name', distinct('collector.provider'), ['aws']],
  [
    'the collector itself',
    { ...only('j1', 'j2'), ...distinct('collector_info') },
    [FIRST.toHexString(), SECOND.toHexString()],
  ],
  ['what is nowhere', distinct('nosuch'), []],
  ['_id', distinct('_id'), []],
  ['by index', distinct('a.0'), ['x', 'y', { p: 1 }]],
  [
    'dates',
    { ...only('j1', 'j2'), ...distinct('created_at') },
    ['2024-01-01T00:00:00.000Z', '2024-01-03T00:00:00.000Z'],
  ],
  ['a page', { ...distinct('job_id'), ...page(2, 2) }, ['j2', 'j3']],
  ['aggregate wins', { ...distinct('job_id'), ...stages({ count: { name: 'x' } }) }, x(7)],
];

describe.each([
  ['group field', FIELDS],
  ['condition', CONDITIONS],
  ['project', PROJECTIONS],
  ['date format', FORMATS],
  ['group', GROUPS],
  ['order', ORDERS],
  ['distinct', DISTINCTS],
])('%s', (_, cases) => {
  test.each(cases)('%s', async (_what, query, rows) => {
    expect(rowsOf(await ask(query))).toEqual(rows);
  });
});

test.each<readonly [string, JsonObject, number]>([
  ['rows of a group', { ...stages({ group: { keys: [{ k: 'job_id', n: 'j' }] } }), ...page(2) }, 7],
  ['values', { ...distinct('status'), ...page(1, 3) }, 3],
  ['no rows', { ...stages({ unwind: { path: 'nosuch' } }), ...page(1) }, 0],
  ['rows past the page', { ...stages(byId), ...page(1, 100) }, 7],
])('total_count is before paging: %s', async (_what, query, total) => {
  const outcome = await ask(query);
  expect(totalOf(outcome)).toBe(total);
  expect(outcome).toHaveProperty('response.total_count');
});

test('there is no total_count without a page', async () => {
  expect(await ask({ ...stages({ count: { name: 'x' } }), page: { start: 3 } })).toEqual({
    response: { results: x(7) },
  });
});

test.each<readonly [string, JsonObject]>([
  ['a group', stages({ group: { keys: [{ k: 'status', n: 's' }], fields: [field('c', 'count')] } })],
  ['a group without keys', stages({ group: { fields: [field('c', 'count')] } })],
  ['a count', stages({ count: { name: 'x' } })],
  ['whole documents', stages(byId)],
  ['values', distinct('status')],
])('a domain without jobs has no rows: %s', async (_what, query) => {
  expect(await ask(query, NOBODY)).toEqual({ response: { results: [] } });
});

describe('computed over again, on the sample', () => {
  const documents = () => service.db.collection('job').find({ domain_id: SAMPLE }).toArray();
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const rank = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

  test('jobs by status, with the sum of their tasks', async () => {
    const groups = new Map<string, { c: number; n: number }>();
    for (const { status, total_tasks } of await documents()) {
      const { c, n } = groups.get(text(status)) ?? { c: 0, n: 0 };
      groups.set(text(status), { c: c + 1, n: n + Number(total_tasks ?? 0) });
    }
    const due = [...groups].toSorted(([a], [b]) => rank(a, b)).map(([s, values]) => ({ s, ...values }));
    const query = stages({
      group: {
        keys: [{ k: 'status', n: 's' }],
        fields: [field('c', 'count'), field('n', 'sum', 'total_tasks')],
      },
    });
    expect(rowsOf(await ask({ ...query, ...page(100) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(4);
  });

  test('jobs by day', async () => {
    const days = new Map<string, number>();
    for (const { created_at } of await documents()) {
      const day = created_at instanceof Date ? created_at.toISOString().slice(0, 10) : '';
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    const due = [...days].toSorted(([a], [b]) => rank(a, b)).map(([d, c]) => ({ d, c }));
    const query = stages({
      group: { keys: [{ k: 'created_at', n: 'd', date_format: '%Y-%m-%d' }], fields: [field('c', 'count')] },
    });
    expect(rowsOf(await ask({ ...query, ...page(1000) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(90);
  });

  test('jobs by provider of their collector', async () => {
    const collectors = await service.db.collection('collector').find({ domain_id: SAMPLE }).toArray();
    const providers = new Map(collectors.map(({ _id, provider }) => [String(_id), text(provider)]));
    const counts = new Map<string, number>();
    for (const { collector } of await documents()) {
      const provider = providers.get(String(collector)) ?? '';
      counts.set(provider, (counts.get(provider) ?? 0) + 1);
    }
    const due = [...counts]
      .toSorted(([a], [b]) => rank(a, b))
      .map(([p, c]) => ({ p: [p, null][Number(p === '')], c }));
    const query = stages({
      group: { keys: [{ k: 'collector.provider', n: 'p' }], fields: [field('c', 'count')] },
    });
    expect(rowsOf(await ask({ ...query, ...page(100) }, SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(3);
  });

  test('every project there is', async () => {
    const projects = (await documents()).flatMap(({ projects: of }) =>
      Array.isArray(of) ? of.map(text) : [],
    );
    const due = [...new Set(projects)].toSorted(rank);
    expect(rowsOf(await ask(distinct('projects'), SAMPLE))).toEqual(due);
    expect(due.length).toBeGreaterThan(3);
  });

  test('pages of jobs by collector and status never overlap or skip', async () => {
    const query = stages({
      group: {
        keys: [
          { k: 'collector_id', n: 'c' },
          { k: 'status', n: 's' },
        ],
        fields: [field('n', 'count')],
      },
    });
    const whole = rowsOf(await ask({ ...query, ...page(1000) }, SAMPLE));
    const pages = await Promise.all(
      [1, 11, 21, 31, 41, 51, 61].map((start) => ask({ ...query, ...page(10, start) }, SAMPLE)),
    );
    expect(pages.flatMap(rowsOf)).toEqual(whole);
    expect(pages.flatMap(rowsOf).length).toBeGreaterThan(30);
  });
});

describe('a group by what collectors have', () => {
  const keysOf = (...names: readonly string[]): JsonObject[] => names.map((k, i) => ({ k, n: `x${i}` }));
  const MERGED = [
    field('part0', 'count'),
    field('collector', 'count', '', { conditions: [{ k: 'status', o: 'eq', v: 'A' }] }),
    field('most', 'max', 'total_tasks'),
    field('least', 'min', 't'),
  ];
  const WHOLE = field('all', 'push', 'job_id');
  /** The guard of the size of rows, behind a barrier. */
  const GUARD = ['$limit', '$match'];
  const begins = (fields: readonly JsonObject[]): readonly string[] => {
    const query = stages({ group: { keys: keysOf('collector.name'), fields: [...fields] } });
    const referred = { ids: [], documents: [] };
    const { rows } = compileStat(readStat(statisticsOf(query), READING), JOB_SCHEMA, referred);
    return rows.flatMap((stage) => Object.keys(sent(stage)));
  };
  const shown = { project: { fields: ['part0', 'collector', 'most', 'least'].map((n) => ({ k: n, n })) } };
  const rowsBy = async (keys: readonly string[], fields: readonly JsonObject[], domain: string) => {
    const group = { keys: keysOf(...keys), fields: [...fields] };
    const outcome = await ask(stages({ group }, shown), domain);
    return [rowsOf(outcome)]
      .flat()
      .map((row) => JSON.stringify(row))
      .toSorted();
  };

  test('finds each collector once where parts make the whole, and for each job where they do not', () => {
    expect(begins(MERGED)).toEqual(['$match', '$group', '$project', '$set', '$group', '$project', ...GUARD]);
    expect(begins([...MERGED, WHOLE])).toEqual(['$match', '$set', '$group', '$project', ...GUARD]);
    expect(begins([field('n', 'max', 'collector.name')])).toEqual(['$set', '$group', '$project', ...GUARD]);
  });

  const KEYS = [
    ['collector.name'],
    ['collector.provider', 'status'],
    ['status', 'collector.name', 'collector.nosuch'],
    ['collector.created_at', 'collector'],
    ['collector.provider', 'o', 'a', 'nosuch'],
  ];

  test.each([SHAPES, SAMPLE].flatMap((domain) => KEYS.map((keys) => ({ domain, keys }))))(
    'is the same in both ways: $domain by $keys',
    async ({ domain, keys }) => {
      const due = await rowsBy(keys, [...MERGED, WHOLE], domain);
      expect(await rowsBy(keys, MERGED, domain)).toEqual(due);
      expect(due.length).toBeGreaterThan(1);
    },
  );
});

const pipeline = (query: JsonObject): Document =>
  sent({
    rows: compileStat(readStat(statisticsOf(query), READING), JOB_SCHEMA, undefined).rows.slice(0, -2),
  });

/** Stands before stages to which a missing value is another than null. */
const DOCUMENTS = { $match: { _id: { $exists: true } } };

test('an id that comes again while it is counted is counted once', () => {
  const { total } = compileStat(
    readStat(statisticsOf({ ...distinct('job_id'), ...page(1) }), READING),
    JOB_SCHEMA,
    undefined,
  );
  expect(total).toEqual([
    DOCUMENTS,
    { $match: { job_id: { $exists: true } } },
    { $group: { _id: '$job_id' } },
  ]);
});

test.each<readonly [string, JsonObject, readonly Document[]]>([
  [
    'a group',
    { aggregate: [{ group: { keys: [{ k: 'status', n: 's' }], fields: [field('n', 'sum', 'filter.x')] } }] },
    [
      { $group: { _id: { s: { $ifNull: ['$status', null] } }, n: { $sum: '$filters.x' } } },
      { $project: { _id: 0, s: '$_id.s', n: 1 } },
    ],
  ],
  [
    'a page of a group by several keys',
    {
      aggregate: [
        {
          group: {
            keys: [
              { k: 'status', n: 's' },
              { k: 'filter.x', n: 'x' },
            ],
          },
        },
      ],
      page: { limit: 5 },
    },
    [
      DOCUMENTS,
      { $group: { _id: { s: '$status', x: '$filters.x' } } },
      {
        $set: {
          _id: {
            keys: '$_id',
            order: { key0: { $ifNull: ['$_id.s', null] }, key1: { $ifNull: ['$_id.x', null] } },
          },
        },
      },
      { $sort: { '_id.order': 1, '_id.keys': 1 } },
      { $project: { _id: 0, s: '$_id.keys.s', x: '$_id.keys.x' } },
      { $limit: 5 },
    ],
  ],
  [
    'a condition',
    counted('created_at', 'gte', '2024-03-15'),
    [
      DOCUMENTS,
      {
        $group: {
          _id: null,
          x: {
            $sum: {
              $cond: [
                {
                  $and: [
                    {
                      $and: [
                        { $eq: [{ $type: '$created_at' }, 'date'] },
                        { $gte: ['$created_at', { $literal: new Date('2024-03-15') }] },
                      ],
                    },
                  ],
                },
                1,
                0,
              ],
            },
          },
        },
      },
      { $project: { _id: 0, x: 1 } },
    ],
  ],
  [
    'unwind, sort, skip, limit and count',
    stages(
      { unwind: { path: 'user_projects' } },
      { sort: { key: 'filter.x', desc: true } },
      { skip: 1 },
      { limit: 2 },
      { count: { name: 'n' } },
    ),
    [
      DOCUMENTS,
      { $unwind: '$projects' },
      { $sort: { 'filters.x': -1 } },
      { $skip: 1 },
      { $limit: 2 },
      { $count: 'n' },
    ],
  ],
  [
    'project',
    stages({
      project: {
        fields: [
          { k: 'errors', n: 'e', o: 'size' },
          { k: 'status', n: 's' },
        ],
      },
    }),
    [
      DOCUMENTS,
      {
        $project: {
          _id: 0,
          e: { $cond: [{ $isArray: ['$errors'] }, { $size: '$errors' }, 0] },
          s: '$status',
        },
      },
    ],
  ],
])('the pipeline of %s', (_what, query, due) => {
  expect(pipeline(query)).toEqual({ rows: due });
});

const group = (parts: JsonObject): JsonObject => stages({ group: parts });
const project = (...fields: readonly JsonObject[]): JsonObject =>
  stages({ project: { fields: [...fields] } });
const keyed = (key: JsonObject): JsonObject => group({ keys: [key] });
const made = (one: JsonObject): JsonObject => group({ fields: [one] });
const on = (condition: JsonObject): JsonObject => made(field('x', 'count', '', { conditions: [condition] }));

/** A query, the code and the field that it is refused with, and a part of the text. */
type Refusal = readonly [string, JsonObject, string, string, string];

const NAMES: readonly Refusal[] = ['a.b', '$a', '_id', 'a\0'].flatMap((n): readonly Refusal[] => [
  [
    `the group key ${JSON.stringify(n)}`,
    keyed({ k: 'status', n }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[0].name',
    'is no name',
  ],
  [
    `the group field ${JSON.stringify(n)}`,
    made(field(n, 'count')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'is no name',
  ],
  [
    `the pushed field ${JSON.stringify(n)}`,
    made(field('x', 'push', '', { fields: [{ k: 'status', n }] })),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].fields[0].name',
    'is no name',
  ],
  [
    `the projected field ${JSON.stringify(n)}`,
    project({ k: 'status', n }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[0].name',
    'is no name',
  ],
  [
    `the count ${JSON.stringify(n)}`,
    stages({ count: { name: n } }),
    'INVALID_PARAMETER',
    'query.aggregate[0].count.name',
    'is no name',
  ],
]);

const KEYS: readonly Refusal[] = ['$status', '$$ROOT', 'a..b', '.', 'a\0', 'filters.$x'].flatMap(
  (k): readonly Refusal[] => [
    [
      `a group by ${JSON.stringify(k)}`,
      keyed({ k, n: 'x' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.keys[0].key',
      'plain path',
    ],
    [
      `a sum of ${JSON.stringify(k)}`,
      made(field('x', 'sum', k)),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.fields[0].key',
      'plain path',
    ],
    [
      `a condition on ${JSON.stringify(k)}`,
      on({ k, o: 'eq' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].group.fields[0].conditions[0].key',
      'plain path',
    ],
    [
      `a projection of ${JSON.stringify(k)}`,
      project({ k, n: 'x' }),
      'INVALID_PARAMETER',
      'query.aggregate[0].project.fields[0].key',
      'plain path',
    ],
    [
      `a sort by ${JSON.stringify(k)}`,
      stages({ sort: { key: k } }),
      'INVALID_PARAMETER',
      'query.aggregate[0].sort.key',
      'plain path',
    ],
    [
      `an unwind of ${JSON.stringify(k)}`,
      stages({ unwind: { path: k } }),
      'INVALID_PARAMETER',
      'query.aggregate[0].unwind.path',
      'plain path',
    ],
    [`distinct ${JSON.stringify(k)}`, distinct(k), 'INVALID_PARAMETER', 'query.distinct', 'plain path'],
  ],
);

const PARTS: readonly Refusal[] = [
  ['nothing asked', {}, 'REQUIRED_PARAMETER', 'query.aggregate', '(key = aggregate)'],
  ['a stage of no kind', stages({}), 'INVALID_PARAMETER', 'query.aggregate[0]', 'a stage is one of'],
  [
    'unwind without a path',
    stages({ unwind: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].unwind.path',
    '(key = aggregate.unwind.path)',
  ],
  [
    'count without a name',
    stages({ count: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].count.name',
    '(key = aggregate.count.name)',
  ],
  [
    'sort without a key',
    stages({ sort: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].sort.key',
    '(key = aggregate.sort.key)',
  ],
  [
    'project without fields',
    stages({ project: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].project.fields',
    '(key = aggregate.project.fields)',
  ],
  [
    'group without keys and fields',
    stages({ group: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group',
    '(key = aggregate.group.keys || aggregate.group.fields)',
  ],
  [
    'the second stage',
    stages(byId, { count: {} }),
    'REQUIRED_PARAMETER',
    'query.aggregate[1].count.name',
    'aggregate.count.name',
  ],
  [
    'a group key without a key',
    keyed({ n: 'x' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.keys[0].key',
    'keys[0].key',
  ],
  [
    'a group key without a name',
    keyed({ k: 'status' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.keys[0].name',
    'keys[0].name',
  ],
  [
    'a group field without a name',
    made({ o: 'count' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'fields[0].name',
  ],
  [
    'a group field without an operator',
    made({ n: 'x', k: 'status' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'operator',
  ],
  [
    'an unknown group operator',
    made(field('x', 'median', 'status')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'median',
  ],
  [
    'an inherited group operator',
    made(field('x', 'constructor', 'status')),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].operator',
    'constructor',
  ],
  ...['sum', 'average', 'max', 'min', 'first', 'last', 'add_to_set', 'merge_objects'].map((o): Refusal => [
    `${o} without a key`,
    made({ n: 'x', o }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].key',
    'fields[0].key',
  ]),
  [
    'push without key and fields',
    made({ n: 'x', o: 'push' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0]',
    'fields[0].key',
  ],
  ...['max', 'min', 'first', 'last', 'push', 'add_to_set', 'merge_objects'].map((o): Refusal => [
    `${o} with conditions`,
    made(field('x', o, 'status', { conditions: [{ k: 'status', o: 'eq', v: 1 }] })),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions',
    o,
  ]),
  [
    'a condition without a key',
    on({ o: 'eq' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].key',
    'conditions[0].key',
  ],
  [
    'a condition without an operator',
    on({ k: 'status' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].operator',
    'operator',
  ],
  [
    'an unknown operator of a condition',
    on({ k: 'status', o: 'in', v: [] }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].operator',
    "'in'",
  ],
  [
    'a list to order by',
    on({ k: 'status', o: 'gt', v: [1] }),
    'OPERATOR_VALUE_TYPE',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'conditions[0]',
  ],
  [
    'an object to order by',
    on({ k: 'status', o: 'lte', v: {} }),
    'INVALID_PARAMETER_TYPE',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'lte',
  ],
  [
    'a bad date in a condition',
    on({ k: 'created_at', o: 'gt', v: 'soon' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].conditions[0].value',
    'soon',
  ],
  [
    'two group keys of a name',
    group({
      keys: [
        { k: 'a', n: 'x' },
        { k: 'b', n: 'x' },
      ],
    }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[1].name',
    'twice',
  ],
  [
    'a key and a field of a name',
    group({ keys: [{ k: 'a', n: 'x' }], fields: [field('x', 'count')] }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.fields[0].name',
    'twice',
  ],
  [
    'two projected fields of a name',
    project({ k: 'a', n: 'x' }, { k: 'b', n: 'x' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[1].name',
    'twice',
  ],
  [
    'an unknown project operator',
    project({ k: 'a', n: 'x', o: 'abs' }),
    'INVALID_PARAMETER',
    'query.aggregate[0].project.fields[0].operator',
    'abs',
  ],
  [
    'a projected field without a key',
    project({ n: 'x' }),
    'REQUIRED_PARAMETER',
    'query.aggregate[0].project.fields[0].key',
    'fields[0].key',
  ],
  ['limit 0', stages({ limit: 0 }), 'INVALID_PARAMETER', 'query.aggregate[0].limit', '0'],
  ['limit -1', stages({ limit: -1 }), 'INVALID_PARAMETER', 'query.aggregate[0].limit', '-1'],
  ['skip -1', stages({ skip: -1 }), 'INVALID_PARAMETER', 'query.aggregate[0].skip', '-1'],
  ...['%', '%y', '%Y-%', '%D', '%-d', 'a\0'].map((date_format): Refusal => [
    `the date format ${JSON.stringify(date_format)}`,
    keyed({ k: 'created_at', n: 'x', date_format }),
    'INVALID_PARAMETER',
    'query.aggregate[0].group.keys[0].date_format',
    'pattern',
  ]),
  [
    'a filter',
    { filter: [{ k: 'nosuch', o: 'eq', v: 1 }], ...distinct('status') },
    'INVALID_PARAMETER',
    'query.filter[0].key',
    'nosuch',
  ],
  [
    '101 stages',
    stages(...Array<JsonObject>(101).fill({ skip: 0 })),
    'LIMIT_EXCEEDED',
    'query.aggregate',
    '100',
  ],
];

describe.each([
  ['a name', NAMES],
  ['a key', KEYS],
  ['a part', PARTS],
])('refused for %s', (_, refusals) => {
  test.each(refusals)('%s', async (_what, query, code, at, text) => {
    const refusal = { code: `ERROR_${code}`, fields: [at], text: expect.stringContaining(text) };
    expect(refusalOf(await ask(query))).toEqual(refusal);
  });
});

test.each<readonly [string, JsonObject]>([
  ['merge_objects of text', made(field('x', 'merge_objects', 'job_id'))],
  ['merge_objects of an array', { ...only('j1'), ...made(field('x', 'merge_objects', 'a')) }],
  ['array_to_object of text', projected('j1', 'array_to_object', 'status')],
  ['array_to_object of an object', projected('j1', 'array_to_object', 'o')],
  ['array_to_object of texts', projected('j1', 'array_to_object', 'a')],
  ['array_to_object of other objects', projected('j7', 'array_to_object', 'a')],
  ['array_to_object of numbers', projected('j5', 'array_to_object', 'n')],
  ['a sort through two arrays', stages({ sort: { keys: [{ key: 'a' }, { key: 'es.m' }] } })],
])('what the documents make impossible: %s', async (_what, query) => {
  expect(await ask(query)).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
  });
});

test('a sum of Decimal128 comes as text', async () => {
  await service.db
    .collection('job')
    .insertOne({ job_id: 'decimal', domain_id: 'domain-decimal', n: Decimal128.fromString('0.1') });
  expect(rowsOf(await ask(made(field('x', 'sum', 'n')), 'domain-decimal'))).toEqual(x('0.1'));
});

test('none of it was a fault of the service', () => {
  expect(service.faults).toEqual([]);
});
