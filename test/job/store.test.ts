// The cost of calls for MongoDB: the commands of each call, no write by a read, and the plan of a page.
import type { JsonObject } from '@bufbuild/protobuf';
import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import type { RpcName } from '../harness/client.js';
import { MONITORED, useCommands, useService } from '../harness/use-service.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const JOB = 'job-ebd1af51271a';
const SORTED = [{ sort: { key: 'status' } }];
const COUNTED = [
  {
    group: {
      keys: [{ key: 'status', name: 'status' }],
      fields: [{ name: 'jobs', operator: 'count' }],
    },
  },
];

const service = useService('store-commands', { collectorCacheMs: 0 }, MONITORED);
const commands = useCommands(service);

/** `find job` and the like; a getMore names its collection, too. */
const nameOf = (command: Document): string => {
  const [name = '', target] = Object.entries(command)[0] ?? [];
  return `${name} ${String(name === 'getMore' ? command['collection'] : target)}`;
};

/** The commands of a successful call, by name. */
async function sentBy(rpc: RpcName, request: JsonObject): Promise<string[]> {
  const outcome = await service.call(rpc, { domain_id: DOMAIN, ...request });
  expect(outcome).toHaveProperty('response');
  return commands.map(nameOf).toSorted();
}

const list = (query: JsonObject): JsonObject => ({ query });

const READS: readonly (readonly [string, RpcName, JsonObject, readonly string[]])[] = [
  [
    'a list of 1,000 jobs is one find, one count and one find of collectors',
    'list',
    list({ page: { limit: 1000 } }),
    ['aggregate job', 'find collector', 'find job'],
  ],
  [
    'a page whose rows show no collector asks for none',
    'list',
    list({ page: { limit: 100 }, only: ['job_id', 'status'] }),
    ['aggregate job', 'find job'],
  ],
  [
    'a minimal page asks for no collector',
    'list',
    list({ page: { limit: 15 }, minimal: true }),
    ['aggregate job', 'find job'],
  ],
  ['a list that only counts is one count', 'list', list({ count_only: true }), ['aggregate job']],
  [
    'a list without a limit asks for no count',
    'list',
    list({ only: ['job_id'] }),
    ['find job', 'getMore job', 'getMore job'],
  ],
  [
    'a condition on the collector is one command more',
    'list',
    list({
      filter: [{ k: 'collector.provider', v: 'aws', o: 'eq' }],
      only: ['job_id'],
      page: { limit: 1 },
    }),
    ['aggregate collector', 'aggregate job', 'find job'],
  ],
  ['a get is two finds', 'get', { job_id: JOB }, ['find collector', 'find job']],
  [
    'a get that shows no collector is one find',
    'get',
    { job_id: JOB, only: ['job_id', 'status'] },
    ['find job'],
  ],
  ['a stat is one aggregate', 'stat', list({ aggregate: COUNTED }), ['aggregate job']],
  [
    'a stat with a page is two aggregates',
    'stat',
    list({ aggregate: COUNTED, page: { limit: 2 } }),
    ['aggregate job', 'aggregate job'],
  ],
  [
    'distinct values are one aggregate',
    'stat',
    list({ distinct: 'status', page: { limit: 0 } }),
    ['aggregate job'],
  ],
  [
    'a stat of 2,201 rows is read on, not asked for again',
    'stat',
    list({ aggregate: [...SORTED, { project: { fields: [{ key: 'job_id', name: 'job' }] } }] }),
    ['aggregate job', 'getMore job', 'getMore job'],
  ],
];

describe('commands', () => {
  test.each(READS)('%s', async (_, rpc, request, due) => {
    expect(await sentBy(rpc, request)).toEqual(due);
  });

  test('a delete is one delete of one job', async () => {
    const job = 'job-0123456789ab';
    await service.insert([{ job_id: job, domain_id: 'domain-of-delete' }]);
    commands.length = 0;
    expect(await sentBy('delete', { domain_id: 'domain-of-delete', job_id: job })).toEqual(['delete job']);
    expect(commands[0]?.['deletes']).toEqual([expect.objectContaining({ limit: 1 })]);
  });

  test('a page below its limit is not counted, unless it is late', async () => {
    const one = list({ filter: [{ k: 'job_id', v: JOB, o: 'eq' }], only: ['job_id'], page: { limit: 2 } });
    const calls = 20;
    for (let i = 0; i < calls; i++) await sentBy('list', one);
    const sent = commands.map(nameOf);
    expect(sent.filter((name) => name === 'find job')).toHaveLength(calls);
    expect(sent.filter((name) => name === 'aggregate job').length).toBeLessThan(calls / 2);
  });

  test.each<readonly [string, RpcName, JsonObject]>([
    ['counts', 'list', list({ count_only: true })],
    ['stats', 'stat', list({ aggregate: [{ count: { name: 'jobs' } }] })],
  ])('twenty equal %s at once run a few times and answer twenty times', async (_, rpc, request) => {
    const calls = Array.from({ length: 20 }, () => service.call(rpc, { domain_id: DOMAIN, ...request }));
    const outcomes = await Promise.all(calls);
    expect(commands.length).toBeLessThan(10);
    expect(outcomes).toEqual(Array.from({ length: 20 }, () => outcomes[0]));
    expect(outcomes[0]).toHaveProperty('response');
  });

  test('an invalid request is refused before anything is sent', async () => {
    const refused = await service.call('list', {
      domain_id: DOMAIN,
      query: { filter: [{ k: 'status', v: 'ERROR', o: 'equals' }] },
    });
    expect(refused).toHaveProperty('error.status', 'INVALID_ARGUMENT');
    expect(commands).toEqual([]);
  });
});
