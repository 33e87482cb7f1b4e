// MongoDB's plans for the requests of deployed clients: with the indexes of `npm run indexes`, and with those of the
// writers alone.
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { makeIndexes } from '../../src/job/collections.js';
import { INDEXES } from '../../src/job/schema.js';
import { idsOf } from '../query/request.js';
import type { RpcName } from '../harness/client.js';
import { MONITORED, useCommands, useService } from '../harness/use-service.js';

const DOMAIN = 'domain-3f1c9a7b2e40';
const JOBS = 2201;
const COLLECTOR = 'collector-917962e4f8e7';

const service = useService('plans', {}, MONITORED);
const commands = useCommands(service);

/** Fields of a command refused by explain. */
const ENVELOPE = new Set(['$db', 'lsid', '$clusterTime', '$readPreference', 'maxTimeMS']);

const readsJobs = (command: Document): boolean => command['find'] === 'job' || command['aggregate'] === 'job';

/** True for a command that counts the results of another. */
const counts = ({ pipeline }: Document): boolean => JSON.stringify(pipeline ?? []).includes('"n":{"$sum":1}');

/** The plan of the command that reads the jobs of a call, as JSON text. */
async function explained(rpc: RpcName, request: JsonObject): Promise<string> {
  commands.length = 0;
  expect(await service.call(rpc, { domain_id: DOMAIN, ...request })).toHaveProperty('response');
  const reading = commands.filter(readsJobs).find((command) => !counts(command)) ?? {};
  const explain = Object.fromEntries(Object.entries(reading).filter(([name]) => !ENVELOPE.has(name)));
  return JSON.stringify(await service.db.command({ explain, verbosity: 'executionStats' }));
}

/** The first counter called `name`: the one of the whole plan, ahead of those of its stages. */
const statOf = (plan: string, name: string): number =>
  Number(new RegExp(`"executionStats":.*?"${name}":(\\d+)`).exec(plan)?.[1]);

const list = (query: JsonObject): JsonObject => ({ query });
const page = (limit: number): JsonObject => ({ page: { limit } });
const NEWEST = { sort: { key: 'created_at', desc: true } };
const where = (k: string, o: string, v: JsonObject[string]): JsonObject => ({ filter: [{ k, o, v }] });

/** A shape of requests with the most index keys and documents it examines, and its results. */
type Shape = readonly [string, RpcName, JsonObject, keys: number, documents: number, results: number];

const SHAPES: readonly Shape[] = [
  ['a get', 'get', { job_id: 'job-ebd1af51271a' }, 1, 1, 1],
  ['the default order', 'list', list(page(20)), 20, 20, 20],
  ['the order that the Console names', 'list', list({ ...page(15), ...NEWEST }), 15, 15, 15],
  ['a later page', 'list', list({ page: { start: 101, limit: 20 } }), 120, 20, 20],
  ['rows of one field', 'list', list({ ...page(20), only: ['job_id'] }), 20, 20, 20],
  ['a status', 'list', list({ ...page(20), ...where('status', 'eq', 'ERROR') }), 20, 20, 20],
  [
    'a page of the Console, of some statuses',
    'list',
    list({ ...page(15), ...NEWEST, ...where('status', 'in', ['ERROR', 'TIMEOUT', 'CANCELED']) }),
    18,
    15,
    15,
  ],
  [
    'the running jobs, five newest',
    'list',
    list({ ...page(5), ...NEWEST, ...where('status', 'in', ['CREATED', 'IN_PROGRESS']) }),
    7,
    5,
    5,
  ],
  [
    'one job, by a filter',
    'list',
    list({ ...page(1), ...where('job_id', 'eq', 'job-ebd1af51271a') }),
    1,
    1,
    1,
  ],
  [
    'a window of time',
    'list',
    list({ ...page(100), ...NEWEST, ...where('created_at', 'datetime_gte', '2023-05-20T00:00:00Z') }),
    7,
    6,
    6,
  ],
  [
    'the newest job of a collector',
    'list',
    list({ ...page(1), ...NEWEST, ...where('collector_id', 'eq', COLLECTOR) }),
    1,
    1,
    1,
  ],
  ['no page at all', 'list', list({}), JOBS, JOBS, JOBS],
];

describe('with the indexes of npm run indexes', () => {
  test.each(SHAPES)('%s examines no more than it answers', async (_, rpc, request, keys, documents, n) => {
    const plan = await explained(rpc, request);
    expect(statOf(plan, 'nReturned')).toBe(n);
    expect(statOf(plan, 'totalKeysExamined')).toBeGreaterThanOrEqual(Math.min(keys, n));
    expect(statOf(plan, 'totalKeysExamined')).toBeLessThanOrEqual(keys + 1);
    expect(statOf(plan, 'totalDocsExamined')).toBe(documents);
  });

  test('a query of the Console by ten ids examines few other jobs', async () => {
    const plan = await explained('stat', list({ distinct: 'job_id', ...page(10) }));
    expect(statOf(plan, 'totalKeysExamined')).toBeGreaterThanOrEqual(10);
    expect(statOf(plan, 'totalKeysExamined')).toBeLessThanOrEqual(30);
  });

  test('a page by duration reads each job once, and sorts no more than the page', async () => {
    const plan = await explained('list', list({ ...page(20), sort: { key: 'duration', desc: true } }));
    expect(statOf(plan, 'totalKeysExamined')).toBe(JOBS);
    expect(statOf(plan, 'totalDocsExamined')).toBe(JOBS);
    expect(plan).toMatch(
      /"\$sort":\{"sortKey":\{[^}]*\},"limit":\{?"?(?:\$numberLong":")?20|"limitAmount":20/,
    );
    expect(plan).toContain('"usedDisk":false');
  });

  test('a filter by duration reads jobs in the order of the list until the page is full', async () => {
    const plan = await explained('list', list({ ...page(20), ...where('duration', 'gt', 60) }));
    expect(statOf(plan, 'nReturned')).toBe(20);
    expect(statOf(plan, 'totalDocsExamined')).toBeLessThan(40);
  });

  test('ranks sort the rows of their groups once for each key', async () => {
    const fields = [
      { key: 'duration', name: 'a', operator: 'median' },
      { key: 'duration', name: 'b', operator: 'p99' },
      { key: 'total_tasks', name: 'c', operator: 'p99' },
    ];
    const group = { keys: [{ key: 'status', name: 'status' }], fields };
    const plan = await explained('stat', list({ aggregate: [{ group }] }));
    expect(plan.match(/"\$_internalSetWindowFields":/g)).toHaveLength(2);
    expect(plan.match(/"\$sort":/g)).toHaveLength(2);
    expect(statOf(plan, 'totalDocsExamined')).toBe(JOBS);
  });

  test('a count by status reads the index and no document', async () => {
    const group = {
      keys: [{ key: 'status', name: 'status' }],
      fields: [{ name: 'jobs', operator: 'count' }],
    };
    const plan = await explained('stat', list({ aggregate: [{ group }] }));
    expect(statOf(plan, 'totalKeysExamined')).toBe(JOBS);
    expect(statOf(plan, 'totalDocsExamined')).toBe(0);
  });

  test('a count by year and month with a condition reads the index and no document', async () => {
    const dated = (name: string) => ({ key: 'created_at', name, date_format: name });
    const conditions = [{ key: 'status', operator: 'eq', value: 'ERROR' }];
    const fields = [{ name: 'errors', operator: 'count', conditions }];
    const plan = await explained(
      'stat',
      list({ aggregate: [{ group: { keys: [dated('year'), dated('month')], fields } }] }),
    );
    expect(statOf(plan, 'totalKeysExamined')).toBe(JOBS);
    expect(statOf(plan, 'totalDocsExamined')).toBe(0);
  });

  test('the newest job of each collector comes from the index and no document', async () => {
    const plan = await explained(
      'stat',
      list({
        aggregate: [
          { sort: { keys: [{ key: 'collector_id' }, { key: 'created_at', desc: true }] } },
          {
            group: {
              keys: [{ key: 'collector_id', name: 'collector_id' }],
              fields: [{ key: 'job_id', name: 'job_id', operator: 'first' }],
            },
          },
        ],
      }),
    );
    expect(statOf(plan, 'totalKeysExamined')).toBe(JOBS);
    expect(statOf(plan, 'totalDocsExamined')).toBe(0);
  });

  test.each([
    [
      'a group by several keys',
      {
        group: {
          keys: [
            { key: 'status', name: 's' },
            { key: 'project_id', name: 'p' },
          ],
        },
      },
    ],
    ['rows', { project: { fields: [{ key: 'status', name: 's' }] } }],
  ])('%s read the documents of the domain, and nothing of others', async (_, stage) => {
    const plan = await explained('stat', list({ aggregate: [stage] }));
    expect(statOf(plan, 'totalKeysExamined')).toBe(JOBS);
    expect(statOf(plan, 'totalDocsExamined')).toBe(JOBS);
    expect(plan).not.toMatch(/"winningPlan":.*?"indexName":"_id_".*?"rejectedPlans"/);
  });
});

describe('with the indexes of the writers alone', () => {
  beforeAll(async () => {
    const jobs = service.db.collection('job');
    await Promise.all(
      INDEXES.map((key) =>
        jobs.dropIndex(
          Object.entries(key)
            .map((part) => part.join('_'))
            .join('_'),
        ),
      ),
    );
    await service.lookAtIndexes();
  });
  afterAll(async () => {
    await makeIndexes(service.db);
    await service.lookAtIndexes();
  });

  test.each([
    ['the first page', { limit: 20 }],
    ['a later page', { start: 41, limit: 20 }],
  ])('%s of the newest jobs examines few more than it answers', async (_, asked) => {
    const plan = await explained('list', list({ page: asked }));
    expect(statOf(plan, 'nReturned')).toBeGreaterThanOrEqual(20);
    expect(statOf(plan, 'totalDocsExamined')).toBeLessThanOrEqual(150);
  });

  test('all pages together equal the list', async () => {
    const ids = async (query: JsonObject) =>
      idsOf(await service.list(DOMAIN, { only: ['job_id'], ...query }));
    const whole = await ids({});
    const pages = await Promise.all(
      Array.from({ length: Math.ceil(JOBS / 100) }, (_, i) =>
        ids({ page: { start: i * 100 + 1, limit: 100 } }),
      ),
    );
    expect(whole).toHaveLength(JOBS);
    expect(pages.flat()).toEqual(whole);
  });
});
