// In 1.11 match finds elements of arrays only. Here it also finds a sub-document matching all values, inside an array
// or not.
import { expect, test } from '@jest/globals';
import { idsOf, OWN, useSampleService } from './ask.js';

const { list } = useSampleService('match-documents', [
  { job_id: 'a', filters: { o: { x: 1, y: 2 } } },
  { job_id: 'b', filters: { o: [{ x: 1, y: 2 }] } },
  { job_id: 'c', filters: { o: [{ x: 1 }, { y: 2 }] } },
  { job_id: 'd', errors: [{ additional: { x: 1, y: 2 } }] },
  { job_id: 'e', errors: [{ additional: { x: 1 } }, { additional: { y: 2 } }] },
]);

test.each([
  ['filter.o', ['a', 'b']],
  ['errors.additional', ['d']],
])('match on %s finds elements and sub-documents', async (k, ids) => {
  const filter = [{ k, o: 'match', v: { y: 2, x: 1 } }];
  expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
});
