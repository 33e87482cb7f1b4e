// 1.11 fails on empty lists. Here a positive operator with an empty list matches no job, and a negated one every job.
import { expect, test } from '@jest/globals';
import { SAMPLE, useSampleService, totalOf } from './ask.js';

const { list } = useSampleService('empty-lists');

test.each([
  ['in', 0],
  ['contain_in', 0],
  ['regex_in', 0],
  ['not_in', 2201],
  ['not_contain_in', 2201],
])('%s [] matches %d jobs', async (o, jobs) => {
  expect(totalOf(await list(SAMPLE, { filter: [{ k: 'status', o, v: [] }], count_only: true }))).toBe(jobs);
});
