// 1.11 resolves collector.<field> over the collectors of all domains and shows a foreign collector with a job. Here the
// collector of a job is from its own domain, or absent.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import { idsOf, OWN, rowsOf, useSampleService } from './ask.js';

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
