/** A domain with few jobs beside others that are busy: how long its pages take, and those who ask whether the service lives. */
import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { credentials, Metadata } from '@grpc/grpc-js';
import type { Db } from 'mongodb';
import { HealthClient } from '../../src/gen/grpc/health/v1/health.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { atMost } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import type { ProbedSystem } from './system-under-test.js';

export const NEIGHBOUR = 'domain-neighbour000';
const JOBS = 2000;
const PAGE = encodeRequest('list', { domain_id: NEIGHBOUR, query: { page: { limit: 20 } } });

/** Puts its jobs into `db`. */
export async function fillNeighbour(db: Db): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-neighbour-${nth}`,
    domain_id: NEIGHBOUR,
    status: 'SUCCESS',
    created_at: new Date(Date.UTC(2026, 0, 1) + nth * 1000),
  }));
  await db.collection('job').insertMany(jobs);
}

/** What a page of the neighbour may take, of what it takes alone; and where the machine may be shared with others. */
const SHARE = 3;
const SHARE_SHARED = 15;

/** How long the pages of the neighbour take `beside` others, of what they take alone. */
export const slowdown = (
  beside: string,
  pages: readonly Asked[],
  alone: readonly Asked[],
  { short }: ScenarioOptions,
): Assertion =>
  atMost(
    `p50 of a neighbour’s pages ${beside}, of what it is alone`,
    quantile(pages, 0.5) / quantile(alone, 0.5),
    short ? SHARE_SHARED : SHARE,
    'times',
  );

/** How a question ended, and after how many milliseconds. */
export interface Asked {
  readonly status: string;
  readonly took: number;
}

export const quantile = (asked: readonly Asked[], share: number): number =>
  asked.map(({ took }) => took).toSorted((one, other) => one - other)[Math.floor(asked.length * share)] ??
  NaN;

export const failuresIn = (asked: readonly Asked[]): number =>
  asked.filter(({ status }) => status !== 'OK').length;

async function timed(ask: () => Promise<string>): Promise<Asked> {
  const begun = performance.now();
  const status = await ask();
  return { status, took: performance.now() - begun };
}

/** Asks so many times a second, whether or not there is an answer yet, until `over` is aborted. */
export async function steadily(
  ask: () => Promise<string>,
  perSecond: number,
  over: AbortSignal,
): Promise<readonly Asked[]> {
  const begun = performance.now();
  const all: Promise<Asked>[] = [];
  while (!over.aborted) {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    while (all.length < due) all.push(timed(ask));
    await pause(5);
  }
  return Promise.all(all);
}

const TIMEOUT = 10_000;

/** Pages of the neighbour over gRPC, until `over` is aborted. */
export async function pagesOf(system: ProbedSystem, over: AbortSignal): Promise<readonly Asked[]> {
  const door = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const ask = async () => (await door.send('list', PAGE, { timeoutMs: TIMEOUT })).status;
  return steadily(ask, 10, over).finally(() => {
    door.close();
  });
}

const fetched = (url: string, agent: Agent): Promise<string> =>
  new Promise((resolve) => {
    const request = get(url, { agent, timeout: TIMEOUT }, (response) => {
      response.resume().once('end', () => {
        resolve(response.statusCode === 200 ? 'OK' : String(response.statusCode));
      });
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => {
      resolve('UNANSWERED');
    });
  });

/** Probes of each kind, until `over` is aborted: the pages on connections of their own, as an orchestrator asks. */
export async function probesOf({ addresses }: ProbedSystem, over: AbortSignal): Promise<readonly Asked[]> {
  const agent = new Agent();
  const health = new HealthClient(addresses.grpc, credentials.createInsecure());
  const check = (): Promise<string> =>
    new Promise((resolve) => {
      health.check({ service: '' }, new Metadata(), { deadline: Date.now() + TIMEOUT }, (error) => {
        resolve(error === null ? 'OK' : 'UNANSWERED');
      });
    });
  const asks = [
    () => fetched(`http://${addresses.admin}/livez`, agent),
    () => fetched(`http://${addresses.admin}/readyz`, agent),
    () => fetched(`http://${addresses.http}/livez`, agent),
    check,
  ];
  const all = await Promise.all(asks.map((ask) => steadily(ask, 5, over)));
  health.close();
  agent.destroy();
  return all.flat();
}

/** Runs `work` for so many milliseconds, and answers what it came to. */
export async function during<T>(ms: number, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const working = work(over.signal);
  await pause(ms);
  over.abort();
  return working;
}

const rounded = (ms: number): string => ms.toFixed(0);

/** The times of what was asked, for people. */
export const timesOf = (asked: readonly Asked[]): string =>
  `${asked.length}, p50 ${rounded(quantile(asked, 0.5))} ms, p99 ${rounded(quantile(asked, 0.99))} ms`;
