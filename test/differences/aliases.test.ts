// 1.11 accepts the API's names, and regex on a field of the collector, only in some places. Here both names work wherever
// a key does.
import { expect, test } from '@jest/globals';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import { idsOf, OWN, rowsOf, useSampleService } from './ask.js';

const _id = new ObjectId();
const { list, stat } = useSampleService(
  'aliases',
  [
    { job_id: 'a', filters: { n: 1 }, projects: ['p'], collector: _id },
    { job_id: 'b', filters: { n: 2 }, projects: ['q'] },
  ],
  [{ _id, collector_id: 'known', name: 'Known', plugin_info: { plugin_id: 'plugin-1' } }],
);

test.each<readonly [string, JsonObject, readonly string[]]>([
  ['filter in a key', { filter: [{ k: 'filter.n', o: 'eq', v: 1 }] }, ['a']],
  ['user_projects in a key', { filter: [{ k: 'user_projects', o: 'in', v: ['p'] }] }, ['a']],
  ['collector_info in a key, regex', { filter: [{ k: 'collector_info.name', o: 'regex', v: '^k' }] }, ['a']],
  [
    'collector.plugin_id in a key',
    { filter: [{ k: 'collector.plugin_id', o: 'regex_in', v: ['-1$'] }] },
    ['a'],
  ],
  ['filter in a sort', { sort: { key: 'filter.n', desc: true } }, ['b', 'a']],
])('list accepts %s', async (_name, query, ids) => {
  expect(idsOf(await list(OWN, query))).toEqual(ids);
});

test.each<readonly [string, string, JsonValue]>([
  ['filter', 'filter.n', [1, 2]],
  ['user_projects', 'user_projects', ['p', 'q']],
  ['collector_info', 'collector_info.name', ['Known']],
  ['collector.plugin_id', 'collector.plugin_id', ['plugin-1']],
])('distinct of stat accepts %s', async (_name, distinct, values) => {
  expect(rowsOf(await stat(OWN, { distinct }))).toEqual(values);
});
