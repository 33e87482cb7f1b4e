// Everything in a request is data: with anything in place of a key, a name or a value, no row of another domain is answered,
// no call is a fault, and no command with code reaches MongoDB.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fromJson, toBinary } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import type { Document } from 'mongodb';
import { GROUP_OPERATORS } from '../src/query/stages/group-operators.js';
import { PROJECT_OPERATORS } from '../src/query/stages/project-operators.js';
import { descriptors } from '../src/wire/descriptors.js';
import type { Outcome, RpcName } from './harness/client.js';
import { field, is, key } from './harness/query.js';
import { codeIn, NAMES, VALUES } from './harness/injections.js';
import { MONITORED, useService } from './harness/use-service.js';
import {
  FILTER_OPERATORS,
  KEYS,
  LISTED,
  listQuery,
  statQuery,
  TEST_OPERATORS,
} from './injection/arbitraries.js';

const MINE = 'domain-mine';

/** The jobs of a domain: alike but for unique fields and a word that names the domain. */
const jobsOf = (whose: string, collector: ObjectId): Document[] =>
  Array.from({ length: 3 }, (_, i) => ({
    job_id: `job-${whose}-${i}`,
    domain_id: `domain-${whose}`,
    status: 'ERROR',
    total_tasks: i,
    collector,
    collector_id: 'collector-1',
    project_id: 'project-1',
    projects: ['project-1'],
    created_at: new Date('2024-03-01'),
    filters: { whose, n: i, tags: [{ k: 'a', v: 1 }], o: { $ne: null } },
    errors: [{ error_code: 'E', message: whose, additional: { whose } }],
  }));

const collectorOf = (whose: string, _id: ObjectId): Document => ({
  _id,
  collector_id: `collector-${whose}`,
  domain_id: `domain-${whose}`,
  name: 'a collector',
  provider: whose,
  plugin_info: { plugin_id: 'plugin-1' },
});

const service = useService('injection', {}, MONITORED);
const commands: unknown[] = [];

beforeAll(async () => {
  await Promise.all(['job', 'collector'].map((name) => service.db.collection(name).deleteMany({})));
  for (const whose of ['mine', 'theirs']) {
    const collector = new ObjectId();
    await service.insert(jobsOf(whose, collector), [collectorOf(whose, collector)]);
  }
  service.onCommand((command) => commands.push(command));
});

// For all requests, in any order: no command had code in it, and none was a fault of the service.
afterAll(() => {
  expect(commands.length).toBeGreaterThan(0);
  expect([...new Set(commands.flatMap(codeIn))]).toEqual([]);
  expect(service.faults).toEqual([]);
});

const FAULTS = ['INTERNAL', 'UNKNOWN', 'UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED'];

/** True for an answer without rows of others, and for an error of the client. */
const isHarmless = (outcome: Outcome): boolean =>
  'error' in outcome ? !FAULTS.includes(outcome.error.status) : !JSON.stringify(outcome).includes('theirs');

/** The requests with a harmful outcome, each with it. */
async function harm(rpc: RpcName, requests: readonly JsonObject[]): Promise<unknown[]> {
  const outcomes = await Promise.all(requests.map((request) => service.call(rpc, request)));
  return outcomes
    .map((outcome, i) => ({ request: requests[i], outcome }))
    .filter(({ outcome }) => !isHarmless(outcome));
}

const list = (query: JsonObject): JsonObject => ({ domain_id: MINE, query });
const stat = (...aggregate: readonly JsonObject[]): JsonObject => ({
  domain_id: MINE,
  query: { aggregate: [...aggregate], page: { limit: 50 } },
});
const group = (parts: JsonObject): JsonObject => stat({ group: parts });
const counted = (conditions: readonly JsonObject[]): JsonObject =>
  group({ fields: [{ n: 'x', o: 'count', conditions: [...conditions] }] });

/** Every place where a request has a text of the client's own. */
const TEXT_PLACES: readonly (readonly [string, RpcName, (text: string) => JsonObject])[] = [
  ['the job of a get', 'get', (t) => ({ domain_id: MINE, job_id: t })],
  ['the domain of a get', 'get', (t) => ({ domain_id: t, job_id: 'job-theirs-0' })],
  ['only of a get', 'get', (t) => ({ domain_id: MINE, job_id: 'job-mine-0', only: [t] })],
  ['the job of a delete', 'delete', (t) => ({ domain_id: MINE, job_id: t })],
  ['the domain of a delete', 'delete', (t) => ({ domain_id: t, job_id: 'job-theirs-0' })],
  ['the domain of a list', 'list', (t) => ({ domain_id: t })],
  ['the job of a list', 'list', (t) => ({ domain_id: MINE, job_id: t })],
  ['the collector of a list', 'list', (t) => ({ domain_id: MINE, collector_id: t })],
  ['the project of a list', 'list', (t) => ({ domain_id: MINE, project_id: t })],
  ['a key', 'list', (t) => list({ filter: [is(t, 'not', 'x')] })],
  ['a key of an alternative', 'list', (t) => list({ filter_or: [is(t, 'exists', true)] })],
  ['a key below filter', 'list', (t) => list({ filter: [is(`filter.${t}`, 'not', 'x')] })],
  ['a key below the collector', 'list', (t) => list({ filter: [is(`collector.${t}`, 'not', 'x')] })],
  ['an operator', 'list', (t) => list({ filter: [is('status', t, 'x')] })],
  [
    'a name of match',
    'list',
    (t) => list({ filter: [{ k: 'errors', o: 'match', v: Object.fromEntries([[t, null]]) }] }),
  ],
  [
    'a name below match',
    'list',
    (t) => list({ filter: [is('errors', 'match', { [`additional.${t}`]: null })] }),
  ],
  ['a keyword', 'list', (keyword) => list({ keyword })],
  ['a sort key', 'list', (key) => list({ sort: { key } })],
  [
    'one of several sort keys',
    'list',
    (key) => list({ sort: { keys: [{ key: 'status' }, { key, desc: true }] } }),
  ],
  ['only', 'list', (t) => list({ only: [t] })],
  ['only below filter', 'list', (t) => list({ only: [`filter.${t}`] })],
  ['only of a count', 'list', (t) => list({ only: [t], count_only: true })],
  ['the domain of a stat', 'stat', (t) => ({ domain_id: t, query: { distinct: 'filters.whose' } })],
  ['distinct', 'stat', (distinct) => ({ domain_id: MINE, query: { distinct } })],
  [
    'a keyword of stat',
    'stat',
    (keyword) => ({ domain_id: MINE, query: { keyword, distinct: 'filters.whose' } }),
  ],
  [
    'a filter key of stat',
    'stat',
    (k) => ({ domain_id: MINE, query: { filter: [{ k, o: 'not', v: 1 }], distinct: 'job_id' } }),
  ],
  ['unwind', 'stat', (path) => stat({ unwind: { path } })],
  [
    'unwind after a group',
    'stat',
    (path) => stat({ group: { keys: [key('filters', 'f')] } }, { unwind: { path } }),
  ],
  ['a group key', 'stat', (k) => group({ keys: [key(k, 'x')] })],
  [
    'a group key beside the collector',
    'stat',
    (k) => group({ keys: [key(k, 'x'), key('collector.name', 'y')] }),
  ],
  ['the name of a group key', 'stat', (n) => group({ keys: [key('status', n)] })],
  ['a date format', 'stat', (date_format) => group({ keys: [key('created_at', 'x', { date_format })] })],
  [
    'a date format of no date',
    'stat',
    (date_format) => group({ keys: [key('status', 'x', { date_format })] }),
  ],
  ...Object.keys(GROUP_OPERATORS).map(
    (o) => [`what ${o} takes`, 'stat', (k: string) => group({ fields: [{ k, n: 'x', o }] })] as const,
  ),
  ['the name of a group field', 'stat', (n) => group({ fields: [{ k: 'total_tasks', n, o: 'sum' }] })],
  ['the operator of a group field', 'stat', (o) => group({ fields: [{ k: 'total_tasks', n: 'x', o }] })],
  ['a field of push', 'stat', (k) => group({ fields: [field('x', 'push', '', { fields: [key(k, 'y')] })] })],
  [
    'the name of a field of push',
    'stat',
    (n) => group({ fields: [field('x', 'push', '', { fields: [key('status', n)] })] }),
  ],
  ['the key of a condition', 'stat', (k) => counted([{ k, o: 'eq', v: 1 }])],
  ['the operator of a condition', 'stat', (o) => counted([{ k: 'status', o, v: 1 }])],
  ['the name of a count', 'stat', (name) => stat({ count: { name } })],
  ['a sort key of stat', 'stat', (key) => stat({ sort: { key } })],
  [
    'a sort key of stat after a group',
    'stat',
    (name) => stat({ group: { keys: [key('status', 's')] } }, { sort: { key: name } }),
  ],
  ...Object.keys(PROJECT_OPERATORS).map(
    (o) =>
      [
        `what project ${o} takes`,
        'stat',
        (k: string) => stat({ project: { fields: [{ k, n: 'x', o }] } }),
      ] as const,
  ),
  [
    'what project takes after a group',
    'stat',
    (k) => stat({ group: { keys: [key('filters', 's')] } }, { project: { fields: [key(k, 'x')] } }),
  ],
  ['the name of a projected field', 'stat', (n) => stat({ project: { fields: [key('status', n)] } })],
  [
    'the operator of a projected field',
    'stat',
    (o) => stat({ project: { fields: [{ k: 'status', n: 'x', o }] } }),
  ],
];

test.each(TEXT_PLACES)('a hostile text is data: %s', async (_place, rpc, request) => {
  expect(await harm(rpc, NAMES.map(request))).toEqual([]);
});

const inShape = (o: string, v: JsonValue): JsonValue => [v].find(() => !LISTED.includes(o)) ?? [v];

describe.each(FILTER_OPERATORS)('a hostile value of %s is data', (o) => {
  test.each(KEYS)('at %s', async (k) => {
    const asked = VALUES.map((v) => list({ filter: [{ k, o, v: inShape(o, v) }] }));
    expect(await harm('list', asked)).toEqual([]);
  });
});

test.each(TEST_OPERATORS)('a hostile value of %s in a condition on rows is data', async (o) => {
  const asked = VALUES.flatMap((v) => KEYS.map((k) => counted([{ k, o, v }])));
  expect(await harm('stat', asked)).toEqual([]);
});

const NOT_MET: readonly JsonValue[] = VALUES.filter((value) => /^\{"\$/.test(JSON.stringify(value)));

test('an object of operators equals nothing but such an object', async () => {
  const queries = NOT_MET.map((v) => list({ filter: [{ k: 'status', o: 'eq', v }], count_only: true }));
  const outcomes = await Promise.all(queries.map((query) => service.call('list', query)));
  expect(outcomes).toEqual(NOT_MET.map(() => ({ response: {} })));
  expect(NOT_MET.length).toBeGreaterThan(15);
});

test('a stored object of operators is found by an equal one only', async () => {
  const asked = [{ $ne: null }, { $ne: 1 }].map((v) =>
    list({ filter: [{ k: 'filters.o', o: 'eq', v }], count_only: true }),
  );
  const outcomes = await Promise.all(asked.map((query) => service.call('list', query)));
  expect(outcomes).toEqual([{ response: { total_count: 3 } }, { response: {} }]);
});

test.each<readonly [string, JsonObject, JsonValue]>([
  ['a text that looks like a field', counted([is('filters.whose', 'eq', '$filters.whose')]), 0],
  ['a text that looks like a variable', counted([is('filters.whose', 'not', '$$ROOT')]), 3],
  ['an object that looks like an expression', counted([is('filters.whose', 'eq', { $literal: 'mine' })]), 0],
  ['an object as it is stored', counted([is('filters.o', 'eq', { $ne: null })]), 3],
  ['a list as it is stored', counted([is('projects', 'eq', ['project-1'])]), 3],
])('a condition on rows takes its value as data: %s', async (_what, request, x) => {
  expect(await service.call('stat', request)).toEqual({ response: { results: [{ x }], total_count: 1 } });
});

/** Encodes `request`; `marker` stands for bytes that JSON and the client's codec would not let through. */
function bytesOf(message: string, request: JsonObject, marker: string, bytes: Uint8Array): Uint8Array {
  const schema = descriptors.getMessage(`spaceone.api.inventory.v1.${message}`);
  if (schema === undefined) throw new Error(`the contract has no ${message}`);
  const encoded = Buffer.from(toBinary(schema, fromJson(schema, request)));
  const at = encoded.indexOf(marker);
  if (at < 0 || marker.length !== bytes.length) throw new Error('the marker is not in the request');
  encoded.set(bytes, at);
  return encoded;
}

const MESSAGES = {
  list: 'JobsQuery',
  stat: 'JobStatQuery',
  get: 'GetJobRequest',
  delete: 'JobRequest',
} as const;

test.each(TEXT_PLACES)('text that is not UTF-8 is refused: %s', async (_place, rpc, request) => {
  const bytes = bytesOf(MESSAGES[rpc], request('XYZ'), 'XYZ', Uint8Array.of(0xed, 0xa0, 0x80));
  expect(await service.send(rpc, bytes)).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', code: 'ERROR_INVALID_PARAMETER' },
  });
});

test.each<readonly [string, RpcName, JsonObject]>([
  ['in eq', 'list', list({ filter: [is('filters.o', 'not', { XYZXYZXYZ: { $ne: 1 } })] })],
  ['in in', 'list', list({ filter: [is('filters.o', 'not_in', [{ XYZXYZXYZ: 1 }])] })],
  ['in match', 'list', list({ filter: [is('errors', 'match', { XYZXYZXYZ: null })] })],
  ['below match', 'list', list({ filter: [is('errors', 'match', { x: null, 'a.XYZXYZXYZ.b': null })] })],
  ['in a key', 'list', list({ filter: [{ k: 'filters.XYZXYZXYZ.x', o: 'eq' }] })],
  ['in a condition', 'stat', counted([is('filters.o', 'not', { XYZXYZXYZ: 1 })])],
  ['as a name', 'stat', group({ keys: [key('filters.whose', 'XYZXYZXYZ')] })],
  [
    'as a name within push',
    'stat',
    group({ fields: [field('a', 'push', '', { fields: [key('status', 'XYZXYZXYZ')] })] }),
  ],
])('__proto__ is a name like any other: %s', async (_place, rpc, request) => {
  const plain = await service.call(rpc, request);
  const bytes = bytesOf(MESSAGES[rpc], request, 'XYZXYZXYZ', Buffer.from('__proto__'));
  const outcome = await service.send(rpc, bytes);
  expect(plain).toMatchObject({ response: { results: expect.anything() } });
  expect(sized(outcome)).toEqual(sized(plain));
});

/** Counts the rows and the values of an answer; NaN where it failed. */
const sized = (outcome: Outcome): unknown =>
  'error' in outcome
    ? outcome
    : JSON.stringify(outcome).split(':').length + JSON.stringify(outcome).split('{').length;

test('no request deleted a job', async () => {
  expect(await service.db.collection('job').countDocuments()).toBe(6);
});

const RUNS = { seed: 20240315, numRuns: 600, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false };

test.each<readonly [RpcName, fc.Arbitrary<JsonObject>]>([
  ['list', listQuery],
  ['stat', statQuery],
])('any query of %s is harmless', async (rpc, query) => {
  await fc.assert(
    fc.asyncProperty(query, async (asked) => {
      expect(await harm(rpc, [{ domain_id: MINE, query: asked }])).toEqual([]);
    }),
    RUNS,
  );
});
