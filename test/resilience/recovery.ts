/**
 * States that a database can be in, and its driver with it, from which the service has to come back by itself: what
 * health says then, and what each kind of call comes to (docs/operations.md «Health»).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Settings } from '../harness/program.js';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { freeHost, primaryAmong, replicaSet } from './nodes.js';
import type { Node, Nodes } from './nodes.js';
import { endOf, started, tally } from './program.js';
import type { Served } from './program.js';
import { fillForReaders, READS } from './readers.js';
import type { Read } from './readers.js';
import { atMost, exactly, faultsOf } from './trial.js';
import type { Figure, Terms } from './trial.js';

/** Milliseconds: until SERVING is said after the return, and for what takes longer. */
const BACK = 3000;
const PATIENCE = 60_000;
const CALL = 5000;
const LATE_NAMES = new URL('late-names.js', import.meta.url).href;

interface Ground {
  readonly set: Nodes;
  /** The only node, or one of them. */
  readonly node: Node;
}

interface State {
  readonly name: string;
  readonly uri: string;
  readonly settings?: Settings;
  /** What happens before the service is started; without it, it serves first. */
  readonly before?: () => Promise<void>;
  /** What happens once it has been started; it ends when the database is there again. */
  readonly during: (served: Served, health: Health) => Promise<void>;
}

/** Each kind of read, and whether it is answered right. */
async function answered({ grpc }: Served, read: Read): Promise<string> {
  const outcome = await grpc.ask(read.rpc, read.asked, { timeout: CALL });
  return 'response' in outcome && !read.right(outcome.response) ? 'wrong' : endOf(outcome);
}

async function recovered(
  { name, uri, settings, before, during }: State,
  { say }: Terms,
): Promise<readonly Figure[]> {
  await before?.();
  await using served = await started(uri, settings);
  await using health = await followHealth(served.addresses);
  await health.says(before === undefined, PATIENCE);
  await during(served, health);
  const back = performance.now();
  const serving = (await health.says(true, PATIENCE)) - back;
  const ends = await Promise.all(READS.map((read) => answered(served, read)));
  say(`${name}: ${tally(ends)}`);
  return [
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), BACK, 'ms'),
    exactly(`${name}: reads that fail then`, ends.filter((end) => end !== 'OK').length, 0),
    faultsOf(served.program.log, name),
  ];
}

const killAll = async ({ nodes }: Nodes): Promise<void> => {
  await Promise.all(nodes.map((node) => node.kill()));
};

async function startAll(set: Nodes): Promise<void> {
  await Promise.all(set.nodes.map((node) => node.start()));
  await primaryAmong(set.nodes);
}

/** The database starts so many milliseconds after the service. */
const late = (set: Nodes, by: number, options = ''): State => ({
  name: `${set.nodes.length} ${set.nodes.length === 1 ? 'node' : 'nodes'}, ${by} ms late${options === '' ? '' : `, ${options}`}`,
  uri: `${set.uri}${options === '' ? '' : `&${options}`}`,
  before: () => killAll(set),
  async during() {
    await pause(by);
    await startAll(set);
  },
});

const gone = (set: Nodes, time: number): State => ({
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
  async during(served) {
    await node.freeze();
    const call = served.grpc.ask(read.rpc, read.asked, { timeout: 1500 });
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
  const set = await replicaSet(count, 2000);
  const [node] = set.nodes;
  if (node === undefined) throw new Error('a replica set has a node');
  await fillForReaders(set.uri, count);
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

async function inTurn(states: readonly State[], terms: Terms): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const state of states) figures.push(...(await recovered(state, terms)));
  return figures;
}

async function ofThree(terms: Terms): Promise<readonly Figure[]> {
  const { set } = await groundOf(3);
  await using owned = set;
  return await inTurn(
    [1000, 8000, 40_000].map((by) => late(owned, by)),
    terms,
  );
}

export async function recovery(terms: Terms): Promise<readonly Figure[]> {
  const ground = await groundOf(1);
  await using owned = ground.set;
  const states = await (terms.short ? shortStates : fullStates)({ ...ground, set: owned });
  const figures = await inTurn(states, terms);
  return terms.short ? figures : [...figures, ...(await ofThree(terms))];
}
