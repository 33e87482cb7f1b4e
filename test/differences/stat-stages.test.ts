// In 1.11 `not` and null in conditions fail, comparisons there compare types too, and dates are text; push needs fields,
// sum in project is unknown, unwind accepts no key of a group, and a value of another type fails size, object_to_array
// and date_format. Here all of them are answered. The last of duplicate names counts there; here they are an error.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, useSampleService } from './ask.js';

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
  ['a missing value less than a number in conditions', counted('nothing', 'lt', 6), [{ x: 0 }]],
  ['a text greater than a number in conditions', counted('status', 'gt', 6), [{ x: 0 }]],
  ['a date in conditions', counted('created_at', 'lt', '2024-03-01'), [{ x: 1 }]],
  ['push of a key', group({ o: 'push', k: 'job_id' }), [{ x: ['a', 'b'] }]],
  ['sum in project', project('sum'), [{ x: 3 }, { x: 0 }]],
  ['size of a value other than an array', project('size'), [{ x: 3 }, { x: 0 }]],
  ['object_to_array of a value other than an object', project('object_to_array'), [{ x: null }, { x: null }]],
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
