// 1.11 compares an invalid date as text and silently finds nothing, or everything. Here it is an error.
import { expect, test } from '@jest/globals';
import { SAMPLE, useSampleService } from './ask.js';

const { list } = useSampleService('bad-dates');

test.each([
  ['gt', 'yesterday'],
  ['eq', '2023-02-29'],
  ['datetime_lt', '20/05/2023'],
  ['timediff_gt', 'now/y'],
])('the condition created_at %s %s is rejected', async (o, v) => {
  expect(await list(SAMPLE, { filter: [{ k: 'created_at', o, v }] })).toMatchObject({
    error: { code: 'ERROR_INVALID_PARAMETER', text: expect.stringContaining(v) },
  });
});
