// In 1.11 a job with an unknown field or status, a missing collector, or a date below the top level fails the whole
// call. Here every stored document is returned.
import { expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { OWN, rowsOf, useSampleService } from './ask.js';

const noon = new Date('2024-02-29T12:00:00.5Z');
const { list } = useSampleService('odd-documents', [
  { job_id: 'a', unknown: { field: 1 }, status: 'SUCCESS' },
  { job_id: 'b', status: 'FAILURE' },
  { job_id: 'c', collector: new ObjectId(), collector_id: 'gone' },
  { job_id: 'd', filters: { at: [noon] }, errors: [{ additional: { at: noon } }] },
]);

test('jobs with unknown or unusual content are listed', async () => {
  const at = '2024-02-29T12:00:00.500Z';
  expect(rowsOf(await list(OWN, { sort: { key: 'job_id' } }))).toEqual([
    { job_id: 'a', domain_id: OWN, status: 'SUCCESS' },
    { job_id: 'b', domain_id: OWN },
    { job_id: 'c', domain_id: OWN },
    { job_id: 'd', domain_id: OWN, filter: { at: [at] }, errors: [{ additional: { at } }] },
  ]);
});
