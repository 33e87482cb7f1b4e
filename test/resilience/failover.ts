// The primary of three nodes is killed under reads: no wrong answer, and right answers soon after the election (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { Health } from './health.js';
import { fillForReads, JOBS, underReads } from './known-reads.js';
import type { ReadResult } from './known-reads.js';
import { DATABASE } from '../harness/mongod.js';
import { startReplicaSet } from '../harness/replica-set.js';
import type { ReplicaSet } from '../harness/replica-set.js';
import { atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { tally } from './system-under-test.js';

const NODES = 3;
/** The maximum time until the loss is reported. */
const MAX_DETECTION_MS = 5000;
/** The maximum time from the election to answered reads. */
const MAX_RECOVERY_MS = 5000;
const WAIT_TIMEOUT_MS = 60_000;
const LOAD = { perSecond: 100, timeoutMs: 3000 };
/** Two cores of a shared machine, with three nodes and another scenario on them, have no room for more. */
const SHORT_LOAD = { ...LOAD, perSecond: 40 };

interface Size {
  /** The election timeout of the nodes. */
  readonly electionMs: number;
  readonly rounds: number;
}

const SHORT: Size = { electionMs: 2000, rounds: 1 };
const FULL: Size = { electionMs: 10_000, rounds: 3 };

interface Round {
  readonly killedAt: number;
  /** The end of the reads, a while after SERVING. */
  readonly endedAt: number;
  /** The time of NOT_SERVING; undefined: the election finished first. */
  readonly detectedAt: number | undefined;
}

/** Kills the primary, waits until another serves, and restarts the killed node. */
async function round(set: ReplicaSet, health: Health, { electionMs }: Size): Promise<Round> {
  const primary = await set.primary();
  const killedAt = performance.now();
  await primary.kill();
  const detectedAt = electionMs > MAX_DETECTION_MS ? await health.reports(false, WAIT_TIMEOUT_MS) : undefined;
  await pause(Math.max(0, killedAt + electionMs - performance.now()));
  await health.reports(true, WAIT_TIMEOUT_MS);
  await pause(LOAD.timeoutMs);
  const endedAt = performance.now();
  await primary.start();
  await set.settled();
  return { killedAt, detectedAt, endedAt };
}

/** Reads a cursor by the driver alone, which retries the first command and none of the following. */
async function byTheDriver(uri: string, stopped: AbortSignal): Promise<readonly string[]> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: LOAD.timeoutMs });
  const jobs = client.db(DATABASE).collection('job');
  const reads: Promise<string>[] = [];
  while (!stopped.aborted) {
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

/** The milliseconds from the kill to the last failed read of the round. */
const failedFor = ({ killedAt, endedAt }: Round, reads: readonly ReadResult[]): number =>
  Math.max(
    0,
    ...reads
      .filter(({ status, answeredAt }) => status !== 'OK' && answeredAt > killedAt && answeredAt < endedAt)
      .map(({ answeredAt }) => answeredAt - killedAt),
  );

export async function failover(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { short, note } = options;
  const size = short ? SHORT : FULL;
  await using set = await startReplicaSet(NODES, size.electionMs);
  await fillForReads(set.uri, NODES);
  const { result, reads, assertions } = await underReads(
    set.uri,
    short ? SHORT_LOAD : LOAD,
    options,
    async (health, stopped) => {
      const comparing = byTheDriver(set.uri, stopped);
      await pause(500);
      const rounds: Round[] = [];
      for (let nth = 0; nth < size.rounds; nth++) rounds.push(await round(set, health, size));
      return { rounds, comparing: () => comparing };
    },
  );
  const { rounds, comparing } = result;
  note(`${size.rounds} primaries killed`);
  note(`by the driver alone: ${tally(await comparing())}`);
  const outages = rounds.map((each) => failedFor(each, reads));
  note(`reads failed for ${outages.map((each) => (each / 1000).toFixed(1)).join(', ')} s`);
  const detected = rounds.flatMap((each) =>
    each.detectedAt === undefined ? [] : [each.detectedAt - each.killedAt],
  );
  return [
    exactly('primaries killed', rounds.length, size.rounds),
    ...assertions,
    atMost('longest time of failed reads', Math.max(...outages), size.electionMs + MAX_RECOVERY_MS, 'ms'),
    ...detected.map((after) => atMost('NOT_SERVING after', after, MAX_DETECTION_MS, 'ms')),
  ];
}
