// Differences from 1.11 in filters. In one file, since loading the service takes longer than these tests.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import { idsOf, OWN, rowsOf, SAMPLE, totalOf, useSampleService } from './ask.js';

// 1.11 accepts the API's names, and regex on a field of the collector, only in some places. Here both names work wherever
// a key does.
describe('aliases', () => {
  const _id = new ObjectId();
  const { list, stat } = useSampleService(
    'aliases',
    [
      { job_id: 'a', filters: { n: 1 }, projects: ['p'], collector: _id },
      { job_id: 'b', filters: { n: 2 }, projects: ['q'] },
    ],
    [{ _id, collector_id: 'known', name: 'Known', plugin_info: { plugin_id: 'plugin-1' } }],
  );

  test.each<readonly [string, JsonObject, readonly string[]]>([
    ['filter in a key', { filter: [{ k: 'filter.n', o: 'eq', v: 1 }] }, ['a']],
    ['user_projects in a key', { filter: [{ k: 'user_projects', o: 'in', v: ['p'] }] }, ['a']],
    [
      'collector_info in a key, regex',
      { filter: [{ k: 'collector_info.name', o: 'regex', v: '^k' }] },
      ['a'],
    ],
    [
      'collector.plugin_id in a key',
      { filter: [{ k: 'collector.plugin_id', o: 'regex_in', v: ['-1$'] }] },
      ['a'],
    ],
    ['filter in a sort', { sort: { key: 'filter.n', desc: true } }, ['b', 'a']],
  ])('list accepts %s', async (_name, query, ids) => {
    expect(idsOf(await list(OWN, query))).toEqual(ids);
  });

  test.each<readonly [string, string, JsonValue]>([
    ['filter', 'filter.n', [1, 2]],
    ['user_projects', 'user_projects', ['p', 'q']],
    ['collector_info', 'collector_info.name', ['Known']],
    ['collector.plugin_id', 'collector.plugin_id', ['plugin-1']],
  ])('distinct of stat accepts %s', async (_name, distinct, values) => {
    expect(rowsOf(await stat(OWN, { distinct }))).toEqual(values);
  });
});

// 1.11 compares an invalid date as text and silently finds nothing, or everything. Here it is an error.
describe('bad dates', () => {
  const { list } = useSampleService('bad-dates');

  test.each([
    ['gt', 'yesterday'],
    ['eq', '2023-02-29'],
    ['datetime_lt', '20/05/2023'],
    ['timediff_gt', 'now/y'],
  ])('the condition created_at %s %s is rejected', async (o, v) => {
    expect(await list(SAMPLE, { filter: [{ k: 'created_at', o, v }] })).toMatchObject({
      error: { code: 'ERROR_INVALID_PARAMETER', text: expect.stringContaining(v) },
    });
  });
});

// 1.11 resolves collector.<field> over the collectors of all domains and shows a foreign collector with a job. Here the
// collector of a job is from its own domain, or absent.
describe('collector domain', () => {
  const own = new ObjectId();
  const foreign = new ObjectId();
  const { list } = useSampleService(
    'collector-domain',
    [
      { job_id: 'a', collector: own },
      { job_id: 'b', collector: foreign },
    ],
    [
      { _id: own, collector_id: 'own', name: 'same' },
      { _id: foreign, collector_id: 'foreign', name: 'same', domain_id: 'domain-foreign' },
    ],
  );

  test.each<readonly [string, JsonValue, readonly string[]]>([
    ['eq', 'same', ['a']],
    ['contain', 'SAM', ['a']],
    ['not', 'same', ['b']],
  ])('collector.name %s %s sees only collectors of the domain', async (o, v, ids) => {
    const filter = [{ k: 'collector.name', o, v }];
    expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
  });

  test('a foreign collector is not returned with a job', async () => {
    expect(rowsOf(await list(OWN, { only: ['collector_info'], sort: { key: 'job_id' } }))).toEqual([
      { job_id: 'a', collector_info: { collector_id: 'own', name: 'same' } },
      { job_id: 'b' },
    ]);
  });
});

// In 1.11 not and not_in on a field of the collector drop jobs without a collector. Here they are the exact negations of
// eq and in.
describe('collector not', () => {
  const known = new ObjectId();
  const { list } = useSampleService(
    'collector-not',
    [
      { job_id: 'a', collector: known },
      { job_id: 'b', collector: new ObjectId() },
      { job_id: 'c', collector: null },
      { job_id: 'd' },
    ],
    [{ _id: known, collector_id: 'known', name: 'known' }],
  );

  test.each<readonly [string, JsonValue, readonly string[]]>([
    ['not', 'known', ['b', 'c', 'd']],
    ['not_in', ['known', 'other'], ['b', 'c', 'd']],
    ['not', 'other', ['a', 'b', 'c', 'd']],
    ['not_in', [], ['a', 'b', 'c', 'd']],
  ])('collector.name %s %j matches jobs without a collector', async (o, v, ids) => {
    const filter = [{ k: 'collector.name', o, v }];
    expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
  });
});

// 1.11 fails on empty lists. Here a positive operator with an empty list matches no job, and a negated one every job.
describe('empty lists', () => {
  const { list } = useSampleService('empty-lists');

  test.each([
    ['in', 0],
    ['contain_in', 0],
    ['regex_in', 0],
    ['not_in', 2201],
    ['not_contain_in', 2201],
  ])('%s [] matches %d jobs', async (o, jobs) => {
    expect(totalOf(await list(SAMPLE, { filter: [{ k: 'status', o, v: [] }], count_only: true }))).toBe(jobs);
  });
});

// In 1.11 the keys of a filter are mongoengine's: `id` and `pk` are the database id, `total_tasks__gte` contains an
// operator, and a key below a scalar fails. Here the former are not fields, and the latter is a missing value.
describe('filter keys', () => {
  const { list } = useSampleService('filter-keys', [
    { job_id: 'a', status: 'ERROR', total_tasks: 5, errors: [{}] },
  ]);

  test.each([
    ['the id of the database', 'id'],
    ['the id of the database', 'pk'],
    ['an operator in the key', 'total_tasks__gte'],
    ['an operator below a field', 'errors__error_code'],
  ])('%s is not a field: %s', async (_what, k) => {
    expect(await list(OWN, { filter: [{ k, o: 'exists', v: true }] })).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', text: expect.stringContaining(`'${k}' is not a field of a job`) },
    });
  });

  test.each(['status.x', 'total_tasks.x.y', 'errors.nothing', 'created_at.year'])(
    'the value of %s is missing',
    async (k) => {
      expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: true }] }))).toBe(0);
      expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: false }] }))).toBe(1);
    },
  );
});

// In 1.11 match finds elements of arrays only. Here it also finds a sub-document matching all values, inside an array
// or not.
describe('match documents', () => {
  const { list } = useSampleService('match-documents', [
    { job_id: 'a', filters: { o: { x: 1, y: 2 } } },
    { job_id: 'b', filters: { o: [{ x: 1, y: 2 }] } },
    { job_id: 'c', filters: { o: [{ x: 1 }, { y: 2 }] } },
    { job_id: 'd', errors: [{ additional: { x: 1, y: 2 } }] },
    { job_id: 'e', errors: [{ additional: { x: 1 } }, { additional: { y: 2 } }] },
  ]);

  test.each([
    ['filter.o', ['a', 'b']],
    ['errors.additional', ['d']],
  ])('match on %s finds elements and sub-documents', async (k, ids) => {
    const filter = [{ k, o: 'match', v: { y: 2, x: 1 } }];
    expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
  });
});

// In 1.11 not_contain_in is an OR of negations: it matches jobs lacking any of the words. Here it matches jobs
// containing none of them, as the negation of contain_in.
describe('not contain in', () => {
  const { list } = useSampleService('not-contain-in', [
    { job_id: 'a', project_id: 'one' },
    { job_id: 'b', project_id: 'two' },
    { job_id: 'c', project_id: 'three' },
    { job_id: 'd' },
  ]);

  test.each<readonly [readonly string[], JsonValue]>([
    [
      ['one', 'TWO'],
      ['c', 'd'],
    ],
    [['t'], ['a', 'd']],
    [[''], ['d']],
  ])('not_contain_in %j matches jobs containing none of the words', async (words, ids) => {
    const filter = [{ k: 'project_id', o: 'not_contain_in', v: [...words] }];
    expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
  });
});

// In 1.11 `lte` and `gte` null match jobs with null or without the field. Here null matches no comparison, neither in a
// filter nor in the conditions of stat.
describe('null in orderings', () => {
  const { list, stat } = useSampleService('null-in-orderings', [
    { job_id: 'a', project_id: null },
    { job_id: 'b' },
  ]);

  test.each(['lt', 'lte', 'gt', 'gte'])('%s null matches no job', async (o) => {
    const condition = { k: 'project_id', o, v: null };
    expect(totalOf(await list(OWN, { filter: [condition] }))).toBe(0);
    const counted = { n: 'jobs', o: 'count', conditions: [condition] };
    expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields: [counted] } }] }))).toEqual([{ jobs: 0 }]);
  });
});

// In 1.11 an object given to eq reaches MongoDB as operators: {$ne: …} matches every other job. Here it is compared as
// an object.
describe('objects in eq', () => {
  const { list } = useSampleService('objects-in-eq', [{ job_id: 'a', filters: { o: { $ne: 'ERROR' } } }]);
  const count = async (domain: string, k: string, o: string, v: JsonValue) =>
    totalOf(await list(domain, { filter: [{ k, o, v }], count_only: true }));

  test.each<JsonValue>([{ $ne: 'ERROR' }, { $exists: true }, { $regex: '.*' }, { $where: 'true' }])(
    'no status equals %j',
    async (operators) => {
      expect(await count(SAMPLE, 'status', 'eq', operators)).toBe(0);
      expect(await count(SAMPLE, 'status', 'not', operators)).toBe(2201);
    },
  );

  test('a stored object with an operator name as key is found', async () => {
    expect(await count(OWN, 'filter.o', 'eq', { $ne: 'ERROR' })).toBe(1);
  });
});

// 1.11 converts values compared with a number field to whole numbers and finds digits in it by `contain`. Here nothing
// is coerced: a text is not a number, and a fraction stays one.
describe('text on numbers', () => {
  const { list } = useSampleService('text-on-numbers');

  test.each<readonly [string, JsonValue, number]>([
    ['eq', 75, 160],
    ['eq', '75', 0],
    ['in', ['75'], 0],
    ['gte', '0', 0],
    ['not', '75', 2201],
    ['contain', '7', 0],
    ['eq', 2.5, 0],
    ['lt', 2.5, 579],
  ])('total_tasks %s %j matches %d jobs', async (o, v, jobs) => {
    const filter = [{ k: 'total_tasks', o, v }];
    expect(totalOf(await list(SAMPLE, { filter, count_only: true }))).toBe(jobs);
  });
});
