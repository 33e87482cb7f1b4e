// Explanations of reads: what is shown of a command, and reads whose explanation has no time.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Long, MongoClient, ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { createJobStore } from '../../src/job/store.js';
import { JOB_SCHEMA } from '../../src/job/schema.js';
import { clientOptions } from '../../src/mongo/client-options.js';
import { killSessionsOn } from '../../src/mongo/session-killer.js';
import { confinedPlanOf, planOf } from '../../src/mongo/plan.js';
import { shownCommand } from '../../src/mongo/shown-command.js';
import { confine } from '../../src/query/confine.js';
import { mongodbUri } from '../harness/service.js';
import { insertSlowJob, SLOW_DOMAIN } from '../harness/slow.js';
import { lastingConnection } from '../harness/lasting-connection.js';

const client = new MongoClient(mongodbUri(), clientOptions(mongodbUri()));
const db = client.db('explaining');

beforeAll(() => insertSlowJob(db));
afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const ID = '6a1b2c3d4e5f6a7b8c9d0e1f';

test.each<readonly [string, Document, Document]>([
  [
    'a find in order',
    {
      find: 'job',
      filter: { a: 1 },
      projection: { b: 1 },
      sort: new Map([['a', -1]]),
      limit: 2,
      batchSize: 3,
    },
    { command: 'find', collection: 'job', filter: { a: 1 }, sort: { a: -1 }, limit: 2 },
  ],
  [
    'types of BSON as extended JSON',
    {
      find: 'job',
      filter: { _id: new ObjectId(ID), at: new Date(0), n: Long.fromNumber(5) },
    },
    {
      ...{ command: 'find', collection: 'job' },
      filter: { _id: { $oid: ID }, at: { $date: '1970-01-01T00:00:00Z' }, n: 5 },
    },
  ],
  [
    'the first values of a list',
    { find: 'job', filter: { a: { $in: [1, 2, 3, 4, 5, 6, 7] } } },
    { command: 'find', collection: 'job', filter: { a: { $in: [1, 2, 3, 4, 5, '… and 2 more'] } } },
  ],
  [
    'all stages, without documents in them',
    {
      ...{ aggregate: 'job', cursor: {} },
      pipeline: [1, 2, 3, 4, 5, 6].map((n) => ({ $set: { n, a: { $literal: [{ secret: n }] } } })),
    },
    {
      ...{ command: 'aggregate', collection: 'job' },
      pipeline: [1, 2, 3, 4, 5, 6].map((n) => ({ $set: { n, a: { $literal: '…' } } })),
    },
  ],
  [
    'the beginning of a long text',
    { find: 'job', filter: { a: 'x'.repeat(200) } },
    { command: 'find', collection: 'job', filter: { a: `${'x'.repeat(100)}…` } },
  ],
  [
    'a name that BSON keeps for itself as another',
    { find: 'job', filter: new Map([['_bsontype', 'ObjectId']]) },
    { command: 'find', collection: 'job', filter: { '…': 'ObjectId' } },
  ],
])('of a command is shown %s', (_, command, expected) => {
  expect(shownCommand(command)).toEqual(expected);
});

const scanOf = (...fields: readonly string[]): Document => ({
  stage: 'IXSCAN',
  indexName: fields.join('_'),
  keyPattern: Object.fromEntries(fields.map((field) => [field, 1])),
});
const OWN = scanOf('domain_id', 'status');
const OWN_TOO = scanOf('domain_id', 'created_at');
const FOREIGN = scanOf('status');
const fetchOf = (...inputStages: readonly Document[]): Document => ({ stage: 'FETCH', inputStages });

const COUNTS = { totalKeysExamined: 3, totalDocsExamined: 2, nReturned: 1, executionTimeMillis: 0 };
const SHOWN = { keys_examined: 3, documents_examined: 2, results: 1, execution_ms: 0 };

const found = (queryPlanner: Document): Document => ({ queryPlanner, executionStats: COUNTS });
const sharded = (...shards: readonly Document[]): Document =>
  found({ winningPlan: { stage: 'SHARD_MERGE', shards } });

test.each<readonly [string, Document, Document]>([
  [
    'an index of the tenant, chosen among others of the tenant',
    found({ winningPlan: fetchOf(OWN), rejectedPlans: [fetchOf(OWN_TOO)] }),
    { index: ['domain_id_status'], ...SHOWN },
  ],
  [
    'the indexes of each shard',
    sharded(
      { winningPlan: fetchOf(OWN), rejectedPlans: [OWN_TOO] },
      { winningPlan: fetchOf(OWN_TOO), rejectedPlans: [] },
    ),
    { index: ['domain_id_status', 'domain_id_created_at'], ...SHOWN },
  ],
  [
    'the index of a pipeline',
    { stages: [{ $cursor: found({ winningPlan: OWN, rejectedPlans: [] }) }] },
    { index: ['domain_id_status'], ...SHOWN },
  ],
  ['nothing of an index of all tenants', found({ winningPlan: FOREIGN, rejectedPlans: [] }), {}],
  [
    'nothing where an index of all tenants was a candidate',
    found({ winningPlan: fetchOf(OWN), rejectedPlans: [OWN_TOO, fetchOf(FOREIGN)] }),
    {},
  ],
  [
    'nothing where it was one on a shard',
    sharded(
      { winningPlan: fetchOf(OWN), rejectedPlans: [] },
      { winningPlan: fetchOf(OWN), rejectedPlans: [FOREIGN] },
    ),
    {},
  ],
  [
    'nothing of a part of several indexes',
    found({ winningPlan: fetchOf(OWN, FOREIGN), rejectedPlans: [] }),
    {},
  ],
  ['nothing without a list of the candidates', found({ winningPlan: OWN }), {}],
  [
    'nothing of plans chosen part by part',
    found({ winningPlan: { stage: 'SUBPLAN', inputStage: OWN }, rejectedPlans: [] }),
    {},
  ],
])('of a plan a confined caller is shown %s', (_, reply, expected) => {
  expect(confinedPlanOf(reply, 'domain_id')).toEqual(expected);
});

test.each<readonly [string, Document, Document]>([
  [
    'the index of all tenants alone',
    found({ winningPlan: FOREIGN, rejectedPlans: [] }),
    { index: ['status'] },
  ],
  [
    'numbers of an index of the tenant, chosen before one of all tenants',
    found({ winningPlan: fetchOf(OWN), rejectedPlans: [fetchOf(FOREIGN)] }),
    { index: ['domain_id_status'], ...SHOWN },
  ],
])('of a plan any other caller is shown %s', (_, reply, expected) => {
  expect(planOf(reply, 'domain_id')).toEqual(expected);
});

test('a read has its result where its explanation has no time, and shows no numbers', async () => {
  const connection = lastingConnection(db);
  const store = createJobStore(
    { reads: connection, stats: connection, kill: killSessionsOn(db) },
    { report: () => undefined, orderedBy: () => new Set<string>() },
  );
  const explained: object[] = [];
  // The read takes the first of the times.
  const times = [10_000];
  const deadline = {
    signal: new AbortController().signal,
    remaining: () => times.pop() ?? 1,
    explain: {
      begin: () =>
        explained.length === 0 ? (operation: object) => void explained.push(operation) : undefined,
    },
  };
  const match = confine({ all: [], any: [] }, { domainId: SLOW_DOMAIN }, JOB_SCHEMA);
  const stages = ['a', 'b', 'c'].map((name) => ({ $unwind: `$filters.${name}` }));
  expect(await store.resultCount(match, stages, deadline)).toBe(1_000_000);
  await store.count(match, { ...deadline, remaining: () => 10_000 });
  expect(explained).toEqual([expect.objectContaining({ command: 'aggregate', collection: 'job' })]);
  expect(explained).not.toEqual([expect.objectContaining({ documents_examined: expect.anything() })]);
});
