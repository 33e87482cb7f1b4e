// In 1.11 `lte` and `gte` null match jobs with null or without the field. Here null matches no comparison, neither in a
// filter nor in the conditions of stat.
import { expect, test } from '@jest/globals';
import { OWN, rowsOf, useSampleService, totalOf } from './ask.js';

const { list, stat } = useSampleService('null-in-orderings', [
  { job_id: 'a', project_id: null },
  { job_id: 'b' },
]);

test.each(['lt', 'lte', 'gt', 'gte'])('%s null matches no job', async (o) => {
  const condition = { k: 'project_id', o, v: null };
  expect(totalOf(await list(OWN, { filter: [condition] }))).toBe(0);
  const counted = { n: 'jobs', o: 'count', conditions: [condition] };
  expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields: [counted] } }] }))).toEqual([{ jobs: 0 }]);
});
