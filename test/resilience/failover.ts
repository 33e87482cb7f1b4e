/** The primary of three nodes is killed under reads: no wrong answer, and answers again soon after the election (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { fillForReads, honestAnswers, JOBS, steadyReads, tallyReads } from './known-reads.js';
import type { ReadResult } from './known-reads.js';
import { DATABASE } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally } from './system-under-test.js';

const NODES = 3;
/** Milliseconds: until the loss is said, until reads are answered after the election, and for what takes longer. */
const LOST = 5000;
const BACK = 5000;
const PATIENCE = 60_000;
const LOAD = { perSecond: 100, timeoutMs: 3000 };

interface Size {
  /** Milliseconds that the other nodes wait for their primary before they elect another. */
  readonly election: number;
  readonly rounds: number;
}

const SHORT: Size = { election: 2000, rounds: 1 };
const FULL: Size = { election: 10_000, rounds: 3 };

interface Round {
  readonly killed: number;
  /** When health said SERVING, and reads went on for a while. */
  readonly over: number;
  /** When health said NOT_SERVING; undefined: the election was over before. */
  readonly missed: number | undefined;
}

/** Kills the primary, waits until another serves, and lets the killed node come back. */
async function round(set: ReplicaSet, health: Health, { election }: Size): Promise<Round> {
  const primary = await set.primary();
  const killed = performance.now();
  await primary.kill();
  const missed = election > LOST ? await health.says(false, PATIENCE) : undefined;
  await pause(Math.max(0, killed + election - performance.now()));
  await health.says(true, PATIENCE);
  await pause(LOAD.timeoutMs);
  const over = performance.now();
  await primary.start();
  await set.settled();
  return { killed, missed, over };
}

/** What the driver's own reads of a cursor come to: it runs a first command again, and none that follows. */
async function byTheDriver(uri: string, over: AbortSignal): Promise<readonly string[]> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: LOAD.timeoutMs });
  const jobs = client.db(DATABASE).collection('job');
  const reads: Promise<string>[] = [];
  while (!over.aborted) {
    const read = jobs.find({}, { projection: { job_id: 1 }, batchSize: JOBS / 10 }).toArray();
    reads.push(
      read.then(
        ({ length }) => (length === JOBS ? 'OK' : 'wrong'),
        (error: unknown) => (error instanceof Error ? error.name : String(error)),
      ),
    );
    await pause(50);
  }
  const ends = await Promise.all(reads);
  await client.close();
  return ends;
}

/** Milliseconds from the kill until the last read of the round failed. */
const failedFor = ({ killed, over }: Round, answers: readonly ReadResult[]): number =>
  Math.max(
    0,
    ...answers
      .filter(({ status, answeredAt }) => status !== 'OK' && answeredAt > killed && answeredAt < over)
      .map(({ answeredAt }) => answeredAt - killed),
  );

export async function failover(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, note } = terms;
  const size = short ? SHORT : FULL;
  await using set = await startReplicaSet(NODES, size.election);
  await fillForReads(set.uri, NODES);
  await using system = await startSystem(set.uri);
  await using health = await followHealth(system.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), over.signal);
  const comparing = byTheDriver(set.uri, over.signal);
  await pause(500);
  const rounds: Round[] = [];
  for (let nth = 0; nth < size.rounds; nth++) rounds.push(await round(set, health, size));
  over.abort();
  const answers = await reading;
  note(`${size.rounds} primaries killed, ${answers.length} reads: ${tallyReads(answers)}`);
  note(`by the driver alone: ${tally(await comparing)}`);
  const away = rounds.map((each) => failedFor(each, answers));
  note(`reads failed for ${away.map((each) => (each / 1000).toFixed(1)).join(', ')} s`);
  const missed = rounds.flatMap((each) => (each.missed === undefined ? [] : [each.missed - each.killed]));
  return [
    exactly('primaries killed', rounds.length, size.rounds),
    ...honestAnswers(answers, LOAD, terms),
    atMost('the longest that reads failed', Math.max(...away), size.election + BACK, 'ms'),
    ...missed.map((after) => atMost('NOT_SERVING after', after, LOST, 'ms')),
    exactly('answers of /livez other than 200', health.dead(), 0),
  ];
}
