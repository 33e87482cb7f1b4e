// An honest client at each listener beside hostile clients: its calls succeed, and the memory of the service recovers (docs/configure.md «Connections»).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Db } from 'mongodb';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { Answer } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHttpClient, routeOf } from '../harness/http-client.js';
import { startDatabase } from '../harness/mongod.js';
import { until } from '../harness/until.js';
import { atLeast, atMost, sameProcess } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const ATTACKERS = fileURLToPath(new URL('attackers.js', import.meta.url));
const DOMAIN = 'domain-attacked';
const JOBS = 2000;
const PER_SECOND = 20;
const TIMEOUT_MS = 2000;
const MAX_GROWTH = 1.5;
/** Rounds of large lists, as many at once as the attackers request. */
const WARM_UP_ROUNDS = 5;
/** The maximum time until the memory has recovered. */
const MAX_RECOVERY_MS = 60_000;
const GET = { domain_id: DOMAIN, job_id: 'job-0' };

const fill = (db: Db) =>
  db.collection('job').insertMany(
    Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-${nth}`,
      domain_id: DOMAIN,
      errors: [{ error_code: 'E', message: 'x'.repeat(1000) }],
    })),
  );

interface HonestCall {
  readonly ok: boolean;
  readonly tookMs: number;
}

/** Calls at a steady rate until `stopped`. */
async function steady(call: () => Promise<Answer>, stopped: AbortSignal): Promise<readonly HonestCall[]> {
  const calls: Promise<HonestCall>[] = [];
  while (!stopped.aborted) {
    const begun = performance.now();
    calls.push(call().then(({ status }) => ({ ok: status === 'OK', tookMs: performance.now() - begun })));
    await pause(1000 / PER_SECOND);
  }
  return Promise.all(calls);
}

function honestCalls({ addresses }: ProbedSystem, stopped: AbortSignal) {
  const grpc = createGrpcClient(addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(addresses.http, PER_SECOND);
  const request = encodeRequest('get', GET);
  const byGrpc = steady(() => grpc.send('get', request, { timeoutMs: TIMEOUT_MS }), stopped);
  const byHttp = steady(
    () => http.post(routeOf('get'), JSON.stringify(GET), { timeoutMs: TIMEOUT_MS }),
    stopped,
  );
  return Promise.all([byGrpc, byHttp]).finally(() => {
    grpc.close();
    http.close();
  });
}

/** Warms the service up with the same requests, by clients that read their answers. */
async function warm(system: ProbedSystem): Promise<void> {
  const quiet = new AbortController();
  const calls = honestCalls(system, quiet.signal);
  const client = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const all = encodeRequest('list', { domain_id: DOMAIN });
  for (let round = 0; round < WARM_UP_ROUNDS; round++)
    await Promise.all(
      Array.from({ length: 16 }, () => client.send('list', all, { timeoutMs: MAX_RECOVERY_MS })),
    );
  client.close();
  quiet.abort();
  await calls;
}

/** Attacks for `ms` milliseconds, and returns the counts of the attacks. */
async function attack({ addresses }: ProbedSystem, seed: number, ms: number): Promise<string> {
  const child = fork(ATTACKERS, [addresses.grpc, addresses.http, DOMAIN, String(seed)]);
  await pause(ms);
  const report: Promise<readonly unknown[]> = once(child, 'message');
  const ended = once(child, 'exit');
  child.send('stop');
  const [counts] = await report;
  await ended;
  return String(counts);
}

const quantile = (of: readonly HonestCall[], share: number): number =>
  of.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[Math.floor(of.length * share)] ?? NaN;

function mostSucceed(listener: string, calls: readonly HonestCall[]): Assertion {
  const good = calls.filter(({ ok }) => ok).length;
  return atLeast(`successful honest calls over ${listener}`, (100 * good) / calls.length, 99, '%');
}

export async function hostile({
  seed,
  short,
  lasting,
  note,
}: ScenarioOptions): Promise<readonly Assertion[]> {
  await using database = await startDatabase();
  await fill(database.db);
  await using system = await startProbedSystem(database.uri);
  await warm(system);
  const before = await system.vitals('collected');
  const stop = new AbortController();
  const calling = honestCalls(system, stop.signal);
  note(await attack(system, seed, short ? 5000 : (lasting ?? 60_000)));
  stop.abort();
  const [byGrpc, byHttp] = await calling;
  const during = await system.vitals('as it is');
  for (const [listener, calls] of [
    ['gRPC', byGrpc],
    ['HTTP', byHttp],
  ] as const)
    note(
      `${listener}: ${calls.length} calls, p50 ${quantile(calls, 0.5).toFixed(0)} ms, p99 ${quantile(calls, 0.99).toFixed(0)} ms`,
    );
  note(`memory ${before.rssBytes >> 20} MiB before, ${during.rssBytes >> 20} MiB at the end of the attack`);
  let after = during;
  const isRecovered = async (): Promise<boolean> => {
    after = await system.vitals('collected');
    return (
      after.rssBytes <= before.rssBytes * MAX_GROWTH &&
      after.heapUsedBytes <= before.heapUsedBytes * MAX_GROWTH
    );
  };
  await until('the memory has recovered', isRecovered, MAX_RECOVERY_MS).catch(() => undefined);
  return [
    mostSucceed('gRPC', byGrpc),
    mostSucceed('HTTP', byHttp),
    atMost(
      'memory afterwards, in multiples of before',
      after.rssBytes / before.rssBytes,
      MAX_GROWTH,
      'times',
    ),
    atMost(
      'heap afterwards, in multiples of before',
      after.heapUsedBytes / before.heapUsedBytes,
      MAX_GROWTH,
      'times',
    ),
    sameProcess(system.program),
  ];
}
