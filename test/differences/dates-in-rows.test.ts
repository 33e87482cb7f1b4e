// In 1.11 dates in the rows of stat have six decimals or none. Here they have milliseconds, as everywhere in a response.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, useSampleService } from './ask.js';

const { stat } = useSampleService('dates-in-rows', [
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
  ['a distinct value', { distinct: 'filters.at' }, [whole]],
])('dates in %s have milliseconds', async (_what, query, rows) => {
  expect(rowsOf(await stat(OWN, query))).toEqual(rows);
});
