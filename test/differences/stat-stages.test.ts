// In 1.11 `not` in conditions fails, push needs fields, sum in project is unknown, and the size of what is no array
// fails the call. All of them are answered here.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, serving } from './ask.js';

const { stat } = serving('stat-stages', [
  { job_id: 'a', status: 'ERROR', n: [1, 2, 'x'] },
  { job_id: 'b', status: 'SUCCESS', n: 5 },
]);
const group = (field: JsonObject): JsonObject => ({ group: { fields: [{ n: 'x', ...field }] } });
const project = (o: string): JsonObject => ({ project: { fields: [{ k: 'n', n: 'x', o }] } });

test.each<readonly [string, JsonObject, JsonValue]>([
  [
    'not in conditions',
    group({ o: 'count', conditions: [{ k: 'status', o: 'not', v: 'ERROR' }] }),
    [{ x: 1 }],
  ],
  ['push of a key', group({ o: 'push', k: 'job_id' }), [{ x: ['a', 'b'] }]],
  ['sum in project', project('sum'), [{ x: 3 }, { x: 0 }]],
  ['size of what is no array', project('size'), [{ x: 3 }, { x: 0 }]],
])('%s', async (_what, stage, rows) => {
  expect(rowsOf(await stat(OWN, { aggregate: [{ sort: { key: 'job_id' } }, stage] }))).toEqual(rows);
});
