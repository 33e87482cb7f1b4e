/** Reads at a steady rate through both doors, each answer compared with what is known to be stored. */
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import type { Outcome, RpcName } from '../harness/client.js';
import type { Random } from '../harness/random.js';
import { DATABASE, endOf, tally } from './program.js';
import type { Served } from './program.js';
import { exactly } from './trial.js';
import type { Figure, Terms } from './trial.js';

const DOMAIN = 'domain-trial0000000';
const STATUSES = ['SUCCESS', 'ERROR', 'TIMEOUT', 'IN_PROGRESS'] as const;
/** More than two batches of a cursor, so that a list is read by several commands. */
export const JOBS = 2500;

const idOf = (nth: number): string => `job-${String(nth).padStart(12, '0')}`;
const statusOf = (nth: number): string => STATUSES[nth % STATUSES.length] ?? '';
const IDS = Array.from({ length: JOBS }, (_, nth) => idOf(nth));

/** Puts the jobs that the reads know into an empty database on `nodes` nodes. */
export async function fillForReaders(uri: string, nodes: number): Promise<void> {
  const client = new MongoClient(uri);
  const jobsOf = client.db(DATABASE).collection('job');
  const jobs = IDS.map((job_id, nth) => ({
    job_id,
    domain_id: DOMAIN,
    status: statusOf(nth),
    created_at: new Date(Date.UTC(2026, 0, 1) + nth * 1000),
  }));
  await jobsOf.createIndexes([
    { key: { job_id: 1 }, unique: true },
    { key: { domain_id: 1, created_at: -1, job_id: -1 } },
  ]);
  await jobsOf.insertMany(jobs, { writeConcern: { w: nodes, journal: true } });
  await client.close();
}

export interface Read {
  readonly rpc: RpcName;
  readonly asked: JsonObject;
  right(response: JsonObject): boolean;
}

const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const rowsOf = ({ results }: JsonObject): readonly JsonObject[] =>
  Array.isArray(results) ? results.filter(isObject) : [];

function get(nth: number): Read {
  return {
    rpc: 'get',
    asked: { domain_id: DOMAIN, job_id: idOf(nth) },
    right: ({ job_id, status }) => job_id === idOf(nth) && status === statusOf(nth),
  };
}

const LIST: Read = {
  rpc: 'list',
  asked: { domain_id: DOMAIN, query: { only: ['job_id'], sort: { key: 'job_id' } } },
  right: (response) =>
    response['total_count'] === JOBS &&
    isSame(
      rowsOf(response).map(({ job_id }) => job_id),
      IDS,
    ),
};

const COUNT: Read = {
  rpc: 'list',
  asked: { domain_id: DOMAIN, query: { count_only: true } },
  right: ({ total_count }) => total_count === JOBS,
};

const STAT: Read = {
  rpc: 'stat',
  asked: {
    domain_id: DOMAIN,
    query: {
      aggregate: [
        {
          group: {
            keys: [{ key: 'status', name: 'status' }],
            fields: [{ name: 'jobs', operator: 'count' }],
          },
        },
        { sort: { key: 'status' } },
      ],
    },
  },
  right: (response) =>
    isSame(
      rowsOf(response).map(({ status, jobs }) => [status, jobs]),
      STATUSES.toSorted().map((status) => [status, JOBS / STATUSES.length]),
    ),
};

/** One of each kind. */
export const READS: readonly Read[] = [get(0), LIST, COUNT, STAT];

/** Of ten reads seven are gets, and one each of the others. */
const OTHERS = [LIST, COUNT, STAT] as const;
export const readOf = (next: Random): Read =>
  OTHERS[Math.floor(next() * 10)] ?? get(Math.floor(next() * JOBS));

export interface Answer {
  readonly end: string;
  /** Whether it is an answer, and not what is stored. */
  readonly wrong: boolean;
  /** Whether the service itself said that it is unavailable, and not when to try again. */
  readonly noRetry: boolean;
  readonly sent: number;
  readonly came: number;
}

const isRefusal = (outcome: Outcome): boolean => endOf(outcome) === 'UNAVAILABLE';
const saysWhenToRetry = (outcome: Outcome): boolean =>
  'error' in outcome && JSON.stringify(outcome.error.details).includes('google.rpc.RetryInfo');

async function answerTo({ rpc, asked, right }: Read, served: Served, door: 'grpc' | 'http', timeout: number) {
  const sent = performance.now();
  const outcome = await served[door].ask(rpc, asked, { timeout });
  return {
    end: endOf(outcome),
    wrong: 'response' in outcome && !right(outcome.response),
    noRetry: isRefusal(outcome) && !saysWhenToRetry(outcome),
    sent,
    came: performance.now(),
  };
}

export interface Load {
  readonly perSecond: number;
  /** Milliseconds that each call has. */
  readonly timeout: number;
}

/** Reads until `over` is aborted, whatever comes back, and answers what did. */
export async function steadyReads(
  served: Served,
  { perSecond, timeout }: Load,
  next: Random,
  over: AbortSignal,
): Promise<readonly Answer[]> {
  const begun = performance.now();
  const answers: Promise<Answer>[] = [];
  while (!over.aborted) {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    while (answers.length < due)
      answers.push(answerTo(readOf(next), served, next() < 0.5 ? 'grpc' : 'http', timeout));
    await pause(5);
  }
  return Promise.all(answers);
}

const ALLOWED = ['OK', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'];
/** Milliseconds for an answer to be taken in, and the same where the machine may be shared with others. */
const TOLERANCE = 300;
const TOLERANCE_SHARED = 500;

export const tallyOf = (answers: readonly Answer[]): string => tally(answers.map(({ end }) => end));

/** What must hold of every answer, whatever happens to the database. */
export function honest(answers: readonly Answer[], { timeout }: Load, { short }: Terms): readonly Figure[] {
  const tolerance = short ? TOLERANCE_SHARED : TOLERANCE;
  const count = (what: string, is: (answer: Answer) => boolean): Figure =>
    exactly(what, answers.filter(is).length, 0);
  return [
    count('wrong answers', ({ wrong }) => wrong),
    count('errors other than UNAVAILABLE and DEADLINE_EXCEEDED', ({ end }) => !ALLOWED.includes(end)),
    count('UNAVAILABLE that does not say when to retry', ({ noRetry }) => noRetry),
    count(
      `answers over ${tolerance} ms after their deadline`,
      ({ sent, came }) => came - sent > timeout + tolerance,
    ),
  ];
}
