// Any value may be stored in any place: no document fails a call, and a value of the wrong type is shown as its default.
import { beforeAll, describe, expect, test } from '@jest/globals';
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
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import type { Document } from 'mongodb';
import { COLLECTOR_FIELDS, FIELDS } from '../harness/odd-documents.js';
import { PLAIN } from '../harness/odd-values.js';
import { idsOf, rowsOf, totalOf } from '../query/request.js';
import { testNoFaults, useService } from '../harness/use-service.js';

const MUTANTS = 'domain-mutants';
const TABLE = 'domain-table';

const service = useService('answers');

const deep = Array.from({ length: 40 }).reduce<Document>((inner) => ({ inner: [inner] }), { bottom: 1 });

/** A value of every BSON type. */
const VALUES: readonly unknown[] = [
  ...PLAIN.map(([, value]) => value),
  0,
  -1,
  70_000,
  2 ** 31,
  -(2 ** 40),
  new Double(1.5),
  Decimal128.fromString('1.5'),
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

const ANY_FIELDS = [...FIELDS.filter((name) => name !== 'job_id'), 'unknown'];
const ANY_COLLECTOR_FIELDS = [...COLLECTOR_FIELDS, 'priority'];

const mutation = (names: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...VALUES)), { minLength: 1, maxLength: 6 })
    .map((entries): Document => Object.fromEntries(entries));

const COUNT = 200;
const sampled = (names: readonly string[], seed: number): readonly Document[] =>
  fc.sample(mutation(names), { numRuns: COUNT, seed });

/** Two hundred jobs, each with a collector, both with anything anywhere. */
function mutants(): readonly (readonly [Document, Document])[] {
  const collectors = sampled(ANY_COLLECTOR_FIELDS, 2);
  return sampled(ANY_FIELDS, 1).map((job, i) => {
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
  const made = mutants();
  const shown = SHOWN.map(([what, job]) => ({ job_id: what, domain_id: TABLE, ...job }));
  await service.insert(
    [...made.map(([job]) => job), ...shown],
    made.map(([, collector]) => collector),
  );
});

describe('two hundred documents with any value in any field', () => {
  test('are all listed', async () => {
    const outcome = await service.list(MUTANTS, { sort: { key: 'job_id' } });
    expect(idsOf(outcome)).toEqual(IDS);
    expect(totalOf(outcome)).toBe(COUNT);
  });

  test.each(ANY_FIELDS.filter((name) => name !== 'unknown'))(
    'are listed in the order of %s, every one once',
    async (key) => {
      const pages = [1, 101].map((start) =>
        service.call('list', {
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
      IDS.map((job_id) => service.call('get', { domain_id: MUTANTS, job_id })),
    );
    expect(outcomes.filter((outcome) => 'error' in outcome)).toEqual([]);
  });

  test('are all rows of stat', async () => {
    const aggregate = [{ sort: { key: 'job_id' } }];
    expect(idsOf(await service.stat(MUTANTS, { aggregate }))).toEqual(IDS);
  });

  test.each([...ANY_FIELDS, ...ANY_COLLECTOR_FIELDS.map((name) => `collector.${name}`)])(
    'are grouped by %s',
    async (k) => {
      const aggregate = [
        { group: { keys: [{ k, n: 'x' }], fields: [{ n: 'c', o: 'count' }] } },
        { group: { fields: [{ n: 'sum', o: 'sum', k: 'c' }] } },
      ];
      const outcome = await service.stat(MUTANTS, { aggregate });
      expect(rowsOf(outcome)).toEqual([{ sum: COUNT }]);
      const distinct = await service.stat(MUTANTS, { distinct: k });
      expect(distinct).toHaveProperty('response.results');
    },
  );
});

test.each(SHOWN)('%s', async (job_id, _stored, shown) => {
  const query = { filter: [{ k: 'job_id', o: 'eq', v: job_id }] };
  expect(rowsOf(await service.list(TABLE, query))).toEqual([{ job_id, domain_id: TABLE, ...shown }]);
});

testNoFaults(service);
