// In 1.11 a value that begins with $ is read as a field in a condition of stat. A value is data here.
import { expect, test } from '@jest/globals';
import { OWN, rowsOf, serving } from './ask.js';

const { stat } = serving('dollar-values', [
  { job_id: 'a', status: '$status' },
  { job_id: 'b', status: 'ERROR' },
]);

test.each([
  ['eq', '$status', 1],
  ['not', '$status', 1],
  ['eq', '$job_id', 0],
  ['eq', '$$ROOT', 0],
])('status %s %s', async (o, v, x) => {
  const fields = [{ n: 'x', o: 'count', conditions: [{ k: 'status', o, v }] }];
  expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields } }] }))).toEqual([{ x }]);
});
