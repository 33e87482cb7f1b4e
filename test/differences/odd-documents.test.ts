// In 1.11 one job with a field or a status that it does not know, with a collector that is gone, or with a date below
// the top level fails the whole call. Every stored document is answered here.
import { expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { OWN, rowsOf, serving } from './ask.js';

const noon = new Date('2024-02-29T12:00:00.5Z');
const { list } = serving('odd-documents', [
  { job_id: 'a', unknown: { field: 1 }, status: 'SUCCESS' },
  { job_id: 'b', status: 'FAILURE' },
  { job_id: 'c', collector: new ObjectId(), collector_id: 'gone' },
  { job_id: 'd', filters: { at: [noon] }, errors: [{ additional: { at: noon } }] },
]);

test('all of them are listed', async () => {
  const at = '2024-02-29T12:00:00.500Z';
  expect(rowsOf(await list(OWN, { sort: { key: 'job_id' } }))).toEqual([
    { job_id: 'a', domain_id: OWN, status: 'SUCCESS' },
    { job_id: 'b', domain_id: OWN },
    { job_id: 'c', domain_id: OWN },
    { job_id: 'd', domain_id: OWN, filter: { at: [at] }, errors: [{ additional: { at } }] },
  ]);
});
