/**
 * Calls that are cancelled, or whose deadline passes: what they began is soon gone from the database, on whichever node
 * it runs (docs/operations.md «Deadlines»).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { JsonObject } from '@bufbuild/protobuf';
import { MongoClient } from 'mongodb';
import type { Db, Document } from 'mongodb';
import { statusOf } from '../harness/client.js';
import { DATABASE } from '../harness/mongod.js';
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { directTo, startReplicaSet } from '../harness/replica-set.js';
import { SLOW_DOMAIN, insertSlowJob, slowStat } from '../harness/slow.js';
import { until } from '../harness/until.js';
import { atLeast, atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { APP_NAME, startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

/** Milliseconds after which no operation may be left of a call that has ended. */
const LEFT = 250;
/** The same where the machine may be shared with others, as it is when a change is checked. */
const LEFT_SHARED = 1000;
/** Calls at once. */
const IN_FLIGHT = 8;
/** Operations at once, all of them given up at one moment. */
const MANY = 20;
const ROUNDS = 3;

/** A text through which each condition of the slow list looks in vain, one place after the other. */
const TEXT = `${'x'.repeat(20_000)}y`;
const CONDITIONS = Array.from({ length: 2 }, () => ({ k: 'filter.text', v: 'xxxxxxxxyx', o: 'not_contain' }));
const JOBS = 2000;

async function fill(db: Db): Promise<void> {
  const jobs = Array.from({ length: JOBS }, (_, nth) => ({
    job_id: `job-${nth}`,
    domain_id: SLOW_DOMAIN,
    filters: { text: TEXT },
  }));
  await insertSlowJob(db);
  await db.collection('job').insertMany(jobs, { writeConcern: { w: 2 } });
}

/** A condition that every job meets; by it an operation on the database tells which call it belongs to. */
const mark = (call: number): JsonObject => ({ k: 'job_id', v: `call-${call}-`, o: 'not' });
const callOf = (operation: Document): number =>
  Number(/call-(\d+)-/.exec(JSON.stringify(operation))?.[1] ?? NaN);

type Slow = readonly ['stat' | 'list', JsonObject];

/** Minutes of work, on a secondary; the name of what it counts makes no two equal. */
const longStat = (call: number): Slow => ['stat', slowStat(4, `call-${call}-`)];

/** Seconds of work on the primary, twice: it finds and counts at once. */
const longList = (call: number): Slow => [
  'list',
  { domain_id: SLOW_DOMAIN, query: { filter: [mark(call), ...CONDITIONS], page: { limit: 1000 } } },
];

/** What is seen of the operations on the nodes. */
interface Watch {
  /** When each call ended. */
  readonly ends: Map<number, number>;
  /** Calls of which an operation was seen. */
  readonly seen: Set<number>;
  /** Milliseconds that an operation was seen after the end of its call, by call. */
  readonly outlived: Map<number, number>;
  /** Milliseconds that the longest look took. */
  look: number;
}

const OWN = { appName: APP_NAME, ns: `${DATABASE}.job` };

const operations = (node: MongoClient): Promise<readonly Document[]> =>
  node
    .db('admin')
    .aggregate([{ $currentOp: {} }, { $match: { ...OWN, active: true } }])
    .toArray();

const onAll = async (nodes: readonly MongoClient[]): Promise<number> =>
  (await Promise.all(nodes.map(operations))).flat().length;

async function idleCursors(nodes: readonly MongoClient[]): Promise<number> {
  const idle = [{ $currentOp: { idleCursors: true } }, { $match: { ...OWN, type: 'idleCursor' } }];
  return (await Promise.all(nodes.map((node) => node.db('admin').aggregate(idle).toArray()))).flat().length;
}

/** Looks at the operations on a node until `over` is aborted. What is seen was there when it was asked for. */
async function look(node: MongoClient, watch: Watch, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const asked = performance.now();
    const calls = (await operations(node)).map(callOf);
    watch.look = Math.max(watch.look, performance.now() - asked);
    for (const call of calls) {
      watch.seen.add(call);
      const life = asked - (watch.ends.get(call) ?? Infinity);
      if (life > (watch.outlived.get(call) ?? 0)) watch.outlived.set(call, life);
    }
    await pause(5);
  }
}

const between = (next: Random, least: number, most: number): number =>
  least + Math.floor(next() * (most - least + 1));

/** How a client gives a call up: it cancels, or its deadline passes. */
const givingUp = (next: Random) =>
  next() < 0.5
    ? { timeoutMs: 20_000, signal: AbortSignal.timeout(between(next, 1, 200)) }
    : { timeoutMs: between(next, 1, 50) };

/** Makes `count` calls that are given up, and answers how they ended. */
async function givenUp(
  system: System,
  watch: Watch,
  count: number,
  seed: number,
): Promise<readonly string[]> {
  const ended: string[] = [];
  let calls = 0;
  const worker = async (): Promise<void> => {
    while (calls < count) {
      const call = calls++;
      const next = random(seed + call);
      const door = next() < 0.5 ? system.grpc : system.http;
      const [rpc, asked] = next() < 0.5 ? longStat(call) : longList(call);
      ended.push(statusOf(await door.call(rpc, asked, givingUp(next))));
      watch.ends.set(call, performance.now());
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return ended;
}

/** Milliseconds after which the last operation was seen that `giveUp` ends. */
async function lastSeen(nodes: readonly MongoClient[], giveUp: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  const ended = giveUp();
  let seen = 0;
  for (;;) {
    const asked = performance.now() - begun;
    if ((await onAll(nodes)) === 0) break;
    seen = asked;
  }
  await ended;
  return seen;
}

/** The same of `count` calls that are cancelled at one moment, when `running` operations of theirs run. */
async function atOneMoment(
  system: System,
  nodes: readonly MongoClient[],
  slow: (call: number) => Slow,
  count: number,
  running: number,
): Promise<number> {
  const calls = Array.from({ length: count }, (_, call) => {
    const cancel = new AbortController();
    const [rpc, asked] = slow(call);
    return { cancel, ended: system.grpc.call(rpc, asked, { timeoutMs: 60_000, signal: cancel.signal }) };
  });
  await until('the operations run', async () => (await onAll(nodes)) >= running, 10_000);
  return lastSeen(nodes, () => {
    for (const { cancel } of calls) cancel.abort();
    return Promise.all(calls.map(({ ended }) => ended));
  });
}

/** The same of an operation of the driver's own, whose way to give up is to close the connection. */
async function byTheDriver(uri: string, nodes: readonly MongoClient[]): Promise<number> {
  const client = new MongoClient(uri, { appName: APP_NAME });
  const cancel = new AbortController();
  const unwound = ['a', 'b', 'c', 'd'].map((name) => ({ $unwind: `$filters.${name}` }));
  const counted = client
    .db(DATABASE)
    .collection('job')
    .aggregate([{ $match: { domain_id: SLOW_DOMAIN } }, ...unwound, { $count: 'n' }], {
      signal: cancel.signal,
    })
    .toArray()
    .catch(() => undefined);
  await until('the operation runs', async () => (await onAll(nodes)) > 0, 10_000);
  const seen = await lastSeen(nodes, () => {
    cancel.abort();
    return counted;
  });
  await client.close();
  return seen;
}

async function repeated(rounds: number, measure: () => Promise<number>): Promise<number> {
  const seen: number[] = [];
  for (let round = 0; round < rounds; round++) seen.push(await measure());
  return Math.max(...seen);
}

async function watched(
  system: System,
  nodes: readonly MongoClient[],
  { seed, short, note }: ScenarioOptions,
  left: number,
) {
  const count = short ? 150 : 1000;
  const watch: Watch = { ends: new Map(), seen: new Set(), outlived: new Map(), look: 0 };
  const over = new AbortController();
  const looking = nodes.map((node) => look(node, watch, over.signal));
  const ended = await givenUp(system, watch, count, seed);
  await pause(2 * left);
  over.abort();
  await Promise.all(looking);
  note(`${count} calls, ${IN_FLIGHT} at once: ${tally(ended)}`);
  note(`a look at the operations of a node took ${watch.look.toFixed(0)} ms at most`);
  const lives = [...watch.outlived.values()].toSorted((one, other) => one - other);
  note(`after their call: half of those seen for ${lives[lives.length >> 1]?.toFixed(0) ?? '0'} ms at most`);
  return [
    atLeast('calls seen at work on the database', watch.seen.size, count / 2, 'calls'),
    exactly(`calls with an operation alive after ${left} ms`, lives.filter((life) => life > left).length, 0),
    atMost('longest that an operation was seen after its call', lives.at(-1) ?? 0, left, 'ms'),
    exactly('cursors left open', await idleCursors(nodes), 0),
  ];
}

export async function cancellation(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const left = terms.short ? LEFT_SHARED : LEFT;
  await using set = await startReplicaSet(2, 10_000);
  const client = new MongoClient(set.uri);
  const nodes = set.nodes.map(directTo);
  try {
    await fill(client.db(DATABASE));
    await using system = await startSystem(set.uri);
    const rounds = terms.short ? 1 : ROUNDS;
    const stats = () => atOneMoment(system, nodes, longStat, MANY, MANY * 0.75);
    const lists = () => atOneMoment(system, nodes, longList, MANY / 2, MANY);
    return [
      ...(await watched(system, nodes, terms, left)),
      atMost(`${MANY} stats at one moment: the last seen after`, await repeated(rounds, stats), left, 'ms'),
      atMost(
        `${MANY / 2} lists at one moment: the last seen after`,
        await repeated(rounds, lists),
        left,
        'ms',
      ),
      atLeast('by the driver alone, one stat: seen after', await byTheDriver(set.uri, nodes), LEFT, 'ms'),
    ];
  } finally {
    await Promise.all([client, ...nodes].map((each) => each.close()));
  }
}
