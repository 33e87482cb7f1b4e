// Any value may be stored in any place: no document fails a call, and a value of the wrong type is shown as its default.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import type { Document } from 'mongodb';
import { idsOf, rowsOf, totalOf } from '../query/request.js';
import { jsonClient } from '../harness/client.js';
import type { JsonClient } from '../harness/client.js';
import { startService } from '../harness/service.js';
import type { Service } from '../harness/service.js';

const MUTANTS = 'domain-mutants';
const TABLE = 'domain-table';

let service: Service;
let client: JsonClient;

const deep = Array.from({ length: 40 }).reduce<Document>((inner) => ({ inner: [inner] }), { bottom: 1 });

/** A value of every BSON type. */
const VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  70_000,
  2 ** 31,
  -(2 ** 40),
  new Double(1.5),
  NaN,
  Infinity,
  -Infinity,
  Long.fromString('9007199254740993'),
  Long.MIN_VALUE,
  Decimal128.fromString('1.5'),
  Decimal128.fromString('NaN'),
  '',
  'text',
  'UNRECOGNIZED',
  '0',
  '-1',
  'constructor',
  'x'.repeat(5000),
  '\0',
  'é🚀',
  new Date(0),
  new Date(8.64e15),
  new Date(-8.64e15),
  new ObjectId(),
  new Binary(Buffer.from('abc')),
  new UUID(),
  new Binary(Buffer.from('abc'), Binary.SUBTYPE_UUID),
  new Binary(Buffer.from('abc'), 128),
  new BSONRegExp('[', 'i'),
  new BSONSymbol('sym'),
  new Code('x'),
  new Code('x', { y: 1 }),
  new DBRef('job', new ObjectId()),
  new MinKey(),
  new MaxKey(),
  new Timestamp({ t: 1, i: 2 }),
  [],
  [null],
  [[]],
  [1, 'x', {}],
  [{ error_code: 5 }],
  {},
  { a: 1 },
  { plugin_id: { x: 1 } },
  { $ref: 1 },
  new Map([['_bsontype', 'Long']]),
  new Map([['__proto__', 1]]),
  deep,
  [deep],
];

const FIELDS = [
  'status',
  'filters',
  'total_tasks',
  'remained_tasks',
  'errors',
  'collector',
  'collector_id',
  'project_id',
  'projects',
  'created_at',
  'updated_at',
  'finished_at',
  'mark_error',
  'unknown',
];
const COLLECTOR_FIELDS = [
  'collector_id',
  'name',
  'state',
  'plugin_info',
  'provider',
  'capability',
  'is_public',
  'project_id',
  'tags',
  'created_at',
  'last_collected_at',
  'priority',
];

const mutation = (names: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...VALUES)), { minLength: 1, maxLength: 6 })
    .map((entries): Document => Object.fromEntries(entries));

const COUNT = 200;
const sampled = (names: readonly string[], seed: number): readonly Document[] =>
  fc.sample(mutation(names), { numRuns: COUNT, seed });

/** Two hundred jobs, each with a collector, both with anything anywhere. */
function mutants(): readonly (readonly [Document, Document])[] {
  const collectors = sampled(COLLECTOR_FIELDS, 2);
  return sampled(FIELDS, 1).map((job, i) => {
    const _id = new ObjectId();
    const unique = { collector_id: `collector-${i}`, domain_id: MUTANTS, _id };
    return [
      { collector: _id, ...job, job_id: `job-${String(i).padStart(3, '0')}`, domain_id: MUTANTS },
      { ...collectors[i], ...unique },
    ];
  });
}

const IDS = Array.from({ length: COUNT }, (_, i) => `job-${String(i).padStart(3, '0')}`);

/** A stored value of a field, and its shown form. */
const SHOWN: readonly (readonly [string, Document, JsonObject])[] = [
  ['a status', { status: 'TIMEOUT' }, { status: 'TIMEOUT' }],
  ['an unknown status', { status: 'FAILURE' }, {}],
  ['a status by number', { status: 1 }, {}],
  ['a status that is no status’ name', { status: 'UNRECOGNIZED' }, {}],
  ['a status by a number’s text', { status: '1' }, {}],
  ['a status that every object has', { status: 'constructor' }, {}],
  ['a status in another case', { status: 'error' }, {}],
  ['a whole double', { total_tasks: new Double(7) }, { total_tasks: 7 }],
  ['a double, cut', { total_tasks: 7.9, remained_tasks: -7.9 }, { total_tasks: 7, remained_tasks: -7 }],
  ['a long', { total_tasks: Long.fromNumber(42) }, { total_tasks: 42 }],
  ['a number above int32', { total_tasks: 2 ** 40 }, { total_tasks: 2 ** 31 - 1 }],
  ['a number below int32', { total_tasks: Long.MIN_VALUE }, { total_tasks: -(2 ** 31) }],
  [
    'infinity',
    { total_tasks: Infinity, remained_tasks: -Infinity },
    { total_tasks: 2 ** 31 - 1, remained_tasks: -(2 ** 31) },
  ],
  ['what is no number', { total_tasks: 'many', remained_tasks: NaN }, {}],
  ['empty filters', { filters: {} }, {}],
  ['filters that are no object', { filters: [1] }, {}],
  ['filters like a reference', { filters: { $ref: 'x', $id: 1 } }, { filter: { $ref: 'x', $id: 1 } }],
  [
    'errors that are no objects',
    { errors: [1, 'x', null, [], { message: 'm' }] },
    { errors: [{ message: 'm' }] },
  ],
  ['errors that are no list', { errors: { message: 'm' } }, {}],
  [
    'an empty additional',
    { errors: [{ error_code: 'E', additional: {} }] },
    { errors: [{ error_code: 'E' }] },
  ],
  ['a date as text', { created_at: '2024-01-01' }, { created_at: '2024-01-01' }],
  ['no date', { created_at: null, finished_at: [] }, {}],
  ['a project that is a number', { project_id: 5 }, { project_id: '5' }],
  ['a collector that is none', { collector: 'text' }, {}],
];

beforeAll(async () => {
  service = await startService('answers');
  client = jsonClient(service.address);
  const [jobs, collectors] = [service.db.collection('job'), service.db.collection('collector')];
  const made = mutants();
  await jobs.insertMany(made.map(([job]) => job));
  await collectors.insertMany(made.map(([, collector]) => collector));
  await jobs.insertMany(SHOWN.map(([what, job]) => ({ job_id: what, domain_id: TABLE, ...job })));
});

afterAll(async () => {
  client.close();
  await service.stop();
});

describe('two hundred documents with any value in any field', () => {
  test('are all listed', async () => {
    const outcome = await client.call('list', { domain_id: MUTANTS, query: { sort: { key: 'job_id' } } });
    expect(idsOf(outcome)).toEqual(IDS);
    expect(totalOf(outcome)).toBe(COUNT);
  });

  test.each(FIELDS.filter((name) => name !== 'unknown'))(
    'are listed in the order of %s, every one once',
    async (key) => {
      const pages = [1, 101].map((start) =>
        client.call('list', {
          domain_id: MUTANTS,
          query: { sort: { key }, only: ['job_id'], page: { start, limit: 100 } },
        }),
      );
      const outcomes = await Promise.all(pages);
      expect(outcomes.flatMap(idsOf).toSorted()).toEqual(IDS);
      expect(outcomes.map(totalOf)).toEqual([COUNT, COUNT]);
    },
  );

  test('can each be read by get', async () => {
    const outcomes = await Promise.all(
      IDS.map((job_id) => client.call('get', { domain_id: MUTANTS, job_id })),
    );
    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
  });

  test('are all rows of stat', async () => {
    const aggregate = [{ sort: { key: 'job_id' } }];
    expect(idsOf(await client.call('stat', { domain_id: MUTANTS, query: { aggregate } }))).toEqual(IDS);
  });

  test.each([...FIELDS, ...COLLECTOR_FIELDS.map((name) => `collector.${name}`)])(
    'are grouped by %s',
    async (k) => {
      const aggregate = [
        { group: { keys: [{ k, n: 'x' }], fields: [{ n: 'c', o: 'count' }] } },
        { group: { fields: [{ n: 'sum', o: 'sum', k: 'c' }] } },
      ];
      const outcome = await client.call('stat', { domain_id: MUTANTS, query: { aggregate } });
      expect(rowsOf(outcome)).toEqual([{ sum: COUNT }]);
      const distinct = await client.call('stat', { domain_id: MUTANTS, query: { distinct: k } });
      expect(distinct).toHaveProperty('response.results');
    },
  );
});

test.each(SHOWN)('%s', async (job_id, _stored, shown) => {
  const query = { filter: [{ k: 'job_id', o: 'eq', v: job_id }] };
  expect(rowsOf(await client.call('list', { domain_id: TABLE, query }))).toEqual([
    { job_id, domain_id: TABLE, ...shown },
  ]);
});

test('no value is an error of the service', () => {
  expect(service.faults).toEqual([]);
});
