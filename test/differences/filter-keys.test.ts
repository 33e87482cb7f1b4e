// In 1.11 the keys of a filter are mongoengine's: `id` and `pk` are the id of the database, `total_tasks__gte` has an
// operator in it, and a key below a scalar fails. Here the first two are no fields, and the third is missing.
import { expect, test } from '@jest/globals';
import { OWN, serving, totalOf } from './ask.js';

const { list } = serving('filter-keys', [{ job_id: 'a', status: 'ERROR', total_tasks: 5, errors: [{}] }]);

test.each([
  ['the id of the database', 'id'],
  ['the id of the database', 'pk'],
  ['an operator in the key', 'total_tasks__gte'],
  ['an operator below a field', 'errors__error_code'],
])('%s: %s is no field', async (_what, k) => {
  expect(await list(OWN, { filter: [{ k, o: 'exists', v: true }] })).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', text: expect.stringContaining(`'${k}' is not a field of a job`) },
  });
});

test.each(['status.x', 'total_tasks.x.y', 'errors.nothing', 'created_at.year'])(
  '%s is missing',
  async (k) => {
    expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: true }] }))).toBe(0);
    expect(totalOf(await list(OWN, { filter: [{ k, o: 'exists', v: false }] }))).toBe(1);
  },
);
