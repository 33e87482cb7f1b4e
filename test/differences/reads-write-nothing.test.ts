// In 1.11 get and list write collector_id into documents that lack it. Reading changes nothing here.
import { expect, test } from '@jest/globals';
import { EDGES, serving } from './ask.js';

const { ask, list, stat, db } = serving('reads-write-nothing');
const stored = () => db().collection('job').find({ domain_id: EDGES }).sort({ _id: 1 }).toArray();

test('get, list and stat leave every document as it was', async () => {
  const before = await stored();
  const answers = [
    await ask('get', { domain_id: EDGES, job_id: 'job-ed6e00000004' }),
    await list(EDGES, {}),
    await stat(EDGES, { distinct: 'collector_id' }),
  ];
  expect(answers.map((answer) => 'response' in answer)).toEqual([true, true, true]);
  expect(await stored()).toEqual(before);
  expect(before).toHaveLength(20);
});
