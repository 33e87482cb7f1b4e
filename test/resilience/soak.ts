// Calls of all kinds for a long time, some cancelled, on short-lived connections: nothing grows (docs/resilience.md «Scenarios»).
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import type { Db } from 'mongodb';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { GrpcClient, RpcName } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHttpClient, routeOf } from '../harness/http-client.js';
import type { HttpClient } from '../harness/http-client.js';
import { startDatabase } from '../harness/mongod.js';
import { pick, random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { atMost, exactly, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const DOMAIN = 'domain-soaked';
const JOBS = 2000;
const PER_SECOND = 100;
const TIMEOUT_MS = 10_000;
/** The share of cancelled calls, and the time of cancellation. */
const CANCELLED_SHARE = 0.05;
const CANCELLED_AFTER_MS = 3;
const DEFAULT_DURATION_MS = 600_000;
const SHORT_DURATION_MS = 8000;
const SAMPLES = 40;
/** The maximum growth over the second half. */
const LIMITS = { heapMiB: 4, descriptors: 20 };
/** The same after seconds, in which connections and buffers are still made. */
const SHORT_LIMITS = { heapMiB: 16, descriptors: 150 };

const CALLS: readonly (readonly [RpcName, JsonObject])[] = [
  ['get', { job_id: 'job-7' }],
  ['get', { job_id: 'job-none' }],
  ['list', { query: { page: { start: 1, limit: 20 } } }],
  ['list', { query: { page: { start: 1, limit: 500 }, filter: [{ k: 'status', v: 'ERROR', o: 'eq' }] } }],
  ['list', { query: { filter: [{ k: 'errors.message', v: 'a.*b.*c', o: 'regex' }], count_only: true } }],
  [
    'stat',
    {
      query: {
        aggregate: [{ group: { keys: [{ k: 'status', n: 's' }], fields: [{ n: 'n', o: 'count' }] } }],
      },
    },
  ],
  ['stat', { query: { distinct: 'status' } }],
  ['list', { query: { filter: [{ k: 'nothing', v: 1, o: 'no such' }] } }],
];

const fill = (db: Db) =>
  db.collection('job').insertMany(
    Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-${nth}`,
      domain_id: DOMAIN,
      status: nth % 3 === 0 ? 'ERROR' : 'SUCCESS',
      errors: [{ error_code: 'E', message: 'abc'.repeat(20) }],
      created_at: new Date(Date.UTC(2024, 0, 1) + nth * 60_000),
    })),
  );

interface Clients {
  readonly grpc: GrpcClient;
  readonly http: HttpClient;
}

const open = ({ addresses }: ProbedSystem): Clients => ({
  grpc: createGrpcClient(addresses.grpc, OWN_CONNECTION),
  http: createHttpClient(addresses.http, 20),
});

async function call(next: Random, { grpc, http }: Clients): Promise<string> {
  const [rpc, fields] = pick(next, CALLS);
  const request = { domain_id: DOMAIN, ...fields };
  const cancellation = next() < CANCELLED_SHARE ? { signal: AbortSignal.timeout(CANCELLED_AFTER_MS) } : {};
  const options = { timeoutMs: TIMEOUT_MS, ...cancellation };
  const { status } =
    next() < 0.5
      ? await grpc.send(rpc, encodeRequest(rpc, request), options)
      : await http.post(routeOf(rpc), JSON.stringify(request), options);
  return status;
}

/** Calls at a steady rate, each second by new clients. */
async function calling(system: ProbedSystem, next: Random, stopped: AbortSignal): Promise<readonly string[]> {
  const calls: Promise<string>[] = [];
  while (!stopped.aborted) {
    const clients = open(system);
    const second: Promise<string>[] = [];
    for (let nth = 0; nth < PER_SECOND; nth++) {
      second.push(call(next, clients));
      await pause(1000 / PER_SECOND - 1);
    }
    calls.push(...second);
    void Promise.all(second).finally(() => {
      clients.grpc.close();
      clients.http.close();
    });
  }
  return Promise.all(calls);
}

interface Sample {
  readonly heap: number;
  readonly descriptors: number;
}

/** The growth from the first to the last value, by linear regression. */
function growth(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
  const products = values.map((each, nth) => (nth - middle) * (each - mean));
  const squares = values.map((_, nth) => (nth - middle) ** 2);
  const sum = (all: readonly number[]): number => all.reduce((total, each) => total + each, 0);
  return (sum(products) / sum(squares)) * (values.length - 1);
}

export async function soak({
  seed,
  short,
  lasting = DEFAULT_DURATION_MS,
  note,
}: ScenarioOptions): Promise<readonly Assertion[]> {
  await using database = await startDatabase();
  await fill(database.db);
  await using system = await startProbedSystem(database.uri);
  const stop = new AbortController();
  const calls = calling(system, random(seed), stop.signal);
  const samples: Sample[] = [];
  for (let nth = 0; nth < SAMPLES; nth++) {
    await pause((short ? SHORT_DURATION_MS : lasting) / SAMPLES);
    const { heapUsedBytes } = await system.vitals('collected');
    samples.push({ heap: heapUsedBytes / 1024 ** 2, descriptors: system.descriptors() });
  }
  stop.abort();
  const ends = await calls;
  note(`${ends.length} calls: ${tally(ends)}`);
  const half = samples.slice(SAMPLES / 2);
  const limits = short ? SHORT_LIMITS : LIMITS;
  const [first, middle, last] = [samples[0], half[0], samples.at(-1)];
  note(
    `heap ${[first, middle, last].map((each) => each?.heap.toFixed(1)).join(', ')} MiB, descriptors ${[first, middle, last].map((each) => each?.descriptors).join(', ')}, at the start, at half-time and at the end`,
  );
  return [
    atMost(
      'growth of the heap over the second half',
      growth(half.map(({ heap }) => heap)),
      limits.heapMiB,
      'MiB',
    ),
    atMost(
      'growth of open descriptors over the second half',
      growth(half.map(({ descriptors }) => descriptors)),
      limits.descriptors,
      'descriptors',
    ),
    exactly(
      'calls ended by a fault',
      ends.filter((end) => ['INTERNAL', 'UNKNOWN', 'UNAVAILABLE', 'UNANSWERED'].includes(end)).length,
      0,
    ),
    sameProcess(system.program),
  ];
}
