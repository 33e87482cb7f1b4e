// Indexes in keys: in sorts, distinct values and matches, also of collectors, and beside fields whose names are numbers.
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { distinct, is, stages } from '../harness/query.js';
import { useService } from '../harness/use-service.js';
import { refusalOf, idsOf, rowsOf } from './request.js';

const service = useService('indexes_in_keys');

const insert = (domain: string, jobs: readonly JsonObject[]): Promise<void> =>
  service.insert(jobs.map((job, nth) => ({ job_id: `${domain}-${nth}`, domain_id: domain, ...job })));

describe('a key of collectors', () => {
  const DOMAIN = 'domain-of-collectors';
  const LISTS = [
    { list: ['a', 'b'], objects: [{ x: 1 }, { x: 2 }] },
    { list: ['z'], objects: [] },
  ];

  beforeAll(async () => {
    const collectors = LISTS.map((tags, nth) => ({
      _id: new ObjectId(),
      collector_id: `collector-${nth}`,
      domain_id: DOMAIN,
      tags,
    }));
    await service.insert(
      collectors.map(({ _id }, nth) => ({ job_id: `job-${nth}`, domain_id: DOMAIN, collector: _id })),
      collectors,
    );
  });

  test.each<readonly [string, JsonObject, readonly unknown[]]>([
    ['an element', distinct('collector.tags.list.0'), ['a', 'z']],
    ['a field of an element', distinct('collector.tags.objects.1.x'), [2]],
    [
      'an order by an element',
      stages(
        { sort: { key: 'collector.tags.list.0', desc: true } },
        { project: { fields: [{ k: 'job_id', n: 'job_id' }] } },
      ),
      [{ job_id: 'job-1' }, { job_id: 'job-0' }],
    ],
  ])('reaches %s', async (_, query, due) => {
    expect(rowsOf(await service.stat(DOMAIN, query))).toEqual(due);
  });
});

test('a name that the driver keeps for itself is missing like any other, also before an index', async () => {
  expect(rowsOf(await service.stat('domain-none', distinct('_bsontype.0')))).toEqual([]);
});

describe('an index that is also the name of a field in the list', () => {
  const DOMAIN = 'domain-of-numbers';
  const refusal = (field: string) => ({
    code: 'ERROR_INVALID_PARAMETER',
    fields: [field],
    text: expect.stringContaining('the index in a sort key is also the name of a field in a list there'),
  });

  beforeAll(() => insert(DOMAIN, [{ filters: { a: [{ '0': 1 }] } }]));

  test('orders no list', async () => {
    const sorted = await service.list(DOMAIN, { sort: { key: 'filter.a.0' } });
    expect(refusalOf(sorted)).toMatchObject(refusal('query.sort'));
  });

  test('orders no stat, whose error names the stage', async () => {
    const sorted = await service.stat(DOMAIN, stages({ limit: 5 }, { sort: { key: 'filter.a.0' } }));
    expect(refusalOf(sorted)).toMatchObject(refusal('query.aggregate[1].sort'));
  });
});

test('a sort key with a number as a name shows what stands there', async () => {
  await insert('domain-of-years', [{ filters: { '2024': { x: 1, y: 2 }, z: 3 } }]);
  const listed = await service.list('domain-of-years', { sort: { key: 'filter.2024.x' }, only: ['job_id'] });
  expect(rowsOf(listed)).toEqual([{ job_id: 'domain-of-years-0', filter: { '2024': { x: 1 } } }]);
});

test('a number with a leading zero is a name: one element of the list has all of a match', async () => {
  const apart = [{ '01': { a: 1 } }, { '01': { b: 2 } }];
  const together = [{ '01': { a: 1, b: 2 } }];
  await insert('domain-of-zeros', [{ errors: apart }, { errors: together }]);
  const filter = [is('errors.01', 'match', { a: 1, b: 2 })];
  expect(idsOf(await service.list('domain-of-zeros', { filter }))).toEqual(['domain-of-zeros-1']);
});

describe('a match at an index', () => {
  const DOMAIN = 'domain-of-matches';

  beforeAll(() =>
    insert(DOMAIN, [
      { errors: [{ error_code: 'E' }, { error_code: null }] },
      { errors: [{ error_code: null }, { error_code: 'E' }] },
      { errors: [{ message: 'm' }] },
      { errors: [] },
    ]),
  );

  test.each<readonly [string, JsonObject, readonly number[]]>([
    ['errors.0', { error_code: null }, [1, 2]],
    ['errors.1', { error_code: null }, [0]],
    ['errors.0', { error_code: 'E' }, [0]],
    ['errors', { error_code: null }, [0, 1, 2]],
    ['errors.0', { message: null, error_code: null }, [1]],
  ])('%s has %j in no other element', async (key, due, found) => {
    const listed = await service.list(DOMAIN, { filter: [is(key, 'match', due)], sort: { key: 'job_id' } });
    expect(idsOf(listed)).toEqual(found.map((nth) => `${DOMAIN}-${nth}`));
  });
});
