// 1.11 converts values compared with a number field to whole numbers and finds digits in it by `contain`. Here nothing
// is coerced: a text is not a number, and a fraction stays one.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { SAMPLE, useSampleService, totalOf } from './ask.js';

const { list } = useSampleService('text-on-numbers');

test.each<readonly [string, JsonValue, number]>([
  ['eq', 75, 160],
  ['eq', '75', 0],
  ['in', ['75'], 0],
  ['gte', '0', 0],
  ['not', '75', 2201],
  ['contain', '7', 0],
  ['eq', 2.5, 0],
  ['lt', 2.5, 579],
])('total_tasks %s %j matches %d jobs', async (o, v, jobs) => {
  const filter = [{ k: 'total_tasks', o, v }];
  expect(totalOf(await list(SAMPLE, { filter, count_only: true }))).toBe(jobs);
});
