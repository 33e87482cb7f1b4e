// In 1.11 a sort key that is no field leaves the order to MongoDB, and fails the call with `only`; `-` or `+` before a key
// is its direction, and `collector.<field>` orders nothing. Here a key that is no field is passed over, so that the others
// count and the newest come first without any, and `collector.<field>` is an error.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, serving } from './ask.js';

const { list } = serving(
  'sort-keys',
  ['b', 'a', 'c'].map((job_id, nth) => ({ job_id, total_tasks: nth % 2, created_at: new Date(nth) })),
);

test.each<readonly [string, JsonObject, JsonValue]>([
  ['no field', { key: 'task' }, ['c', 'a', 'b']],
  ['no field, downwards', { key: 'task', desc: true }, ['c', 'a', 'b']],
  ['a sign before the key', { key: '+job_id' }, ['c', 'a', 'b']],
  ['a minus before the key', { key: '-job_id' }, ['c', 'a', 'b']],
  ['an operator of mongoengine', { key: 'job_id__gt' }, ['c', 'a', 'b']],
  ['the id of the database', { key: 'pk' }, ['c', 'a', 'b']],
  ['no field before a field', { keys: [{ key: 'task' }, { key: 'total_tasks' }] }, ['b', 'c', 'a']],
])('%s', async (_key, sort, ids) => {
  expect(idsOf(await list(OWN, { sort, only: ['job_id'] }))).toEqual(ids);
});

test('a field of the collector', async () => {
  expect(await list(OWN, { sort: { key: 'collector.name' } })).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
  });
});
