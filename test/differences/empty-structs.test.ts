// In 1.11 an empty filter, additional or capability is returned as `{}`. Here it is omitted like a missing one; empty
// objects inside it stay.
import { expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { OWN, rowsOf, useSampleService } from './ask.js';

const collector = new ObjectId();
const { list } = useSampleService(
  'empty-structs',
  [
    { job_id: 'a', filters: {}, errors: [{ error_code: 'E', additional: {} }], collector },
    { job_id: 'b', filters: { tags: {} } },
    { job_id: 'c' },
  ],
  [{ _id: collector, collector_id: 'collector-a', capability: {} }],
);

test('empty structs are omitted', async () => {
  expect(rowsOf(await list(OWN, { sort: { key: 'job_id' } }))).toEqual([
    {
      job_id: 'a',
      domain_id: OWN,
      errors: [{ error_code: 'E' }],
      collector_info: { collector_id: 'collector-a' },
    },
    { job_id: 'b', domain_id: OWN, filter: { tags: {} } },
    { job_id: 'c', domain_id: OWN },
  ]);
});
