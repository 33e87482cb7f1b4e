// Reads at a steady rate through both listeners, each answer compared with the stored data.
import type { JsonObject } from '@bufbuild/protobuf';
import { statusOf } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { resultsOf } from '../harness/json.js';
import { withDatabase } from '../harness/mongod.js';
import { below, random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { atLeast, exactly, noFaults, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { atRate } from './steady-load.js';
import { startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

const DOMAIN = 'domain-trial0000000';
const STATUSES = ['SUCCESS', 'ERROR', 'TIMEOUT', 'IN_PROGRESS'] as const;
/** More than two batches of a cursor, so that a list takes several commands. */
export const JOBS = 2500;

const idOf = (nth: number): string => `job-${String(nth).padStart(12, '0')}`;
const jobStatusOf = (nth: number): string => STATUSES[nth % STATUSES.length] ?? '';
const IDS = Array.from({ length: JOBS }, (_, nth) => idOf(nth));

/** Inserts the jobs of the reads into an empty database, and waits until `nodes` nodes hold them. */
export async function fillForReads(uri: string, nodes: number): Promise<void> {
  const jobs = IDS.map((job_id, nth) => ({
    job_id,
    domain_id: DOMAIN,
    status: jobStatusOf(nth),
    created_at: new Date(Date.UTC(2026, 0, 1) + nth * 1000),
  }));
  await withDatabase(uri, async (db) => {
    await db
      .collection('job')
      .createIndexes([
        { key: { job_id: 1 }, unique: true },
        { key: { domain_id: 1, created_at: -1, job_id: -1 } },
      ]);
    await db.collection('job').insertMany(jobs, { writeConcern: { w: nodes, journal: true } });
  });
}

export interface Read {
  readonly rpc: RpcName;
  readonly request: JsonObject;
  isRight(response: JsonObject): boolean;
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const get = (nth: number): Read => ({
  rpc: 'get',
  request: { domain_id: DOMAIN, job_id: idOf(nth) },
  isRight: ({ job_id, status }) => job_id === idOf(nth) && status === jobStatusOf(nth),
});

export const LIST: Read = {
  rpc: 'list',
  request: { domain_id: DOMAIN, query: { only: ['job_id'], sort: { key: 'job_id' } } },
  isRight: (response) =>
    response['total_count'] === JOBS &&
    isSame(
      resultsOf(response).map(({ job_id }) => job_id),
      IDS,
    ),
};

const COUNT: Read = {
  rpc: 'list',
  request: { domain_id: DOMAIN, query: { count_only: true } },
  isRight: ({ total_count }) => total_count === JOBS,
};

const BY_STATUS = {
  keys: [{ key: 'status', name: 'status' }],
  fields: [{ name: 'jobs', operator: 'count' }],
};

const STAT: Read = {
  rpc: 'stat',
  request: {
    domain_id: DOMAIN,
    query: { aggregate: [{ group: BY_STATUS }, { sort: { key: 'status' } }] },
  },
  isRight: (response) =>
    isSame(
      resultsOf(response).map(({ status, jobs }) => [status, jobs]),
      STATUSES.toSorted().map((status) => [status, JOBS / STATUSES.length]),
    ),
};

/** One read of each kind. */
export const READS: readonly Read[] = [get(0), LIST, COUNT, STAT];

/** Seven of ten reads are gets; the other kinds have one each. */
const OTHERS = [LIST, COUNT, STAT] as const;
export const readOf = (next: Random): Read => OTHERS[below(next, 10)] ?? get(below(next, JOBS));

export interface ReadResult {
  readonly status: string;
  /** The answer is OK but differs from the stored data. */
  readonly wrong: boolean;
  /** The service answered UNAVAILABLE without RetryInfo. */
  readonly noRetryInfo: boolean;
  readonly sentAt: number;
  readonly answeredAt: number;
}

const isUnavailable = (outcome: Outcome): boolean => statusOf(outcome) === 'UNAVAILABLE';
const hasRetryInfo = (outcome: Outcome): boolean =>
  'error' in outcome && JSON.stringify(outcome.error.details).includes('google.rpc.RetryInfo');

async function performRead(
  { rpc, request, isRight }: Read,
  system: System,
  client: 'grpc' | 'http',
  timeoutMs: number,
): Promise<ReadResult> {
  const sentAt = performance.now();
  const outcome = await system[client].call(rpc, request, { timeoutMs });
  return {
    status: statusOf(outcome),
    wrong: 'response' in outcome && !isRight(outcome.response),
    noRetryInfo: isUnavailable(outcome) && !hasRetryInfo(outcome),
    sentAt,
    answeredAt: performance.now(),
  };
}

export interface Load {
  readonly perSecond: number;
  /** The deadline of each call. */
  readonly timeoutMs: number;
}

/** Sends reads at a steady rate until `stopped`, regardless of their answers. */
export const steadyReads = (
  system: System,
  { perSecond, timeoutMs }: Load,
  next: Random,
  stopped: AbortSignal,
): Promise<readonly ReadResult[]> =>
  atRate(perSecond, stopped, () =>
    performRead(readOf(next), system, next() < 0.5 ? 'grpc' : 'http', timeoutMs),
  );

const ALLOWED = ['OK', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'];
/** The time to process an answer in this process. */
const TOLERANCE_MS = 300;
/** The same in the short form, on a machine shared with others. */
const TOLERANCE_SHORT_MS = 1500;

export const tallyReads = (results: readonly ReadResult[]): string =>
  tally(results.map(({ status }) => status));

/** Asserts the guarantees for every answer, in any state of the database. */
export function honestAnswers(
  results: readonly ReadResult[],
  { timeoutMs }: Load,
  { short }: ScenarioOptions,
): readonly Assertion[] {
  const toleranceMs = short ? TOLERANCE_SHORT_MS : TOLERANCE_MS;
  const others = 'errors other than UNAVAILABLE and DEADLINE_EXCEEDED';
  return [
    none('wrong answers', results, ({ wrong }) => wrong),
    none(others, results, ({ status }) => !ALLOWED.includes(status)),
    none('UNAVAILABLE without a time to retry', results, ({ noRetryInfo }) => noRetryInfo),
    none(
      `answers over ${toleranceMs} ms after their deadline`,
      results,
      ({ sentAt, answeredAt }) => answeredAt - sentAt > timeoutMs + toleranceMs,
    ),
  ];
}

/** Asserts that some reads failed. */
export const someFailed = (results: readonly ReadResult[]): Assertion =>
  atLeast('reads that failed', results.filter(({ status }) => status !== 'OK').length, 1, 'reads');

const SERVING_TIMEOUT_MS = 60_000;

/**
 * Serves `uri` under steady reads during `work`, and returns its result and the reads, with the assertions that hold in any
 * state of the database.
 */
export async function underReads<T>(
  uri: string,
  load: Load,
  options: ScenarioOptions,
  work: (health: Health, stopped: AbortSignal) => Promise<T>,
) {
  await using system = await startSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.reports(true, SERVING_TIMEOUT_MS);
  const stop = new AbortController();
  const reading = steadyReads(system, load, random(options.seed), stop.signal);
  const result = await work(health, stop.signal);
  stop.abort();
  const reads = await reading;
  const { perSecond, timeoutMs } = load;
  options.note(`${reads.length} reads, ${perSecond} a second, of ${timeoutMs} ms: ${tallyReads(reads)}`);
  const assertions = [
    ...honestAnswers(reads, load, options),
    exactly('answers of /livez other than 200', health.failedLivez(), 0),
    noFaults(system.program.log),
  ];
  return { result, reads, assertions };
}
