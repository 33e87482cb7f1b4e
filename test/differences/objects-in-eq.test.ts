// In 1.11 an object given to eq reaches MongoDB as operators: {$ne: …} gives every other job. It is compared as an
// object here.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { OWN, SAMPLE, serving, totalOf } from './ask.js';

const { list } = serving('objects-in-eq', [{ job_id: 'a', filters: { o: { $ne: 'ERROR' } } }]);
const count = async (domain: string, k: string, o: string, v: JsonValue) =>
  totalOf(await list(domain, { filter: [{ k, o, v }], count_only: true }));

test.each<JsonValue>([{ $ne: 'ERROR' }, { $exists: true }, { $regex: '.*' }, { $where: 'true' }])(
  'no status is %j',
  async (operators) => {
    expect(await count(SAMPLE, 'status', 'eq', operators)).toBe(0);
    expect(await count(SAMPLE, 'status', 'not', operators)).toBe(2201);
  },
);

test('an object with an operator’s name that is stored is found', async () => {
  expect(await count(OWN, 'filter.o', 'eq', { $ne: 'ERROR' })).toBe(1);
});
