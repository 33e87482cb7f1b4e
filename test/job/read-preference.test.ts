// Only stats may be answered by secondaries of a replica set.
import type { JsonObject } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import type { RpcName } from '../harness/client.js';
import { exportJobs } from '../harness/http-client.js';
import { MONITORED, useCommands, useService } from '../harness/use-service.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const OF_AWS = { k: 'collector.provider', v: 'aws', o: 'eq' };

const service = useService('read_preference', {}, MONITORED);
const commands = useCommands(service);

/** The commands by name, each with the members allowed to answer it. */
const members = (): readonly string[] =>
  commands
    .map((command) => {
      const preference: unknown = command['$readPreference'];
      return `${Object.keys(command)[0] ?? ''} ${JSON.stringify(preference ?? { mode: 'primary' })}`;
    })
    .toSorted();

const PRIMARY = '{"mode":"primary"}';
const ANY = '{"mode":"secondaryPreferred"}';

test.each<readonly [string, RpcName, JsonObject, readonly string[]]>([
  ['get', 'get', { job_id: 'job-ebd1af51271a', only: ['job_id'] }, [`find ${PRIMARY}`]],
  ['delete', 'delete', { job_id: 'job-none' }, [`delete ${PRIMARY}`]],
  [
    'a page',
    'list',
    { query: { page: { limit: 10 }, only: ['job_id'] } },
    [`aggregate ${PRIMARY}`, `find ${PRIMARY}`],
  ],
  ['a count', 'list', { query: { count_only: true } }, [`aggregate ${PRIMARY}`]],
  [
    'a condition on the collector',
    'list',
    { query: { filter: [OF_AWS], count_only: true } },
    [`aggregate ${PRIMARY}`, `aggregate ${PRIMARY}`],
  ],
  [
    'a stat with a page',
    'stat',
    { query: { distinct: 'status', page: { limit: 1 } } },
    [`aggregate ${ANY}`, `aggregate ${ANY}`],
  ],
])('%s is sent to the members allowed to answer it', async (_, rpc, request, due) => {
  const outcome = await service.call(rpc, { domain_id: DOMAIN, ...request });
  expect(outcome).not.toHaveProperty('error.status', 'INTERNAL');
  expect(members()).toEqual(due);
});

test('an export is sent to the primary', async () => {
  const request = { domain_id: DOMAIN, query: { only: ['job_id'] } };
  const text = await exportJobs(service.http, request, 'application/x-ndjson');
  expect(text.split('\n').length).toBeGreaterThan(2000);
  expect(new Set(members())).toEqual(new Set([`find ${PRIMARY}`, `getMore ${PRIMARY}`]));
});
