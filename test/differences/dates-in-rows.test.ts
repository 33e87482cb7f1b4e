// In 1.11 dates in the rows of stat have six decimals or none. They have milliseconds here, as everywhere in an answer.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, serving } from './ask.js';

const { stat } = serving('dates-in-rows', [
  {
    job_id: 'a',
    created_at: new Date('2022-06-17T08:00:01.225Z'),
    filters: { at: [new Date('2022-06-17T08:00:01Z')] },
  },
]);
const [exact, whole] = ['2022-06-17T08:00:01.225Z', '2022-06-17T08:00:01.000Z'];

test.each<readonly [string, JsonObject, JsonValue]>([
  ['a group key', { aggregate: [{ group: { keys: [{ k: 'created_at', n: 'x' }] } }] }, [{ x: exact }]],
  ['max', { aggregate: [{ group: { fields: [{ k: 'created_at', n: 'x', o: 'max' }] } }] }, [{ x: exact }]],
  ['a list', { aggregate: [{ project: { fields: [{ k: 'filters.at', n: 'x' }] } }] }, [{ x: [whole] }]],
  ['a value', { distinct: 'filters.at' }, [whole]],
])('%s', async (_what, query, rows) => {
  expect(rowsOf(await stat(OWN, query))).toEqual(rows);
});
