// A database that is killed, frozen, or absent at the start: the answers of calls, and the reported health (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { fillForReads, honestAnswers, steadyReads, tallyReads, failedReads } from './known-reads.js';
import { DATABASE } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import { firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node, ReplicaSet } from '../harness/replica-set.js';
import { atLeast, atMost, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem, startSystem } from './system-under-test.js';

/** The maximum times until the loss and the return are reported. */
const MAX_DETECTION_MS = 5000;
const MAX_RECOVERY_MS = 3000;
const WAIT_TIMEOUT_MS = 20_000;
const LOAD = { perSecond: 50, timeoutMs: 2000 };
/** Calls with a long deadline, and a longer outage. */
const LONG_CALLS = { perSecond: 10, timeoutMs: 20_000 };
const LONG_OUTAGE_MS = 40_000;

interface Outage {
  readonly name: string;
  begin(node: Node): Promise<void>;
  /** Resolves once the node accepts connections, or commands, again. */
  end(node: Node): Promise<void>;
}

const KILLED: Outage = {
  name: 'killed',
  begin: (node) => node.kill(),
  end: (node) => node.start(),
};

const FROZEN: Outage = {
  name: 'frozen',
  begin: (node) => node.freeze(),
  end: (node) => {
    node.thaw();
    return Promise.resolve();
  },
};

/** Measures a read by the driver alone, which waits for a server by its own settings. */
async function byTheDriver(uri: string): Promise<number> {
  const client = new MongoClient(uri);
  const begun = performance.now();
  await client
    .db(DATABASE)
    .collection('job')
    .findOne({})
    .catch(() => undefined);
  const took = performance.now() - begun;
  await client.close();
  return took;
}

async function outageOf({ name, begin, end }: Outage, size: Size, node: Node, health: Health) {
  const begunAt = performance.now();
  await begin(node);
  const detected = (await health.reports(false, WAIT_TIMEOUT_MS)) - begunAt;
  await pause(size.pauseMs);
  await end(node);
  const endedAt = performance.now();
  const serving = (await health.reports(true, WAIT_TIMEOUT_MS)) - endedAt;
  await pause(size.pauseMs);
  return [
    atMost(`${name}: NOT_SERVING after`, detected, MAX_DETECTION_MS, 'ms'),
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), MAX_RECOVERY_MS, 'ms'),
  ];
}

interface Size {
  readonly outages: readonly Outage[];
  /** The time of the database down, after the detection, and up. */
  readonly pauseMs: number;
}

const SHORT: Size = { outages: [KILLED], pauseMs: 300 };
const FULL: Size = { outages: [KILLED, FROZEN, KILLED, FROZEN], pauseMs: 2000 };

async function underLoad(
  { uri }: ReplicaSet,
  node: Node,
  options: ScenarioOptions,
): Promise<readonly Assertion[]> {
  const { seed, short, note } = options;
  const size = short ? SHORT : FULL;
  await using system = await startSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.reports(true, WAIT_TIMEOUT_MS);
  const stop = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), stop.signal);
  await pause(size.pauseMs);
  const assertions: Assertion[] = [];
  for (const each of size.outages) assertions.push(...(await outageOf(each, size, node, health)));
  stop.abort();
  const reads = await reading;
  note(`${reads.length} reads, ${LOAD.perSecond} a second: ${tallyReads(reads)}`);
  return [
    atLeast('reads that failed', failedReads(reads), 1, 'reads'),
    ...honestAnswers(reads, LOAD, options),
    ...assertions,
    exactly('answers of /livez other than 200', health.failedLivez(), 0),
    noFaults(system.program.log),
  ];
}

/** Makes calls with deadlines within the outage, and after it. */
async function longOutages(
  { uri }: ReplicaSet,
  node: Node,
  options: ScenarioOptions,
): Promise<readonly Assertion[]> {
  const { seed, note } = options;
  await using system = await startSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.reports(true, WAIT_TIMEOUT_MS);
  const stop = new AbortController();
  const reading = steadyReads(system, LONG_CALLS, random(seed), stop.signal);
  await pause(FULL.pauseMs);
  const size = { ...FULL, pauseMs: LONG_OUTAGE_MS };
  const assertions = [
    ...(await outageOf(KILLED, size, node, health)),
    ...(await outageOf(FROZEN, { ...size, pauseMs: LONG_OUTAGE_MS / 2 }, node, health)),
  ];
  stop.abort();
  const reads = await reading;
  note(`${LONG_OUTAGE_MS} ms, ${reads.length} reads of ${LONG_CALLS.timeoutMs} ms: ${tallyReads(reads)}`);
  return [...honestAnswers(reads, LONG_CALLS, options), ...assertions, noFaults(system.program.log)];
}

/** Starts the service first, and then the database. */
async function absentAtStart({ uri }: ReplicaSet, node: Node): Promise<readonly Assertion[]> {
  await node.kill();
  await using system = await launchSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.reports(false, WAIT_TIMEOUT_MS);
  const waiting = byTheDriver(uri);
  await pause(LOAD.timeoutMs);
  await node.start();
  const endedAt = performance.now();
  const serving = (await health.reports(true, WAIT_TIMEOUT_MS)) - endedAt;
  return [
    atMost('absent at the start: SERVING after its start', Math.max(0, serving), MAX_RECOVERY_MS, 'ms'),
    atLeast('by the driver alone: a read waited', await waiting, LOAD.timeoutMs, 'ms'),
  ];
}

export async function outage(options: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 10_000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, 1);
  return [
    ...(await underLoad(set, node, options)),
    ...(options.short ? [] : await longOutages(set, node, options)),
    ...(await absentAtStart(set, node)),
  ];
}
