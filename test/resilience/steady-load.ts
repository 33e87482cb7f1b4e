// Load at a steady rate: the pages of a small domain beside busy neighbours, and health probes, with their times.
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHealthClient } from '../harness/health-client.js';
import { atMost } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import type { ProbedSystem } from './system-under-test.js';

export const SMALL_DOMAIN = 'domain-neighbour000';
const JOBS = 2000;
const PAGE = encodeRequest('list', { domain_id: SMALL_DOMAIN, query: { page: { limit: 20 } } });

/** Inserts the jobs of the small domain. */
export async function fillSmallDomain(db: Db): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-neighbour-${nth}`,
    domain_id: SMALL_DOMAIN,
    status: 'SUCCESS',
    created_at: new Date(Date.UTC(2026, 0, 1) + nth * 1000),
  }));
  await db.collection('job').insertMany(jobs);
}

/** The maximum time of a page, in multiples of its time alone; and the same in the short form, on a machine shared with others. */
const MAX_SLOWDOWN = 3;
const MAX_SLOWDOWN_SHORT = 15;

/** Asserts the slowdown of the small domain's pages `beside` other load. */
export const slowdown = (
  beside: string,
  pages: readonly TimedCall[],
  alone: readonly TimedCall[],
  { short }: ScenarioOptions,
): Assertion =>
  atMost(
    `p50 of the small domain's pages ${beside}, in multiples of alone`,
    quantile(pages, 0.5) / quantile(alone, 0.5),
    short ? MAX_SLOWDOWN_SHORT : MAX_SLOWDOWN,
    'times',
  );

export interface TimedCall {
  readonly status: string;
  readonly tookMs: number;
}

export const quantile = (calls: readonly TimedCall[], share: number): number =>
  calls.map(({ tookMs }) => tookMs).toSorted((one, other) => one - other)[Math.floor(calls.length * share)] ??
  NaN;

export const failuresIn = (calls: readonly TimedCall[]): number =>
  calls.filter(({ status }) => status !== 'OK').length;

async function timed(call: () => Promise<string>): Promise<TimedCall> {
  const begun = performance.now();
  const status = await call();
  return { status, tookMs: performance.now() - begun };
}

/** Makes calls at a steady rate, regardless of answers, until `stopped`. */
export async function atRate<T>(
  perSecond: number,
  stopped: AbortSignal,
  call: () => Promise<T>,
): Promise<readonly T[]> {
  const begun = performance.now();
  const all: Promise<T>[] = [];
  while (!stopped.aborted) {
    const target = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (all.length < target) all.push(call());
    await pause(5);
  }
  return Promise.all(all);
}

/** Times calls at a steady rate, until `stopped`. */
export const steadily = (
  call: () => Promise<string>,
  perSecond: number,
  stopped: AbortSignal,
): Promise<readonly TimedCall[]> => atRate(perSecond, stopped, () => timed(call));

const TIMEOUT_MS = 10_000;

/** Requests pages of the small domain over gRPC, until `stopped`. */
export async function pagesOf(
  system: ProbedSystem,
  stopped: AbortSignal,
  perSecond = 10,
): Promise<readonly TimedCall[]> {
  const client = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const call = async () => (await client.send('list', PAGE, { timeoutMs: TIMEOUT_MS })).status;
  return steadily(call, perSecond, stopped).finally(() => {
    client.close();
  });
}

const fetched = (url: string, agent: Agent): Promise<string> =>
  new Promise((resolve) => {
    const request = get(url, { agent, timeout: TIMEOUT_MS }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode === 200 ? 'OK' : String(response.statusCode));
      });
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => {
      resolve('UNANSWERED');
    });
  });

/** Sends health probes of each kind until `stopped`; pages on new connections, as an orchestrator does. */
export async function probesOf(
  { addresses }: ProbedSystem,
  stopped: AbortSignal,
  perSecond = 5,
): Promise<readonly TimedCall[]> {
  const agent = new Agent();
  const health = createHealthClient(addresses.grpc);
  const check = async (): Promise<string> => {
    const status = await health.check('', TIMEOUT_MS);
    return ['SERVING', 'NOT_SERVING'].includes(status) ? 'OK' : 'UNANSWERED';
  };
  const probes = [
    () => fetched(`http://${addresses.admin}/livez`, agent),
    () => fetched(`http://${addresses.admin}/readyz`, agent),
    () => fetched(`http://${addresses.http}/livez`, agent),
    check,
  ];
  const all = await Promise.all(probes.map((probe) => steadily(probe, perSecond, stopped)));
  health.close();
  agent.destroy();
  return all.flat();
}

/** Runs `work` for `ms` milliseconds, and returns its result. */
export async function during<T>(ms: number, work: (stopped: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const working = work(stop.signal);
  await pause(ms);
  stop.abort();
  return working;
}

const rounded = (ms: number): string => ms.toFixed(0);

/** Summarizes the times of calls. */
export const timesOf = (calls: readonly TimedCall[]): string =>
  `${calls.length}, p50 ${rounded(quantile(calls, 0.5))} ms, p99 ${rounded(quantile(calls, 0.99))} ms`;
