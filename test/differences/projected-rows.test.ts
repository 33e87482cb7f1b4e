// 1.11 leaves MongoDB's `_id` in projected rows. Here it is in no row.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { OWN, rowsOf, useSampleService } from './ask.js';

const { stat } = useSampleService('projected-rows', [{ job_id: 'a' }]);

test.each<readonly [string, JsonObject, JsonValue]>([
  ['projected', { project: { fields: [{ k: 'job_id', n: 'j' }] } }, [{ j: 'a' }]],
  ['whole', { limit: 1 }, [{ job_id: 'a', domain_id: OWN }]],
  ['grouped', { group: { keys: [{ k: 'job_id', n: 'j' }] } }, [{ j: 'a' }]],
])('%s rows have no _id', async (_what, stage, rows) => {
  expect(rowsOf(await stat(OWN, { aggregate: [stage] }))).toEqual(rows);
});
