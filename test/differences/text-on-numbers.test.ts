// 1.11 makes a whole number of what is compared with a number field, and finds digits in one by `contain`. Nothing is
// coerced here: a text is no number, and a fraction stays one.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { SAMPLE, serving, totalOf } from './ask.js';

const { list } = serving('text-on-numbers');

test.each<readonly [string, JsonValue, number]>([
  ['eq', 75, 160],
  ['eq', '75', 0],
  ['in', ['75'], 0],
  ['gte', '0', 0],
  ['not', '75', 2201],
  ['contain', '7', 0],
  ['eq', 2.5, 0],
  ['lt', 2.5, 579],
])('total_tasks %s %j', async (o, v, jobs) => {
  const filter = [{ k: 'total_tasks', o, v }];
  expect(totalOf(await list(SAMPLE, { filter, count_only: true }))).toBe(jobs);
});
