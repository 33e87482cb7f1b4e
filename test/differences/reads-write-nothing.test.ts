// In 1.11 get and list write a missing collector_id into documents. Here reading changes nothing.
import { expect, test } from '@jest/globals';
import { EDGES, useSampleService } from './ask.js';

const { ask, list, stat, db } = useSampleService('reads-write-nothing');
const stored = () => db().collection('job').find({ domain_id: EDGES }).sort({ _id: 1 }).toArray();

test('get, list and stat change no document', async () => {
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
