// In 1.11 not and not_in on a field of the collector drop jobs without a collector. Here they are the exact negations of
// eq and in.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import { idsOf, OWN, useSampleService } from './ask.js';

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
