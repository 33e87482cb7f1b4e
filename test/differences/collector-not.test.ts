// In 1.11 not and not_in on a field of the collector drop the jobs without a collector. They are the exact opposites of
// eq and in here: every job but those.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import { idsOf, OWN, serving } from './ask.js';

const known = new ObjectId();
const { list } = serving(
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
])('%s %j', async (o, v, ids) => {
  const filter = [{ k: 'collector.name', o, v }];
  expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
});
