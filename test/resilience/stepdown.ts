/**
 * The primary of three nodes steps down again and again under reads and deletes: what is answered is right, a delete is
 * done once, and is not said to have failed when it was done (docs/operations.md «Health»).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { fillForReads, honestAnswers, steadyReads, tallyReads } from './known-reads.js';
import { statusOf } from '../harness/client.js';
import { DATABASE } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { directTo, startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { atLeast, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

const NODES = 3;
const EVERY = 3000;
/** Seconds that a node that has stepped down does not stand for election. */
const STANDS_BACK = 2;
const LOAD = { perSecond: 50, timeoutMs: 5000 };
const DELETES_PER_SECOND = 10;
/** The share of its time after which a call may be given up, and nobody can know what has become of it. */
const BY_DEADLINE = 0.9;
const DOMAIN = 'domain-stepdown00000';

const idOf = (nth: number): string => `job-d${String(nth).padStart(11, '0')}`;

interface Delete {
  readonly id: string;
  readonly end: string;
  /** Milliseconds. */
  readonly took: number;
}

async function fill(uri: string, count: number): Promise<void> {
  const client = new MongoClient(uri);
  const jobs = Array.from({ length: count }, (_, nth) => ({ job_id: idOf(nth), domain_id: DOMAIN }));
  await client.db(DATABASE).collection('job').insertMany(jobs);
  await client.close();
}

/** Which of the jobs to delete are still there. */
async function left(uri: string): Promise<ReadonlySet<string>> {
  const client = new MongoClient(uri);
  const found = await client.db(DATABASE).collection('job').distinct('job_id', { domain_id: DOMAIN });
  await client.close();
  return new Set(found.map(String));
}

async function deleted({ grpc }: System, id: string): Promise<Delete> {
  const sent = performance.now();
  const outcome = await grpc.call('delete', { domain_id: DOMAIN, job_id: id }, { timeoutMs: LOAD.timeoutMs });
  return { id, end: statusOf(outcome), took: performance.now() - sent };
}

/** Deletes each of `count` jobs, until `over` is aborted. */
async function steadyDeletes(system: System, count: number, over: AbortSignal): Promise<readonly Delete[]> {
  const deletes: Promise<Delete>[] = [];
  while (!over.aborted && deletes.length < count) {
    deletes.push(deleted(system, idOf(deletes.length)));
    await pause(1000 / DELETES_PER_SECOND);
  }
  return Promise.all(deletes);
}

/** Answers whether there was a primary to step down. */
async function stepDown(set: ReplicaSet): Promise<boolean> {
  const primary = await set.primary().catch(() => undefined);
  if (primary === undefined) return false;
  const client = directTo(primary);
  const command = { replSetStepDown: STANDS_BACK, secondaryCatchUpPeriodSecs: 1, force: true };
  const done = await client
    .db('admin')
    .command(command)
    .then(Boolean, () => false);
  await client.close();
  return done;
}

export async function stepdown(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, note } = terms;
  const times = short ? 3 : 20;
  await using set = await startReplicaSet(NODES, 2000);
  await fillForReads(set.uri, NODES);
  const count = (times + 2) * (EVERY / 1000) * DELETES_PER_SECOND;
  await fill(set.uri, count);
  await using system = await startSystem(set.uri);
  const over = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), over.signal);
  const deleting = steadyDeletes(system, count, over.signal);
  let steps = 0;
  for (let nth = 0; nth < times; nth++) {
    await pause(EVERY);
    if (await stepDown(set)) steps += 1;
  }
  await pause(EVERY);
  over.abort();
  const [answers, deletes] = await Promise.all([reading, deleting]);
  await set.settled();
  const there = await left(set.uri);
  note(`${steps} times, ${answers.length} reads: ${tallyReads(answers)}`);
  const lost = deletes.filter(({ id, end }) => end === 'UNAVAILABLE' && !there.has(id));
  note(`UNAVAILABLE and gone after ${lost.map(({ took }) => took.toFixed(0)).join(', ')} ms`);
  note(`${deletes.length} deletes: ${tally(deletes.map(({ end }) => end))}`);
  const none = (what: string, is: (each: Delete) => boolean, of = deletes): Assertion =>
    exactly(what, of.filter(is).length, 0);
  return [
    atLeast('stepdowns', steps, times / 2, 'times'),
    ...honestAnswers(answers, LOAD, terms),
    none('deletes that are OK, and the job is there', ({ id, end }) => end === 'OK' && there.has(id)),
    none(
      'deletes UNAVAILABLE before their deadline, and the job is gone',
      ({ took }) => took < LOAD.timeoutMs * BY_DEADLINE,
      lost,
    ),
    none(
      'deletes other than OK, UNAVAILABLE and DEADLINE_EXCEEDED',
      ({ end }) => !['OK', 'UNAVAILABLE', 'DEADLINE_EXCEEDED'].includes(end),
    ),
    noFaults(system.program.log),
  ];
}
