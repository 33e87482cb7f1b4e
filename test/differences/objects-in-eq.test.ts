// In 1.11 an object given to eq reaches MongoDB as operators: {$ne: …} matches every other job. Here it is compared as
// an object.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { OWN, SAMPLE, useSampleService, totalOf } from './ask.js';

const { list } = useSampleService('objects-in-eq', [{ job_id: 'a', filters: { o: { $ne: 'ERROR' } } }]);
const count = async (domain: string, k: string, o: string, v: JsonValue) =>
  totalOf(await list(domain, { filter: [{ k, o, v }], count_only: true }));

test.each<JsonValue>([{ $ne: 'ERROR' }, { $exists: true }, { $regex: '.*' }, { $where: 'true' }])(
  'no status equals %j',
  async (operators) => {
    expect(await count(SAMPLE, 'status', 'eq', operators)).toBe(0);
    expect(await count(SAMPLE, 'status', 'not', operators)).toBe(2201);
  },
);

test('a stored object with an operator name as key is found', async () => {
  expect(await count(OWN, 'filter.o', 'eq', { $ne: 'ERROR' })).toBe(1);
});
