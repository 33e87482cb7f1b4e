// Nobody's answer depends on a document outside its scope, or on one that another condition excludes: texts, types and
// sizes that would fail a call are planted there, and every answer is that of a database without them.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@bufbuild/protobuf';
import { ObjectId } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { createRoles } from '../src/auth/roles.js';
import type { Authenticate } from '../src/auth/caller.js';
import { makeWritersIndexes } from '../src/embedded/sample.js';
import { AuthorizationResponse } from '../src/gen/spaceone/api/core/v1/handler.js';
import { JOB_SCHEMA } from '../src/job/schema.js';
import { makeIndexes } from '../src/job/collections.js';
import { confine, matchStages } from '../src/query/confine.js';
import type { Condition } from '../src/query/condition.js';
import type { Outcome, RpcName } from './harness/client.js';
import { callConnect, TRANSPORTS } from './harness/connect-client.js';
import { callHttp, post, routeOf } from './harness/http-client.js';
import { startService } from './harness/service.js';
import type { Service } from './harness/service.js';
import { asked, is, MINE, PROJECT, REQUESTS, STUCK, STUCK_ON } from './scope/requests.js';
import type { Caller } from './scope/requests.js';

const THEIRS = 'domain-theirs';
const JOBS = 200;

const LONG = `${'a'.repeat(8000)}x`;
const HUGE = 'x'.repeat(9_000_000);

const mine = new ObjectId();
const unused = new ObjectId();

const job = (nth: number, parts: Document): Document => ({
  job_id: `job-${String(nth).padStart(12, '0')}`,
  domain_id: MINE,
  status: 'SUCCESS',
  project_id: PROJECT,
  projects: [PROJECT],
  collector: mine,
  collector_id: 'collector-mine',
  total_tasks: nth % 7,
  created_at: new Date(Date.UTC(2024, 2, 1) + (nth >> 1) * 1000),
  finished_at: new Date(Date.UTC(2024, 2, 2) + (nth >> 2) * 1000),
  filters: { s: `text ${nth % 11}`, o: { a: nth }, pairs: [{ k: 'n', v: nth }] },
  errors: [{ error_code: `E${nth % 3}`, message: `failed ${nth % 5} x` }],
  ...parts,
});

/** Values to fail, slow down or bloat a call on them; the newest and first in every order. */
const PLANTED: readonly Document[] = [
  { errors: [{ error_code: 'E0', message: LONG }], filters: { s: LONG, o: 'text', pairs: 'text' } },
  { errors: LONG, filters: [{ s: LONG, o: 1, pairs: [[1, 2]] }], created_at: [new Date(0), 'text'] },
  { errors: [[{ message: LONG }]], filters: { s: { s: LONG }, o: [1], pairs: [['a', 1, 2]] } },
  { errors: 5, filters: { s: 5, o: null, pairs: [{ k: 5, v: 1 }] }, total_tasks: 'many', collector: unused },
  { errors: [], filters: { s: HUGE, o: { a: HUGE.slice(0, 4_000_000) }, pairs: [] } },
  { created_at: new Date(-8_640_000_000_000_000), finished_at: new Date(8_640_000_000_000_000) },
  { created_at: 'text', finished_at: { $date: 0 }, duration: [LONG] },
];

/** The places of the planted values, each excluded by one of the caller's limits. */
const ELSEWHERE: readonly Document[] = [
  { domain_id: THEIRS },
  { project_id: 'project-theirs', projects: ['project-theirs'] },
  { status: 'ERROR' },
];

const COLLECTORS: readonly Document[] = [
  {
    _id: mine,
    collector_id: 'collector-mine',
    domain_id: MINE,
    name: 'mine',
    provider: 'aws',
    tags: { a: 1 },
  },
];
const PLANTED_COLLECTORS: readonly Document[] = [
  { collector_id: 'collector-theirs', domain_id: THEIRS, name: LONG, tags: HUGE },
  { collector_id: 'collector-theirs-2', domain_id: THEIRS, name: [LONG], tags: HUGE },
  // Of the same domain, but only excluded jobs refer to it.
  { _id: unused, collector_id: 'collector-unused', domain_id: MINE, name: LONG, tags: 'none' },
];

const CALLERS: readonly Caller[] = ['DOMAIN', 'PROJECT', 'SYSTEM'];

/** The token is the role. */
const asking = createRoles(
  {
    role: ({ token }) =>
      Promise.resolve({
        ...AuthorizationResponse.decode(new Uint8Array()),
        role_type: token,
        projects: [PROJECT],
      }),
  },
  { ttlMs: 0, monotonicNow: () => performance.now() },
);
const authenticate: Authenticate = ({ token = '', verb, signal }) =>
  Promise.resolve({ scope: (asked) => asking({ ...asked, token, verb, domainId: MINE }, signal) });

async function serve(database: string, jobs: Document[], collectors: Document[]): Promise<Service> {
  const service = await startService(database, {}, { authenticate });
  await Promise.all(['job', 'collector'].map((name) => service.db.collection(name).deleteMany({})));
  await service.insert(jobs, collectors);
  return service;
}

let alone: Service;
let planted: Service;

beforeAll(async () => {
  const own = Array.from({ length: JOBS }, (_, nth) => job(nth + 100, {}));
  const others = ELSEWHERE.flatMap((elsewhere, i) =>
    PLANTED.map((parts, j) => job(10 * i + j, { created_at: new Date(), ...parts, ...elsewhere })),
  );
  alone = await serve('scope_alone', own, [...COLLECTORS]);
  planted = await serve('scope_planted', [...others, ...own], [...PLANTED_COLLECTORS, ...COLLECTORS]);
}, 60_000);
afterAll(() => Promise.all([alone, planted].map(({ stop }) => stop())));

type Ask = (to: Service, caller: Caller, rpc: RpcName, request: JsonObject) => Promise<Outcome>;

const byGrpc: Ask = (to, caller, rpc, request) => to.call(rpc, request, { headers: { token: caller } });

const WAYS: Readonly<Record<string, Ask>> = {
  gRPC: byGrpc,
  JSON: ({ http }, caller, rpc, request) => callHttp(http, rpc, request, { token: caller }),
  ...Object.fromEntries(
    Object.entries(TRANSPORTS).map(([name, transport]): [string, Ask] => [
      name,
      ({ http }, caller, rpc, request) => callConnect(transport(http, caller), rpc, request),
    ]),
  ),
};

type MakeIndexes = (db: Db) => Promise<unknown>;

/** Sets of indexes, and the ways to ask with each: MongoDB is asked alike by all of them. */
const INDEXES: readonly (readonly [string, MakeIndexes, readonly string[]])[] = [
  ['all indexes', makeIndexes, Object.keys(WAYS)],
  ['the indexes of the writers', makeWritersIndexes, ['gRPC']],
  ['no index', () => Promise.resolve(), ['gRPC']],
];

async function reindexed({ db, lookAtIndexes }: Service, make: MakeIndexes) {
  await db.collection('job').dropIndexes();
  await make(db);
  await lookAtIndexes();
}

const textOf = async (to: Service, caller: Caller, accept: string): Promise<unknown> => {
  const headers = { accept, token: caller };
  const body = JSON.stringify(asked(caller, { filter: [STUCK] }));
  const response = await post(to.http, routeOf('list'), body, headers);
  return { status: response.status, text: await response.text() };
};

/** The answer to each request. */
async function answers(ask: Ask, to: Service, caller: Caller): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for (const { what, rpc, request } of REQUESTS)
    seen.push({ what, ...(await ask(to, caller, rpc, request(caller))) });
  return seen;
}

/** Answers without the planted values, asked for once: they do not depend on indexes. */
const known = new Map<string, Promise<readonly unknown[]>>();
function alike(key: string, find: () => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}

const CONDITIONS: readonly Condition[] = [
  { fieldPath: 'query.filter[0]', path: 'errors.message', operator: 'regex', operand: STUCK_ON },
  { fieldPath: 'query.filter[1]', path: 'status', operator: 'eq', operand: 'SUCCESS' },
  { fieldPath: 'query.filter[2]', path: 'project_id', operator: 'eq', operand: PROJECT },
];
const match = confine({ all: CONDITIONS, any: [] }, { domainId: MINE }, JOB_SCHEMA);

describe.each(INDEXES)('with %s', (_, make, ways) => {
  beforeAll(async () => {
    await reindexed(planted, make);
  });

  describe.each(ways)('by %s', (way) => {
    const ask = WAYS[way] ?? byGrpc;

    test.each(CALLERS)(
      'no answer to a %s caller changes',
      async (caller) => {
        const due = await alike(`${way} ${caller}`, () => answers(ask, alone, caller));
        expect(await answers(ask, planted, caller)).toEqual(due);
      },
      60_000,
    );
  });

  test.each(
    CALLERS.flatMap((caller) => ['application/x-ndjson', 'text/csv'].map((accept) => ({ caller, accept }))),
  )('no export to a $caller caller as $accept changes', async ({ caller, accept }) => {
    const due = await textOf(alone, caller, accept);
    expect(await textOf(planted, caller, accept)).toEqual(due);
    expect(due).toHaveProperty('status', 200);
  });

  const newest = { $sort: { created_at: -1, job_id: -1 } };

  test.each([
    ['behind the scope', matchStages(match)],
    ['behind the scope and an order', matchStages(match, [newest])],
  ])('MongoDB plans the guard %s', async (_name, stages) => {
    const explained = await planted.db
      .collection('job')
      .aggregate([...stages])
      .explain();
    const [first, ...rest] = explained['stages'] as readonly Document[];
    expect(JSON.stringify(first)).not.toContain('$regexMatch');
    expect(JSON.stringify(first)).toContain(MINE);
    expect(JSON.stringify(rest)).toContain('$regexMatch');
  });
});

test('no call was a fault, and each is about jobs of the scope', async () => {
  expect(planted.faults).toEqual([]);
  const outcome = await byGrpc(planted, 'DOMAIN', 'list', asked('DOMAIN', { count_only: true }));
  expect(outcome).toEqual({ response: { total_count: JOBS } });
});

test.each(CALLERS)(
  'without what is planted, a %s caller gets an answer to each list and stat',
  async (caller) => {
    const due = await alike(`gRPC ${caller}`, () => answers(byGrpc, alone, caller));
    expect(due.slice(0, -2).filter((each) => !JSON.stringify(each).includes('response'))).toEqual([]);
  },
);

test('a guard in one filter with the scope would fail on texts outside of the scope', async () => {
  await reindexed(planted, makeIndexes);
  const jobs = planted.db.collection('job');
  const merged = { $and: [match.within, match.guarded ?? {}] };
  const outcome = await jobs.countDocuments(merged).catch((error: unknown) => error);
  expect(outcome).toHaveProperty('code', 51156);
});

describe('within the scope,', () => {
  const DOMAIN = 'domain-within';
  const outside = new ObjectId();
  const inside = new ObjectId();
  const jobs: readonly Document[] = [
    { job_id: 'stuck', filters: { a: LONG, b: 'no' }, status: 'SUCCESS', collector: inside },
    { job_id: 'beside', filters: { a: 'x', b: 'yes' }, status: 'SUCCESS', collector: inside },
    { job_id: 'either', errors: [{ message: 'a match x' }, { message: LONG }], status: 'ERROR' },
    { job_id: 'other', filters: { a: 'none' }, status: 'TIMEOUT', collector: outside },
    { job_id: 'long', filters: { t: `x${'a'.repeat(400_000)}` }, status: 'CANCELED' },
    { job_id: ['two', 'ids'], errors: [{ error_code: 'B' }, { error_code: 'A' }], status: 'CREATED' },
  ];
  const collectors: readonly Document[] = [
    { _id: outside, collector_id: 'outside', name: 'bad', provider: 'google', tags: { t: LONG } },
    { _id: inside, collector_id: 'inside', name: 'good', provider: 'aws', tags: { t: 'x' } },
  ];
  const bad = is('collector.tags.t', 'regex', STUCK_ON);
  const a = is('filter.a', 'regex', STUCK_ON);
  const message = is('errors.message', 'regex', STUCK_ON);
  const yes = is('filter.b', 'eq', 'yes');
  const TOLD = 'ERROR_INVALID_PARAMETER';

  beforeAll(async () => {
    const [ownJobs, ownCollectors] = [jobs, collectors].map((documents) =>
      documents.map((each) => ({ ...each, domain_id: DOMAIN })),
    );
    await planted.insert(ownJobs ?? [], ownCollectors);
  });

  test.each<readonly [string, JsonObject, string | number]>([
    ['a job that meets another alternative is given', { filter_or: [a, is('filter.b', 'eq', 'no')] }, 2],
    ['a job with a text that matches is given', { filter_or: [message, is('status', 'eq', 'NONE')] }, 1],
    ['a job that another condition excludes is not asked', { filter: [a, yes] }, 1],
    [
      'the first expression that does not hold decides',
      { filter: [is('filter.b', 'regex', 'q.*z.*'), a] },
      0,
    ],
    ['a text that cannot be told is told', { filter: [a] }, TOLD],
    ['a text that cannot be told is told among alternatives', { filter_or: [a, yes] }, TOLD],
    ['a long text that one repeat may miss is told', { filter: [is('filter.t', 'regex', '^.*x')] }, TOLD],
    [
      'a collector that others exclude is not asked',
      { filter: [is('collector.name', 'not', 'bad'), bad] },
      2,
    ],
    ['a collector of excluded jobs is not asked', { filter: [is('status', 'regex', '^S.*C.*S$'), bad] }, 2],
    ['a collector of a job in question is told', { filter: [bad] }, TOLD],
    [
      'an id that is an array fails no order',
      { filter: [is('status', 'eq', 'CREATED')], sort: { key: 'errors.error_code' }, page: { limit: 2 } },
      1,
    ],
  ])('%s', async (_, query, due) => {
    const outcome = await byGrpc(planted, 'SYSTEM', 'list', { domain_id: DOMAIN, query });
    expect('error' in outcome ? outcome.error.code : (outcome.response['total_count'] ?? 0)).toBe(due);
  });
});

test('a text within the scope that stops an expression is reported', async () => {
  const inside = { domain_id: MINE, query: { filter: [STUCK] } };
  for (const caller of CALLERS)
    expect(await byGrpc(planted, caller, 'list', inside)).toHaveProperty(
      'error.code',
      'ERROR_INVALID_PARAMETER',
    );
});
