// Differences from 1.11 in the rows of stat, and in their order and that of jobs.
import { describe, expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, rowsOf, useSampleService } from './ask.js';

// In 1.11 dates in the rows of stat have six decimals or none. Here they have milliseconds, as everywhere in a response.
describe('dates in rows', () => {
  const { stat } = useSampleService('dates-in-rows', [
    {
      job_id: 'a',
      created_at: new Date('2022-06-17T08:00:01.225Z'),
      filters: { at: [new Date('2022-06-17T08:00:01Z')] },
    },
  ]);
  const [exact, whole] = ['2022-06-17T08:00:01.225Z', '2022-06-17T08:00:01.000Z'];

  test.each<readonly [string, JsonObject, JsonValue]>([
    ['a group key', { aggregate: [{ group: { keys: [{ k: 'created_at', n: 'x' }] } }] }, [{ x: exact }]],
    ['max', { aggregate: [{ group: { fields: [{ k: 'created_at', n: 'x', o: 'max' }] } }] }, [{ x: exact }]],
    ['a list', { aggregate: [{ project: { fields: [{ k: 'filters.at', n: 'x' }] } }] }, [{ x: [whole] }]],
    ['a distinct value', { distinct: 'filters.at' }, [whole]],
  ])('dates in %s have milliseconds', async (_what, query, rows) => {
    expect(rowsOf(await stat(OWN, query))).toEqual(rows);
  });
});

// In 1.11 a condition of stat reads a value with a leading $ as a field. Here a value is data.
describe('dollar values', () => {
  const { stat } = useSampleService('dollar-values', [
    { job_id: 'a', status: '$status' },
    { job_id: 'b', status: 'ERROR' },
  ]);

  test.each([
    ['eq', '$status', 1],
    ['not', '$status', 1],
    ['eq', '$job_id', 0],
    ['eq', '$$ROOT', 0],
  ])('status %s %s compares with the literal text', async (o, v, x) => {
    const fields = [{ n: 'x', o: 'count', conditions: [{ k: 'status', o, v }] }];
    expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields } }] }))).toEqual([{ x }]);
  });
});

// 1.11 leaves MongoDB's `_id` in projected rows. Here it is in no row.
describe('projected rows', () => {
  const { stat } = useSampleService('projected-rows', [{ job_id: 'a' }]);

  test.each<readonly [string, JsonObject, JsonValue]>([
    ['projected', { project: { fields: [{ k: 'job_id', n: 'j' }] } }, [{ j: 'a' }]],
    ['whole', { limit: 1 }, [{ job_id: 'a', domain_id: OWN }]],
    ['grouped', { group: { keys: [{ k: 'job_id', n: 'j' }] } }, [{ j: 'a' }]],
  ])('%s rows have no _id', async (_what, stage, rows) => {
    expect(rowsOf(await stat(OWN, { aggregate: [stage] }))).toEqual(rows);
  });
});

// In 1.11 an unknown sort key leaves the order to MongoDB and fails the call with `only`; `-` or `+` before a key is its
// direction, and `collector.<field>` has no effect. Here an unknown key is ignored, so that the other keys count and the
// newest come first without any, and `collector.<field>` is an error.
describe('sort keys', () => {
  const { list } = useSampleService(
    'sort-keys',
    ['b', 'a', 'c'].map((job_id, nth) => ({ job_id, total_tasks: nth % 2, created_at: new Date(nth) })),
  );

  test.each<readonly [string, JsonObject, JsonValue]>([
    ['an unknown key', { key: 'task' }, ['c', 'a', 'b']],
    ['an unknown descending key', { key: 'task', desc: true }, ['c', 'a', 'b']],
    ['a plus before the key', { key: '+job_id' }, ['c', 'a', 'b']],
    ['a minus before the key', { key: '-job_id' }, ['c', 'a', 'b']],
    ['an operator of mongoengine', { key: 'job_id__gt' }, ['c', 'a', 'b']],
    ['the database id', { key: 'pk' }, ['c', 'a', 'b']],
    ['an unknown key before a field', { keys: [{ key: 'task' }, { key: 'total_tasks' }] }, ['b', 'c', 'a']],
  ])('%s is ignored', async (_key, sort, ids) => {
    expect(idsOf(await list(OWN, { sort, only: ['job_id'] }))).toEqual(ids);
  });

  test('a sort by a field of the collector is rejected', async () => {
    expect(await list(OWN, { sort: { key: 'collector.name' } })).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
    });
  });
});

// In 1.11 `not` and null in conditions fail, comparisons there compare types too, and dates are text; push needs fields,
// sum in project is unknown, unwind accepts no key of a group, and a value of another type fails size, object_to_array
// and date_format. Here all of them are answered. The last of duplicate names counts there; here they are an error.
describe('stat stages', () => {
  const { stat } = useSampleService('stat-stages', [
    { job_id: 'a', status: 'ERROR', n: [1, 2, 'x'], created_at: new Date('2024-02-29') },
    { job_id: 'b', status: 'SUCCESS', n: 5, created_at: new Date('2024-03-01') },
  ]);
  const group = (field: JsonObject): JsonObject => ({ group: { fields: [{ n: 'x', ...field }] } });
  const counted = (k: string, o: string, v: JsonValue): JsonObject =>
    group({ o: 'count', conditions: [{ k, o, v }] });
  const project = (o: string): JsonObject => ({ project: { fields: [{ k: 'n', n: 'x', o }] } });

  test.each<readonly [string, JsonObject, JsonValue]>([
    ['not in conditions', counted('status', 'not', 'ERROR'), [{ x: 1 }]],
    ['null in conditions', counted('nothing', 'eq', null), [{ x: 2 }]],
    ['lt on a missing value in conditions', counted('nothing', 'lt', 6), [{ x: 0 }]],
    ['gt on a text in conditions', counted('status', 'gt', 6), [{ x: 0 }]],
    ['a date in conditions', counted('created_at', 'lt', '2024-03-01'), [{ x: 1 }]],
    ['push of a key', group({ o: 'push', k: 'job_id' }), [{ x: ['a', 'b'] }]],
    ['sum in project', project('sum'), [{ x: 3 }, { x: 0 }]],
    ['size of a value other than an array', project('size'), [{ x: 3 }, { x: 0 }]],
    [
      'object_to_array of a value other than an object',
      project('object_to_array'),
      [{ x: null }, { x: null }],
    ],
    [
      'date_format of a value other than a date',
      { group: { keys: [{ k: 'status', n: 'x', date_format: '%Y' }] } },
      [{ x: null }],
    ],
  ])('%s is answered', async (_what, stage, rows) => {
    expect(rowsOf(await stat(OWN, { aggregate: [{ sort: { key: 'job_id' } }, stage] }))).toEqual(rows);
  });

  test('unwind of a group key is answered', async () => {
    const aggregate = [
      { group: { keys: [{ k: 'n', n: 'n' }] } },
      { unwind: { path: 'n' } },
      { sort: { key: 'n' } },
    ];
    expect(rowsOf(await stat(OWN, { aggregate }))).toEqual([{ n: 1 }, { n: 2 }, { n: 5 }, { n: 'x' }]);
  });

  test('duplicate names are rejected', async () => {
    const count = { n: 'x', o: 'count' };
    expect(await stat(OWN, { aggregate: [{ group: { fields: [count, count] } }] })).toMatchObject({
      error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
    });
  });
});

// 1.11 leaves the order of ties to MongoDB, so that pages overlap and skip jobs. Here ties are broken by job_id in the
// direction of the last key.
describe('tie break', () => {
  const IDS = ['b', 'd', 'a', 'e', 'c'];
  const { list } = useSampleService(
    'tie-break',
    IDS.map((job_id) => ({ job_id, status: 'ERROR', created_at: new Date(0) })),
  );
  const ascending = IDS.toSorted();

  test.each<readonly [string, JsonObject, JsonValue]>([
    ['newest first', {}, ascending.toReversed()],
    ['ascending', { sort: { key: 'status' } }, ascending],
    ['descending', { sort: { key: 'status', desc: true } }, ascending.toReversed()],
    [
      'by the last key',
      { sort: { keys: [{ key: 'status' }, { key: 'created_at', desc: true }] } },
      ascending.toReversed(),
    ],
  ])('jobs tied in the order «%s» come in the same order on pages', async (_order, query, ids) => {
    const pages = [1, 2, 3, 4, 5].map((start) => list(OWN, { ...query, page: { start, limit: 1 } }));
    expect((await Promise.all(pages)).flatMap(idsOf)).toEqual(ids);
    expect(idsOf(await list(OWN, query))).toEqual(ids);
  });
});
