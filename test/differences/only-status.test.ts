// 1.11 returns the status CREATED, the default of its model, if `only` omits status. Here a field omitted by `only` has
// its wire default, so that nobody reads a wrong status.
import { expect, test } from '@jest/globals';
import { rowsOf, SAMPLE, useSampleService } from './ask.js';

const { ask, list } = useSampleService('only-status');
const one = { filter: [{ k: 'job_id', o: 'eq', v: 'job-ebd1af51271a' }], sort: { key: 'job_id' } };

test('list returns no status if only omits it', async () => {
  expect(rowsOf(await list(SAMPLE, { ...one, only: ['total_tasks'] }))).toEqual([
    { job_id: 'job-ebd1af51271a', total_tasks: 1 },
  ]);
});

test('list returns the status if only names it', async () => {
  expect(rowsOf(await list(SAMPLE, { ...one, only: ['status'] }))).toEqual([
    { job_id: 'job-ebd1af51271a', status: 'SUCCESS' },
  ]);
});

test('get returns no status if only omits it', async () => {
  const job = await ask('get', { domain_id: SAMPLE, job_id: 'job-ebd1af51271a', only: ['total_tasks'] });
  expect(job).toEqual({ response: { total_tasks: 1 } });
});
