// In 1.11 not_contain_in is an OR of negations: it matches jobs lacking any of the words. Here it matches jobs
// containing none of them, as the negation of contain_in.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, useSampleService } from './ask.js';

const { list } = useSampleService('not-contain-in', [
  { job_id: 'a', project_id: 'one' },
  { job_id: 'b', project_id: 'two' },
  { job_id: 'c', project_id: 'three' },
  { job_id: 'd' },
]);

test.each<readonly [readonly string[], JsonValue]>([
  [
    ['one', 'TWO'],
    ['c', 'd'],
  ],
  [['t'], ['a', 'd']],
  [[''], ['d']],
])('not_contain_in %j matches jobs containing none of the words', async (words, ids) => {
  const filter = [{ k: 'project_id', o: 'not_contain_in', v: [...words] }];
  expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
});
