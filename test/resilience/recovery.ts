/**
 * States that a database can be in, and its driver with it, from which the service has to come back by itself: what
 * health says then, and what each kind of call comes to (docs/operations.md «Health»).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { fillForReads, READS } from './known-reads.js';
import type { Read } from './known-reads.js';
import { freeHost } from '../harness/mongod.js';
import type { Settings } from '../harness/program.js';
import { primaryAmong, firstOf, startReplicaSet } from '../harness/replica-set.js';
import type { Node, ReplicaSet } from '../harness/replica-set.js';
import { atMost, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { launchSystem, tally, verdictOf } from './system-under-test.js';
import type { System } from './system-under-test.js';

/** Milliseconds: until SERVING is said after the return, and for what takes longer. */
const BACK = 3000;
const PATIENCE = 60_000;
const CALL = 5000;
const LATE_NAMES = new URL('late-names.js', import.meta.url).href;

interface Ground {
  readonly set: ReplicaSet;
  /** The only node, or one of them. */
  readonly node: Node;
}

interface State {
  readonly name: string;
  readonly uri: string;
  readonly settings?: Settings;
  /** What happens before the service is launchSystem; without it, it serves first. */
  readonly before?: () => Promise<void>;
  /** What happens once it has been launchSystem; it ends when the database is there again. */
  readonly during: (system: System, health: Health) => Promise<void>;
}

/** Each kind of read, and whether it is answered right. */
async function answered({ grpc }: System, read: Read): Promise<string> {
  const outcome = await grpc.call(read.rpc, read.request, { timeoutMs: CALL });
  return verdictOf(outcome, read.isRight);
}

async function recovered(
  { name, uri, settings, before, during }: State,
  { note }: ScenarioOptions,
): Promise<readonly Assertion[]> {
  await before?.();
  await using system = await launchSystem(uri, settings);
  await using health = await followHealth(system.addresses);
  await health.says(before === undefined, PATIENCE);
  await during(system, health);
  const back = performance.now();
  const serving = (await health.says(true, PATIENCE)) - back;
  const ends = await Promise.all(READS.map((read) => answered(system, read)));
  note(`${name}: ${tally(ends)}`);
  return [
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), BACK, 'ms'),
    exactly(`${name}: reads that fail then`, ends.filter((end) => end !== 'OK').length, 0),
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

/** The database starts so many milliseconds after the service. */
const late = (set: ReplicaSet, by: number, options = ''): State => ({
  name: `${set.nodes.length} ${set.nodes.length === 1 ? 'node' : 'nodes'}, ${by} ms late${options === '' ? '' : `, ${options}`}`,
  uri: `${set.uri}${options === '' ? '' : `&${options}`}`,
  before: () => killAll(set),
  async during() {
    await pause(by);
    await startAll(set);
  },
});

const gone = (set: ReplicaSet, time: number): State => ({
  name: `away for ${time} ms`,
  uri: set.uri,
  async during(_, health) {
    await killAll(set);
    await health.says(false, PATIENCE);
    await pause(time);
    await startAll(set);
  },
});

/** The first of these calls falls into a stall. */
const stalled = ({ set, node }: Ground, time: number, read: Read): State => ({
  name: `the first ${read.rpc} in a stall of ${time} ms`,
  uri: set.uri,
  async during(system) {
    await node.freeze();
    const call = system.grpc.call(read.rpc, read.request, { timeoutMs: 1500 });
    await pause(time);
    node.thaw();
    await call;
  },
});

const standalone = ({ node }: Ground, time: number, uri: string): State => ({
  name: `a standalone for ${time} ms${uri.includes('replicaSet') ? '' : ', a URI without replicaSet'}`,
  uri,
  async during(_, health) {
    await node.kill();
    await health.says(false, PATIENCE);
    await node.start('standalone');
    await pause(time);
    await node.kill();
    await node.start();
    await primaryAmong([node]);
  },
});

const moved = ({ set, node }: Ground, host: string): State => ({
  name: 'a set that has other hosts when it is back',
  uri: set.uri.replace('/?', `,${host}/?`),
  async during(_, health) {
    await node.kill();
    await health.says(false, PATIENCE);
    await set.move(node, host);
  },
});

const named = ({ node }: Ground, time: number, host: string, options: string): State => ({
  name: `${host} is a name after ${time} ms`,
  uri: `${host}/?${options}`,
  settings: {
    NODE_OPTIONS: `--import=${LATE_NAMES}`,
    LATE_NAMES: String(time),
    LATE_PORT: node.host.split(':')[1] ?? '',
  },
  before: () => Promise.resolve(),
  during: () => pause(time),
});

async function groundOf(count: number): Promise<Ground> {
  const set = await startReplicaSet(count, 2000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, count);
  return { set, node };
}

async function shortStates(ground: Ground): Promise<readonly State[]> {
  const { set, node } = ground;
  return [
    late(set, 1500, 'serverSelectionTimeoutMS=500'),
    ...READS.filter(({ rpc }) => rpc === 'stat').map((read) => stalled(ground, 4000, read)),
    standalone(ground, 3000, set.uri),
    named(ground, 3000, `mongodb://late.trial:${node.host.split(':')[1] ?? ''}`, 'directConnection=true'),
    moved(ground, await freeHost()),
  ];
}

async function fullStates(ground: Ground): Promise<readonly State[]> {
  const { set, node } = ground;
  const port = node.host.split(':')[1] ?? '';
  return [
    ...[1000, 8000, 40_000].map((by) => late(set, by)),
    late(set, 2500, 'serverSelectionTimeoutMS=1000'),
    gone(set, 40_000),
    ...READS.map((read) => stalled(ground, 8000, read)),
    standalone(ground, 15_000, set.uri),
    standalone(ground, 15_000, `mongodb://${node.host}/`),
    named(ground, 8000, `mongodb://late.trial:${port}`, 'directConnection=true'),
    named(ground, 8000, 'mongodb+srv://set.late.trial', 'tls=false'),
    moved(ground, await freeHost()),
  ];
}

async function inTurn(states: readonly State[], terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const assertions: Assertion[] = [];
  for (const state of states) assertions.push(...(await recovered(state, terms)));
  return assertions;
}

async function ofThree(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { set } = await groundOf(3);
  await using owned = set;
  return await inTurn(
    [1000, 8000, 40_000].map((by) => late(owned, by)),
    terms,
  );
}

export async function recovery(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const ground = await groundOf(1);
  await using owned = ground.set;
  const states = await (terms.short ? shortStates : fullStates)({ ...ground, set: owned });
  const assertions = await inTurn(states, terms);
  return terms.short ? assertions : [...assertions, ...(await ofThree(terms))];
}
