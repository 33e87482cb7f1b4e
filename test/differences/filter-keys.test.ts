// In 1.11 the keys of a filter are mongoengine's: `id` and `pk` are the database id, `total_tasks__gte` contains an
// operator, and a key below a scalar fails. Here the former are not fields, and the latter is a missing value.
import { expect, test } from '@jest/globals';
import { OWN, useSampleService, totalOf } from './ask.js';

const { list } = useSampleService('filter-keys', [
  { job_id: 'a', status: 'ERROR', total_tasks: 5, errors: [{}] },
]);

test.each([
  ['the id of the database', 'id'],
  ['the id of the database', 'pk'],
  ['an operator in the key', 'total_tasks__gte'],
  ['an operator below a field', 'errors__error_code'],
])('%s is not a field: %s', async (_what, k) => {
  expect(await list(OWN, { filter: [{ k, o: 'exists', v: true }] })).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', text: expect.stringContaining(`'${k}' is not a field of a job`) },
  });
});

test.each(['status.x', 'total_tasks.x.y', 'errors.nothing', 'created_at.year'])(
  'the value of %s is missing',
  async (k) => {
    expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: true }] }))).toBe(0);
    expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: false }] }))).toBe(1);
  },
);
