// 1.11 shows the status CREATED where `only` does not ask for it: it is the model's default. What is not asked for is
// at its default on the wire here, so that nobody reads a status that the job does not have.
import { expect, test } from '@jest/globals';
import { rowsOf, SAMPLE, serving } from './ask.js';

const { ask, list } = serving('only-status');
const one = { filter: [{ k: 'job_id', o: 'eq', v: 'job-ebd1af51271a' }], sort: { key: 'job_id' } };

test('list shows no status unasked', async () => {
  expect(rowsOf(await list(SAMPLE, { ...one, only: ['total_tasks'] }))).toEqual([
    { job_id: 'job-ebd1af51271a', total_tasks: 1 },
  ]);
});

test('list shows the status where it is asked for', async () => {
  expect(rowsOf(await list(SAMPLE, { ...one, only: ['status'] }))).toEqual([
    { job_id: 'job-ebd1af51271a', status: 'SUCCESS' },
  ]);
});

test('get shows no status unasked', async () => {
  const job = await ask('get', { domain_id: SAMPLE, job_id: 'job-ebd1af51271a', only: ['total_tasks'] });
  expect(job).toEqual({ response: { total_tasks: 1 } });
});
