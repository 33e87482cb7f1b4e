// In 1.11 an unknown sort key leaves the order to MongoDB and fails the call with `only`; `-` or `+` before a key is its
// direction, and `collector.<field>` has no effect. Here an unknown key is ignored, so that the other keys count and the
// newest come first without any, and `collector.<field>` is an error.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, useSampleService } from './ask.js';

const { list } = useSampleService(
  'sort-keys',
  ['b', 'a', 'c'].map((job_id, nth) => ({ job_id, total_tasks: nth % 2, created_at: new Date(nth) })),
);

test.each<readonly [string, JsonObject, JsonValue]>([
  ['an unknown key', { key: 'task' }, ['c', 'a', 'b']],
  ['an unknown key, descending', { key: 'task', desc: true }, ['c', 'a', 'b']],
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
