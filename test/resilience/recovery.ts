// States of a database and its driver from which the service must recover by itself: the reported health, and the answers of
// each kind of call afterwards (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { fillForReads, READS } from './known-reads.js';
import type { Read } from './known-reads.js';
import { freeAddress, portOf } from '../harness/tcp.js';
import type { Settings } from '../harness/program.js';
import { primaryAmong, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node, ReplicaSet } from '../harness/replica-set.js';
import { atMost, noFaults, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem, tally, verdictOf } from './system-under-test.js';
import type { System } from './system-under-test.js';

/** The maximum time from the return of the database to SERVING. */
const MAX_RECOVERY_MS = 3000;
const WAIT_TIMEOUT_MS = 60_000;
const CALL_TIMEOUT_MS = 5000;
const LATE_NAMES = new URL('late-names.js', import.meta.url).href;

interface Environment {
  readonly set: ReplicaSet;
  /** The only node, or the first. */
  readonly node: Node;
}

interface State {
  readonly name: string;
  readonly uri: string;
  readonly settings?: Settings;
  /** Runs before the start of the service; without it, the service serves first. */
  readonly before?: () => Promise<void>;
  /** Runs after the start, until the database is back. */
  readonly during: (system: System, health: Health) => Promise<void>;
}

/** Performs a read, and returns its verdict. */
async function verdict({ grpc }: System, read: Read): Promise<string> {
  const outcome = await grpc.call(read.rpc, read.request, { timeoutMs: CALL_TIMEOUT_MS });
  return verdictOf(outcome, read.isRight);
}

async function recoverFrom(
  { name, uri, settings, before, during }: State,
  { note }: ScenarioOptions,
): Promise<readonly Assertion[]> {
  await before?.();
  await using system = await launchSystem(uri, settings);
  await using health = await followHealth(system.addresses);
  await health.reports(before === undefined, WAIT_TIMEOUT_MS);
  await during(system, health);
  const backAt = performance.now();
  const serving = (await health.reports(true, WAIT_TIMEOUT_MS)) - backAt;
  const ends = await Promise.all(READS.map((read) => verdict(system, read)));
  note(`${name}: ${tally(ends)}`);
  return [
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), MAX_RECOVERY_MS, 'ms'),
    none(`${name}: failed reads afterwards`, ends, (end) => end !== 'OK'),
    noFaults(system.program.log, name),
  ];
}

const killAll = async ({ nodes }: ReplicaSet): Promise<void> => {
  await Promise.all(nodes.map((node) => node.kill()));
};

async function startAll(set: ReplicaSet): Promise<void> {
  await Promise.all(set.nodes.map((node) => node.start()));
  await primaryAmong(set.nodes);
}

/** The database starts `ms` milliseconds after the service. */
const late = (set: ReplicaSet, ms: number, options = ''): State => ({
  name: `${set.nodes.length} ${set.nodes.length === 1 ? 'node' : 'nodes'}, ${ms} ms late${options === '' ? '' : `, ${options}`}`,
  uri: `${set.uri}${options === '' ? '' : `&${options}`}`,
  before: () => killAll(set),
  async during() {
    await pause(ms);
    await startAll(set);
  },
});

const down = (set: ReplicaSet, time: number): State => ({
  name: `down for ${time} ms`,
  uri: set.uri,
  async during(_, health) {
    await killAll(set);
    await health.reports(false, WAIT_TIMEOUT_MS);
    await pause(time);
    await startAll(set);
  },
});

/** The database freezes for the first of these calls. */
const stalled = ({ set, node }: Environment, time: number, read: Read): State => ({
  name: `the first ${read.rpc} while the database is frozen for ${time} ms`,
  uri: set.uri,
  async during(system) {
    await node.freeze();
    const call = system.grpc.call(read.rpc, read.request, { timeoutMs: 1500 });
    await pause(time);
    node.thaw();
    await call;
  },
});

const standalone = ({ node }: Environment, time: number, uri: string): State => ({
  name: `a standalone for ${time} ms${uri.includes('replicaSet') ? '' : ', a URI without replicaSet'}`,
  uri,
  async during(_, health) {
    await node.kill();
    await health.reports(false, WAIT_TIMEOUT_MS);
    await node.start('standalone');
    await pause(time);
    await node.kill();
    await node.start();
    await primaryAmong([node]);
  },
});

const moved = ({ set, node }: Environment, host: string): State => ({
  name: 'a set with other hosts on its return',
  uri: set.uri.replace('/?', `,${host}/?`),
  async during(_, health) {
    await node.kill();
    await health.reports(false, WAIT_TIMEOUT_MS);
    await set.move(node, host);
  },
});

const named = ({ node }: Environment, time: number, host: string, options: string): State => ({
  name: `${host} resolves after ${time} ms`,
  uri: `${host}/?${options}`,
  settings: {
    NODE_OPTIONS: `--import=${LATE_NAMES}`,
    LATE_NAMES: String(time),
    LATE_PORT: portOf(node.host),
  },
  before: () => Promise.resolve(),
  during: () => pause(time),
});

async function createEnvironment(count: number): Promise<Environment> {
  const set = await startReplicaSet(count, 2000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, count);
  return { set, node };
}

async function shortStates(environment: Environment): Promise<readonly State[]> {
  const { set, node } = environment;
  return [
    late(set, 1500, 'serverSelectionTimeoutMS=500'),
    ...READS.filter(({ rpc }) => rpc === 'stat').map((read) => stalled(environment, 4000, read)),
    standalone(environment, 3000, set.uri),
    named(environment, 3000, `mongodb://late.test:${portOf(node.host)}`, 'directConnection=true'),
    moved(environment, await freeAddress()),
  ];
}

async function fullStates(environment: Environment): Promise<readonly State[]> {
  const { set, node } = environment;
  const port = portOf(node.host);
  return [
    ...[1000, 8000, 40_000].map((by) => late(set, by)),
    late(set, 2500, 'serverSelectionTimeoutMS=1000'),
    down(set, 40_000),
    ...READS.map((read) => stalled(environment, 8000, read)),
    standalone(environment, 15_000, set.uri),
    standalone(environment, 15_000, `mongodb://${node.host}/`),
    named(environment, 8000, `mongodb://late.test:${port}`, 'directConnection=true'),
    named(environment, 8000, 'mongodb+srv://set.late.test', 'tls=false'),
    moved(environment, await freeAddress()),
  ];
}

async function inSequence(states: readonly State[], options: ScenarioOptions): Promise<readonly Assertion[]> {
  const assertions: Assertion[] = [];
  for (const state of states) assertions.push(...(await recoverFrom(state, options)));
  return assertions;
}

async function ofThreeNodes(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const { set } = await createEnvironment(3);
  await using owned = set;
  return await inSequence(
    [1000, 8000, 40_000].map((by) => late(owned, by)),
    options,
  );
}

export async function recovery(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const environment = await createEnvironment(1);
  await using owned = environment.set;
  const states = await (options.short ? shortStates : fullStates)({ ...environment, set: owned });
  const assertions = await inSequence(states, options);
  return options.short ? assertions : [...assertions, ...(await ofThreeNodes(options))];
}
