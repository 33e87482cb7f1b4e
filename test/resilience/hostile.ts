/** An honest client at each door beside clients that mean harm: it hardly notices, and their memory comes back (docs/operations.md «Connections»). */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Db } from 'mongodb';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import type { Answer } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHttpClient } from '../harness/http-client.js';
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
const TIMEOUT = 2000;
const GROWTH = 1.5;
/** Rounds of as many large lists as the attackers ask for at once. */
const WARMING = 5;
/** Milliseconds until the memory has to be back. */
const BACK = 60_000;
const GET = { domain_id: DOMAIN, job_id: 'job-0' };

const fill = (db: Db) =>
  db.collection('job').insertMany(
    Array.from({ length: JOBS }, (_, nth) => ({
      job_id: `job-${nth}`,
      domain_id: DOMAIN,
      errors: [{ error_code: 'E', message: 'x'.repeat(1000) }],
    })),
  );

interface Honest {
  readonly ok: boolean;
  readonly took: number;
}

/** Calls at a steady pace until `over` is aborted. */
async function steady(call: () => Promise<Answer>, over: AbortSignal): Promise<readonly Honest[]> {
  const calls: Promise<Honest>[] = [];
  while (!over.aborted) {
    const begun = performance.now();
    calls.push(call().then(({ status }) => ({ ok: status === 'OK', took: performance.now() - begun })));
    await pause(1000 / PER_SECOND);
  }
  return Promise.all(calls);
}

function honest({ addresses }: ProbedSystem, over: AbortSignal) {
  const grpc = createGrpcClient(addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(addresses.http, PER_SECOND);
  const request = encodeRequest('get', GET);
  const byGrpc = steady(() => grpc.send('get', request, { timeoutMs: TIMEOUT }), over);
  const byHttp = steady(
    () => http.post('/inventory/v1/job/get', JSON.stringify(GET), { timeoutMs: TIMEOUT }),
    over,
  );
  return Promise.all([byGrpc, byHttp]).finally(() => {
    grpc.close();
    http.close();
  });
}

/** Has the service done once what it is asked for later, by clients who take their answers. */
async function warm(system: ProbedSystem): Promise<void> {
  const quiet = new AbortController();
  const calls = honest(system, quiet.signal);
  const door = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const all = encodeRequest('list', { domain_id: DOMAIN });
  for (let round = 0; round < WARMING; round++)
    await Promise.all(Array.from({ length: 16 }, () => door.send('list', all, { timeoutMs: BACK })));
  door.close();
  quiet.abort();
  await calls;
}

/** Attacks for so many milliseconds; answers what was done. */
async function attacked({ addresses }: ProbedSystem, seed: number, ms: number): Promise<string> {
  const child = fork(ATTACKERS, [addresses.grpc, addresses.http, DOMAIN, String(seed)]);
  await pause(ms);
  const told: Promise<readonly unknown[]> = once(child, 'message');
  const ended = once(child, 'exit');
  child.send('stop');
  const [what] = await told;
  await ended;
  return String(what);
}

const quantile = (of: readonly Honest[], share: number): number =>
  of.map(({ took }) => took).toSorted((a, b) => a - b)[Math.floor(of.length * share)] ?? NaN;

function figuresOf(door: string, calls: readonly Honest[]): Assertion {
  const good = calls.filter(({ ok }) => ok).length;
  return atLeast(`honest calls by ${door} that succeeded`, (100 * good) / calls.length, 99, '%');
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
  const over = new AbortController();
  const calling = honest(system, over.signal);
  note(await attacked(system, seed, short ? 5000 : (lasting ?? 60_000)));
  over.abort();
  const [byGrpc, byHttp] = await calling;
  const during = await system.vitals('as it is');
  for (const [door, calls] of [
    ['gRPC', byGrpc],
    ['HTTP', byHttp],
  ] as const)
    note(
      `${door}: ${calls.length} calls, p50 ${quantile(calls, 0.5).toFixed(0)} ms, p99 ${quantile(calls, 0.99).toFixed(0)} ms`,
    );
  note(`memory ${before.rssBytes >> 20} MiB before, ${during.rssBytes >> 20} MiB at the end of it`);
  let after = during;
  const back = async (): Promise<boolean> => {
    after = await system.vitals('collected');
    return after.rssBytes <= before.rssBytes * GROWTH && after.heapUsedBytes <= before.heapUsedBytes * GROWTH;
  };
  await until('the memory is back', back, BACK).catch(() => undefined);
  return [
    figuresOf('gRPC', byGrpc),
    figuresOf('HTTP', byHttp),
    atMost('memory afterwards, of what it was', after.rssBytes / before.rssBytes, GROWTH, 'times'),
    atMost('heap afterwards, of what it was', after.heapUsedBytes / before.heapUsedBytes, GROWTH, 'times'),
    sameProcess(system.program),
  ];
}
