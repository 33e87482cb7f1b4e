// In 1.11 `not` and null in conditions fail, an ordering there compares types too, and dates are text; push needs fields,
// sum in project is unknown, unwind knows no key of a group, and a value of another type fails size, object_to_array and
// date_format. All of them are answered here. Of a name that is given twice the last counts there; here it is an error.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, serving } from './ask.js';

const { stat } = serving('stat-stages', [
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
  ['missing is not less than a number', counted('nothing', 'lt', 6), [{ x: 0 }]],
  ['text is not more than a number', counted('status', 'gt', 6), [{ x: 0 }]],
  ['a date in conditions', counted('created_at', 'lt', '2024-03-01'), [{ x: 1 }]],
  ['push of a key', group({ o: 'push', k: 'job_id' }), [{ x: ['a', 'b'] }]],
  ['sum in project', project('sum'), [{ x: 3 }, { x: 0 }]],
  ['size of what is no array', project('size'), [{ x: 3 }, { x: 0 }]],
  ['object_to_array of what is no object', project('object_to_array'), [{ x: null }, { x: null }]],
  [
    'date_format of what is no date',
    { group: { keys: [{ k: 'status', n: 'x', date_format: '%Y' }] } },
    [{ x: null }],
  ],
])('%s', async (_what, stage, rows) => {
  expect(rowsOf(await stat(OWN, { aggregate: [{ sort: { key: 'job_id' } }, stage] }))).toEqual(rows);
});

test('unwind of a key', async () => {
  const aggregate = [
    { group: { keys: [{ k: 'n', n: 'n' }] } },
    { unwind: { path: 'n' } },
    { sort: { key: 'n' } },
  ];
  expect(rowsOf(await stat(OWN, { aggregate }))).toEqual([{ n: 1 }, { n: 2 }, { n: 5 }, { n: 'x' }]);
});

test('a name that is given twice', async () => {
  const count = { n: 'x', o: 'count' };
  expect(await stat(OWN, { aggregate: [{ group: { fields: [count, count] } }] })).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
  });
});
