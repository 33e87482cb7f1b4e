// 1.11 answers INVALID_ARGUMENT for a job that does not exist. It is NOT_FOUND here, as a caller expects, and a job of
// another domain answers alike.
import { expect, test } from '@jest/globals';
import { EDGES, serving } from './ask.js';

const { ask } = serving('not-found');

test.each([
  ['get', 'a job that does not exist', 'job-000000000000'],
  ['delete', 'a job that does not exist', 'job-000000000000'],
  ['get', 'a job of another domain', 'job-ebd1af51271a'],
  ['delete', 'a job of another domain', 'job-ebd1af51271a'],
] as const)('%s of %s', async (rpc, _what, job_id) => {
  expect(await ask(rpc, { domain_id: EDGES, job_id })).toMatchObject({
    error: {
      status: 'NOT_FOUND',
      code: 'ERROR_NOT_FOUND',
      text: `Resource cannot be found or access is denied. (job_id = ${job_id})`,
    },
  });
});
