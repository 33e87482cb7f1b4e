// 1.11 leaves the order of ties to MongoDB, so that pages overlap and skip jobs. Here ties are broken by job_id in the
// direction of the last key.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, useSampleService } from './ask.js';

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
