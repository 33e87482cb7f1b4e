// A database that is killed, frozen, or absent at the start: the answers of calls, and the reported health (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { fillForReads, someFailed, underReads } from './known-reads.js';
import type { Load } from './known-reads.js';
import { withDatabase } from '../harness/mongod.js';
import { firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node, ReplicaSet } from '../harness/replica-set.js';
import { atLeast, atMost } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem } from './system-under-test.js';

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
const byTheDriver = (uri: string): Promise<number> =>
  withDatabase(uri, async (db) => {
    const begun = performance.now();
    await db
      .collection('job')
      .findOne({})
      .catch(() => undefined);
    return performance.now() - begun;
  });

async function outageOf({ name, begin, end }: Outage, pauseMs: number, node: Node, health: Health) {
  const begunAt = performance.now();
  await begin(node);
  const detected = (await health.reports(false, WAIT_TIMEOUT_MS)) - begunAt;
  await pause(pauseMs);
  await end(node);
  const endedAt = performance.now();
  const serving = (await health.reports(true, WAIT_TIMEOUT_MS)) - endedAt;
  await pause(pauseMs);
  return [
    atMost(`${name}: NOT_SERVING after`, detected, MAX_DETECTION_MS, 'ms'),
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), MAX_RECOVERY_MS, 'ms'),
  ];
}

/** The time of the database down, after the detection, and up. */
const PAUSE_MS = 2000;
const SHORT_PAUSE_MS = 300;

const SHORT = [[KILLED, SHORT_PAUSE_MS]] as const;
const FULL = [KILLED, FROZEN, KILLED, FROZEN].map((each) => [each, PAUSE_MS] as const);
/** The deadlines of the calls end within these, and after them. */
const LONG = [
  [KILLED, LONG_OUTAGE_MS],
  [FROZEN, LONG_OUTAGE_MS / 2],
] as const;

/** Breaks the database under reads, each time for as long as `pauseMs`. */
async function underLoad(
  { uri }: ReplicaSet,
  node: Node,
  options: ScenarioOptions,
  load: Load,
  outages: readonly (readonly [Outage, pauseMs: number])[],
): Promise<readonly Assertion[]> {
  const { result, reads, assertions } = await underReads(uri, load, options, async (health) => {
    await pause(options.short ? SHORT_PAUSE_MS : PAUSE_MS);
    const found: Assertion[] = [];
    for (const [each, pauseMs] of outages) found.push(...(await outageOf(each, pauseMs, node, health)));
    return found;
  });
  return [someFailed(reads), ...result, ...assertions];
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
    ...(await underLoad(set, node, options, LOAD, options.short ? SHORT : FULL)),
    ...(options.short ? [] : await underLoad(set, node, options, LONG_CALLS, LONG)),
    ...(await absentAtStart(set, node)),
  ];
}
