// 1.11 fails on empty lists. Here nothing is one of none, and everything is none of none.
import { expect, test } from '@jest/globals';
import { SAMPLE, serving, totalOf } from './ask.js';

const { list } = serving('empty-lists');

test.each([
  ['in', 0],
  ['contain_in', 0],
  ['regex_in', 0],
  ['not_in', 2201],
  ['not_contain_in', 2201],
])('%s []', async (o, jobs) => {
  expect(totalOf(await list(SAMPLE, { filter: [{ k: 'status', o, v: [] }], count_only: true }))).toBe(jobs);
});
