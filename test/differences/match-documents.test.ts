// In 1.11 match finds elements of arrays only. A sub-document that meets all of the values is found here too, behind
// an array or not.
import { expect, test } from '@jest/globals';
import { idsOf, OWN, serving } from './ask.js';

const { list } = serving('match-documents', [
  { job_id: 'a', filters: { o: { x: 1, y: 2 } } },
  { job_id: 'b', filters: { o: [{ x: 1, y: 2 }] } },
  { job_id: 'c', filters: { o: [{ x: 1 }, { y: 2 }] } },
  { job_id: 'd', errors: [{ additional: { x: 1, y: 2 } }] },
  { job_id: 'e', errors: [{ additional: { x: 1 } }, { additional: { y: 2 } }] },
]);

test.each([
  ['filter.o', ['a', 'b']],
  ['errors.additional', ['d']],
])('%s', async (k, ids) => {
  const filter = [{ k, o: 'match', v: { y: 2, x: 1 } }];
  expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
});
