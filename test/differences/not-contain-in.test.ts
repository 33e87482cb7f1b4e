// In 1.11 not_contain_in is an OR of nots: it gives what lacks any of the words. It gives what contains none of them
// here, as its name and its twin say.
import { expect, test } from '@jest/globals';
import type { JsonValue } from '@bufbuild/protobuf';
import { idsOf, OWN, serving } from './ask.js';

const { list } = serving('not-contain-in', [
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
])('none of %j', async (words, ids) => {
  const filter = [{ k: 'project_id', o: 'not_contain_in', v: [...words] }];
  expect(idsOf(await list(OWN, { filter, sort: { key: 'job_id' } }))).toEqual(ids);
});
