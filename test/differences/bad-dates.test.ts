// 1.11 compares a date that it cannot read as text, and quietly finds nothing, or everything. It is an error here.
import { expect, test } from '@jest/globals';
import { SAMPLE, serving } from './ask.js';

const { list } = serving('bad-dates');

test.each([
  ['gt', 'yesterday'],
  ['eq', '2023-02-29'],
  ['datetime_lt', '20/05/2023'],
  ['timediff_gt', 'now/y'],
])('created_at %s %s', async (o, v) => {
  expect(await list(SAMPLE, { filter: [{ k: 'created_at', o, v }] })).toMatchObject({
    error: { code: 'ERROR_INVALID_PARAMETER', text: expect.stringContaining(v) },
  });
});
