// The primary of three nodes steps down repeatedly under reads and deletes: answers are right, a delete runs once, and a
// finished delete is not reported as failed (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { fillForReads, honestAnswers, steadyReads, tallyReads } from './known-reads.js';
import { statusOf } from '../harness/client.js';
import { withDatabase } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { directTo, startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { atLeast, noFaults, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

const NODES = 3;
const INTERVAL_MS = 3000;
/** The seconds without candidacy after a step-down. */
const NO_CANDIDACY_S = 2;
const LOAD = { perSecond: 50, timeoutMs: 5000 };
const DELETES_PER_SECOND = 10;
/** The share of the deadline after which the outcome of a call may be unknown. */
const UNKNOWN_AFTER_SHARE = 0.9;
const DOMAIN = 'domain-stepdown00000';

const idOf = (nth: number): string => `job-d${String(nth).padStart(11, '0')}`;

interface Delete {
  readonly id: string;
  readonly status: string;
  readonly tookMs: number;
}

function fill(uri: string, count: number): Promise<unknown> {
  const jobs = Array.from({ length: count }, (_, nth) => ({ job_id: idOf(nth), domain_id: DOMAIN }));
  return withDatabase(uri, (db) => db.collection('job').insertMany(jobs));
}

/** The ids of the jobs not deleted yet. */
const remaining = (uri: string): Promise<ReadonlySet<string>> =>
  withDatabase(
    uri,
    async (db) => new Set((await db.collection('job').distinct('job_id', { domain_id: DOMAIN })).map(String)),
  );

async function deleteJob({ grpc }: System, id: string): Promise<Delete> {
  const sent = performance.now();
  const outcome = await grpc.call('delete', { domain_id: DOMAIN, job_id: id }, { timeoutMs: LOAD.timeoutMs });
  return { id, status: statusOf(outcome), tookMs: performance.now() - sent };
}

/** Deletes each of `count` jobs, until `stopped`. */
async function steadyDeletes(
  system: System,
  count: number,
  stopped: AbortSignal,
): Promise<readonly Delete[]> {
  const deletes: Promise<Delete>[] = [];
  while (!stopped.aborted && deletes.length < count) {
    deletes.push(deleteJob(system, idOf(deletes.length)));
    await pause(1000 / DELETES_PER_SECOND);
  }
  return Promise.all(deletes);
}

/** Steps the primary down; false: there is none. */
async function stepDown(set: ReplicaSet): Promise<boolean> {
  const primary = await set.primary().catch(() => undefined);
  if (primary === undefined) return false;
  const client = directTo(primary);
  const command = { replSetStepDown: NO_CANDIDACY_S, secondaryCatchUpPeriodSecs: 1, force: true };
  const done = await client
    .db('admin')
    .command(command)
    .then(Boolean, () => false);
  await client.close();
  return done;
}

export async function stepdown(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, note } = options;
  const times = short ? 3 : 20;
  await using set = await startReplicaSet(NODES, 2000);
  await fillForReads(set.uri, NODES);
  const count = (times + 2) * (INTERVAL_MS / 1000) * DELETES_PER_SECOND;
  await fill(set.uri, count);
  await using system = await startSystem(set.uri);
  const stop = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), stop.signal);
  const deleting = steadyDeletes(system, count, stop.signal);
  let steps = 0;
  for (let nth = 0; nth < times; nth++) {
    await pause(INTERVAL_MS);
    if (await stepDown(set)) steps += 1;
  }
  await pause(INTERVAL_MS);
  stop.abort();
  const [reads, deletes] = await Promise.all([reading, deleting]);
  await set.settled();
  const stored = await remaining(set.uri);
  note(`${steps} times, ${reads.length} reads: ${tallyReads(reads)}`);
  const lost = deletes.filter(({ id, status }) => status === 'UNAVAILABLE' && !stored.has(id));
  note(`UNAVAILABLE but deleted after ${lost.map(({ tookMs }) => tookMs.toFixed(0)).join(', ')} ms`);
  note(`${deletes.length} deletes: ${tally(deletes.map(({ status }) => status))}`);
  return [
    atLeast('stepdowns', steps, times / 2, 'times'),
    ...honestAnswers(reads, LOAD, options),
    none(
      'deletes answered OK with the job still stored',
      deletes,
      ({ id, status }) => status === 'OK' && stored.has(id),
    ),
    none(
      'deletes answered UNAVAILABLE before their deadline with the job deleted',
      lost,
      ({ tookMs }) => tookMs < LOAD.timeoutMs * UNKNOWN_AFTER_SHARE,
    ),
    none(
      'deletes other than OK, UNAVAILABLE and DEADLINE_EXCEEDED',
      deletes,
      ({ status }) => !['OK', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(status),
    ),
    noFaults(system.program.log),
  ];
}
