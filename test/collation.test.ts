// Domains and conditions on collections that ignore case: text is compared byte by byte there as everywhere.
import type { JsonObject } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import type { Call } from './conformance/cases.js';
import type { RpcName } from './harness/client.js';
import { callHttp, exportJobs } from './harness/http-client.js';
import { MONITORED, testNoFaults, useCommands, useServiceIgnoringCase } from './harness/use-service.js';

const service = useServiceIgnoringCase('collation', { explain: 'on', collectorCacheMs: 0 }, MONITORED);
const commands = useCommands(service);

const OWN = 'domain-a';
const OTHER = 'DOMAIN-A';

const collectors = [OWN, OTHER].map((domain_id, nth) => ({
  ...{ _id: new ObjectId(), collector_id: `collector-${nth}`, domain_id, name: 'x' },
}));

/** A job; the number of its collector. */
const job = (job_id: string, domain_id: string, status: string, nth: number): Document => ({
  ...{ job_id, domain_id, status, collector: collectors[nth]?._id, filters: { case: status } },
});
const JOBS = [
  job('job-1a', OWN, 'error', 0),
  job('job-2a', OWN, 'ERROR', 1),
  job('job-3a', OTHER, 'error', 0),
  job('job-4a', OTHER, 'ERROR', 1),
];

beforeEach(async () => {
  await Promise.all(['job', 'collector'].map((name) => service.db.collection(name).deleteMany({})));
  await service.insert(JOBS, collectors);
  commands.length = 0;
});

const CLIENTS: readonly (readonly [string, Call])[] = [
  ['gRPC', (rpc, request) => service.call(rpc, request)],
  ['HTTP', (rpc, request) => callHttp(service.http, rpc, request)],
];

type Query = readonly [what: string, rpc: RpcName, query: JsonObject, response: JsonObject];

const only = (k: string, o: string, v: JsonObject[string]): JsonObject => ({
  ...{ only: ['job_id'], sort: { key: 'job_id' }, filter: [{ k, o, v }] },
});
const jobs = (...ids: readonly string[]): JsonObject => ({
  ...{ results: ids.map((job_id) => ({ job_id })), total_count: ids.length },
});
const SHOWN_ID = { only: ['job_id'] };
const COUNT = [{ name: 'jobs', operator: 'count' }];
const grouped = (key: string): JsonObject => ({
  aggregate: [{ group: { keys: [{ key, name: 'key' }], fields: COUNT } }, { sort: { key: 'key' } }],
});

const QUERIES: readonly Query[] = [
  ['a list', 'list', { ...SHOWN_ID, sort: { key: 'job_id' } }, jobs('job-1a', 'job-2a')],
  ['a page', 'list', { ...SHOWN_ID, page: { limit: 1 } }, { ...jobs('job-2a'), total_count: 2 }],
  [
    'an order',
    'list',
    { ...SHOWN_ID, sort: { key: 'status' } },
    // The contract knows no status `error`.
    { results: [{ job_id: 'job-2a', status: 'ERROR' }, { job_id: 'job-1a' }], total_count: 2 },
  ],
  ['a count', 'list', { count_only: true }, { total_count: 2 }],
  ['an equality', 'list', only('status', 'eq', 'error'), jobs('job-1a')],
  ['an inequality', 'list', only('status', 'not', 'error'), jobs('job-2a')],
  ['a choice', 'list', only('status', 'in', ['ERROR', 'Error']), jobs('job-2a')],
  ['an object', 'list', only('filter', 'match', { case: 'ERROR' }), jobs('job-2a')],
  ['a comparison', 'list', only('status', 'gt', 'ERROR'), jobs('job-1a')],
  ['a collector', 'list', only('collector.name', 'eq', 'x'), jobs('job-1a')],
  ['a name of a collector', 'list', only('collector.name', 'eq', 'X'), {}],
  ['a group', 'stat', grouped('status'), { results: ['ERROR', 'error'].map((key) => ({ key, jobs: 1 })) }],
  [
    'a group by collector',
    'stat',
    grouped('collector.name'),
    { results: [null, 'x'].map((key) => ({ key, jobs: 1 })) },
  ],
  ['distinct values', 'stat', { distinct: 'status' }, { results: ['ERROR', 'error'] }],
];

describe.each(CLIENTS)('over %s', (_, call) => {
  test.each(QUERIES)('%s is of its domain alone, and tells case apart', async (__, rpc, query, response) => {
    const outcome = await call(rpc, { domain_id: OWN, query });
    expect(outcome).toEqual({ response: { ...response } });
  });

  test.each(['job-3a', 'JOB-1A'])('%s is no job of the domain to get or to delete', async (job_id) => {
    for (const rpc of ['get', 'delete'] as const)
      expect(await call(rpc, { domain_id: OWN, job_id })).toHaveProperty('error.status', 'NOT_FOUND');
    expect(await service.db.collection('job').countDocuments()).toBe(JOBS.length);
  });

  test('a job shows its collector, and no other', async () => {
    const shown = await Promise.all(
      ['job-1a', 'job-2a'].map((job_id) => call('get', { domain_id: OWN, job_id })),
    );
    expect(shown.map((outcome) => JSON.stringify(outcome).includes('collector-0'))).toEqual([true, false]);
  });

  test('a delete deletes the job of its domain', async () => {
    await call('delete', { domain_id: OWN, job_id: 'job-1a' });
    const left = await service.db.collection('job').find().sort({ job_id: 1 }).toArray();
    expect(left.map((each) => each['job_id'] as unknown)).toEqual(['job-2a', 'job-3a', 'job-4a']);
  });
});

test.each(['application/x-ndjson', 'text/csv'])('an export as %s is of its domain alone', async (accept) => {
  const text = await exportJobs(service.http, { domain_id: OWN, query: SHOWN_ID }, accept);
  expect(text.match(/job-\da/g)?.toSorted()).toEqual(['job-1a', 'job-2a']);
});

test('each read, delete and explanation names the collation', async () => {
  const headers = { 'x-explain': '1' };
  for (const [, rpc, query] of QUERIES) await service.call(rpc, { domain_id: OWN, query }, { headers });
  await exportJobs(service.http, { domain_id: OWN, query: SHOWN_ID }, 'text/csv');
  await service.call('delete', { domain_id: OWN, job_id: 'job-1a' });
  const named = commands.filter((command) => !('getMore' in command));
  expect(new Set(named.map((command) => Object.keys(command)[0]))).toEqual(
    new Set(['find', 'aggregate', 'explain', 'delete']),
  );
  const unnamed = named.filter(
    (command) => !JSON.stringify(command).includes('"collation":{"locale":"simple"}'),
  );
  expect(unnamed).toEqual([]);
});

testNoFaults(service);
