// In 1.11 `lte` and `gte` null give the jobs with null or without the field. Null meets no ordering here, in a filter as in
// the conditions of stat.
import { expect, test } from '@jest/globals';
import { OWN, rowsOf, serving, totalOf } from './ask.js';

const { list, stat } = serving('null-in-orderings', [{ job_id: 'a', project_id: null }, { job_id: 'b' }]);

test.each(['lt', 'lte', 'gt', 'gte'])('%s', async (o) => {
  const condition = { k: 'project_id', o, v: null };
  expect(totalOf(await list(OWN, { filter: [condition] }))).toBe(0);
  const counted = { n: 'jobs', o: 'count', conditions: [condition] };
  expect(rowsOf(await stat(OWN, { aggregate: [{ group: { fields: [counted] } }] }))).toEqual([{ jobs: 0 }]);
});
