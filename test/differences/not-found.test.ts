// 1.11 answers INVALID_ARGUMENT for a missing job. Here it is NOT_FOUND, as callers expect, and a job of another domain
// gets the same answer.
import { expect, test } from '@jest/globals';
import { EDGES, useSampleService } from './ask.js';

const { ask } = useSampleService('not-found');

test.each([
  ['get', 'a missing job', 'job-000000000000'],
  ['delete', 'a missing job', 'job-000000000000'],
  ['get', 'a job of another domain', 'job-ebd1af51271a'],
  ['delete', 'a job of another domain', 'job-ebd1af51271a'],
] as const)('%s of %s is NOT_FOUND', async (rpc, _what, job_id) => {
  expect(await ask(rpc, { domain_id: EDGES, job_id })).toMatchObject({
    error: {
      status: 'NOT_FOUND',
      code: 'ERROR_NOT_FOUND',
      text: `Resource cannot be found or access is denied. (job_id = ${job_id})`,
    },
  });
});
