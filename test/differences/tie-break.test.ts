// 1.11 leaves the order of ties to MongoDB, so that pages overlap and skip jobs. Ties are broken by job_id here, in the
// direction of the last key.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, serving } from './ask.js';

const IDS = ['b', 'd', 'a', 'e', 'c'];
const { list } = serving(
  'tie-break',
  IDS.map((job_id) => ({ job_id, status: 'ERROR', created_at: new Date(0) })),
);
const up = IDS.toSorted();

test.each<readonly [string, JsonObject, JsonValue]>([
  ['the newest first', {}, up.toReversed()],
  ['ascending', { sort: { key: 'status' } }, up],
  ['descending', { sort: { key: 'status', desc: true } }, up.toReversed()],
  [
    'by the last key',
    { sort: { keys: [{ key: 'status' }, { key: 'created_at', desc: true }] } },
    up.toReversed(),
  ],
])('%s', async (_order, query, ids) => {
  const pages = [1, 2, 3, 4, 5].map((start) => list(OWN, { ...query, page: { start, limit: 1 } }));
  expect((await Promise.all(pages)).flatMap(idsOf)).toEqual(ids);
  expect(idsOf(await list(OWN, query))).toEqual(ids);
});
