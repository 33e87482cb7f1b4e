// In 1.11 a condition of stat reads a value with a leading $ as a field. Here a value is data.
import { expect, test } from '@jest/globals';
import { OWN, rowsOf, useSampleService } from './ask.js';

const { stat } = useSampleService('dollar-values', [
  { job_id: 'a', status: '$status' },
  { job_id: 'b', status: 'ERROR' },
]);

test.each([
  ['eq', '$status', 1],
  ['not', '$status', 1],
  ['eq', '$job_id', 0],
  ['eq', '$$ROOT', 0],
])('status %s %s compares with the literal text', async (o, v, x) => {
  const fields = [{ n: 'x', o: 'count', conditions: [{ k: 'status', o, v }] }];
  expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields } }] }))).toEqual([{ x }]);
});
