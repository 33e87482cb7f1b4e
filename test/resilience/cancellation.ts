// Cancelled and expired calls: their operations soon leave the database, on every node (docs/configure.md «Deadlines»).
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
import { atLeast, atMost, exactly, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { APP_NAME, startSystem, tally } from './system-under-test.js';
import type { System } from './system-under-test.js';

/** The maximum time that an operation outlives its call. */
const MAX_OUTLIVING_MS = 250;
/** The same in the short form, on a machine shared with others. */
const MAX_OUTLIVING_SHORT_MS = 1000;
/** Concurrent calls. */
const IN_FLIGHT = 8;
/** Concurrent operations, all cancelled at the same moment. */
const MANY = 20;
const ROUNDS = 3;

/** A text without a match for the conditions of the slow list, searched to its end. */
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

/** A condition true for every job, to identify the call of an operation on the database. */
const mark = (call: number): JsonObject => ({ k: 'job_id', v: `call-${call}-`, o: 'not' });
const callOf = (operation: Document): number =>
  Number(/call-(\d+)-/.exec(JSON.stringify(operation))?.[1] ?? NaN);

type Slow = readonly ['stat' | 'list', JsonObject];

/** Minutes of work on a secondary; the name of the count is unique. */
const longStat = (call: number): Slow => ['stat', slowStat(4, `call-${call}-`)];

/** Seconds of work on the primary, twice: a find and a count run side by side. */
const longList = (call: number): Slow => [
  'list',
  { domain_id: SLOW_DOMAIN, query: { filter: [mark(call), ...CONDITIONS], page: { limit: 1000 } } },
];

/** The observations of operations on the nodes. */
interface Observations {
  /** The end of each call. */
  readonly ends: Map<number, number>;
  /** The calls with an observed operation. */
  readonly seen: Set<number>;
  /** Milliseconds between the end of a call and the last sight of its operation. */
  readonly outlived: Map<number, number>;
  longestPollMs: number;
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

/** Polls the operations on a node until `stopped`. An operation counts from the start of the poll. */
async function poll(node: MongoClient, watch: Observations, stopped: AbortSignal): Promise<void> {
  while (!stopped.aborted) {
    const polledAt = performance.now();
    const calls = (await operations(node)).map(callOf);
    watch.longestPollMs = Math.max(watch.longestPollMs, performance.now() - polledAt);
    for (const call of calls) {
      watch.seen.add(call);
      const life = polledAt - (watch.ends.get(call) ?? Infinity);
      if (life > (watch.outlived.get(call) ?? 0)) watch.outlived.set(call, life);
    }
    await pause(5);
  }
}

const between = (next: Random, least: number, most: number): number =>
  least + Math.floor(next() * (most - least + 1));

/** Draws the end of a call by its client: cancellation or a deadline. */
const cancellationOf = (next: Random) =>
  next() < 0.5
    ? { timeoutMs: 20_000, signal: AbortSignal.timeout(between(next, 1, 200)) }
    : { timeoutMs: between(next, 1, 50) };

/** Makes `count` calls, cancels them, and returns their statuses. */
async function cancelledCalls(
  system: System,
  watch: Observations,
  count: number,
  seed: number,
): Promise<readonly string[]> {
  const ended: string[] = [];
  let calls = 0;
  const worker = async (): Promise<void> => {
    while (calls < count) {
      const call = calls++;
      const next = random(seed + call);
      const client = next() < 0.5 ? system.grpc : system.http;
      const [rpc, request] = next() < 0.5 ? longStat(call) : longList(call);
      ended.push(statusOf(await client.call(rpc, request, cancellationOf(next))));
      watch.ends.set(call, performance.now());
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return ended;
}

/** Measures the milliseconds from `cancelAll` to the last sight of an operation. */
async function lastSeen(nodes: readonly MongoClient[], cancelAll: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  const ended = cancelAll();
  let seen = 0;
  for (;;) {
    const elapsed = performance.now() - begun;
    if ((await onAll(nodes)) === 0) break;
    seen = elapsed;
  }
  await ended;
  return seen;
}

/** The same for `count` calls, cancelled together once `running` operations run. */
async function atOneMoment(
  system: System,
  nodes: readonly MongoClient[],
  slow: (call: number) => Slow,
  count: number,
  running: number,
): Promise<number> {
  const calls = Array.from({ length: count }, (_, call) => {
    const cancel = new AbortController();
    const [rpc, request] = slow(call);
    return { cancel, ended: system.grpc.call(rpc, request, { timeoutMs: 60_000, signal: cancel.signal }) };
  });
  await until('the operations run', async () => (await onAll(nodes)) >= running, 10_000);
  return lastSeen(nodes, () => {
    for (const { cancel } of calls) cancel.abort();
    return Promise.all(calls.map(({ ended }) => ended));
  });
}

/** The same for the driver alone, which closes the connection. */
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
  maxMs: number,
) {
  const count = short ? 150 : 1000;
  const watch: Observations = { ends: new Map(), seen: new Set(), outlived: new Map(), longestPollMs: 0 };
  const stop = new AbortController();
  const polling = nodes.map((node) => poll(node, watch, stop.signal));
  const ended = await cancelledCalls(system, watch, count, seed);
  await pause(2 * maxMs);
  stop.abort();
  await Promise.all(polling);
  note(`${count} calls, ${IN_FLIGHT} at once: ${tally(ended)}`);
  note(`polling the operations of a node took ${watch.longestPollMs.toFixed(0)} ms at most`);
  const lives = [...watch.outlived.values()].toSorted((one, other) => one - other);
  note(
    `after their calls: half of the operations seen for ${lives[lives.length >> 1]?.toFixed(0) ?? '0'} ms at most`,
  );
  return [
    atLeast('calls seen at work on the database', watch.seen.size, count / 2, 'calls'),
    none(`calls with an operation alive after ${maxMs} ms`, lives, (life) => life > maxMs),
    atMost('longest sight of an operation after its call', lives.at(-1) ?? 0, maxMs, 'ms'),
    exactly('cursors left open', await idleCursors(nodes), 0),
  ];
}

export async function cancellation(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const maxMs = options.short ? MAX_OUTLIVING_SHORT_MS : MAX_OUTLIVING_MS;
  await using set = await startReplicaSet(2, 10_000);
  const client = new MongoClient(set.uri);
  const nodes = set.nodes.map(directTo);
  try {
    await fill(client.db(DATABASE));
    await using system = await startSystem(set.uri);
    const rounds = options.short ? 1 : ROUNDS;
    const stats = () => atOneMoment(system, nodes, longStat, MANY, MANY * 0.75);
    const lists = () => atOneMoment(system, nodes, longList, MANY / 2, MANY);
    return [
      ...(await watched(system, nodes, options, maxMs)),
      atMost(`${MANY} stats at one moment: the last seen after`, await repeated(rounds, stats), maxMs, 'ms'),
      atMost(
        `${MANY / 2} lists at one moment: the last seen after`,
        await repeated(rounds, lists),
        maxMs,
        'ms',
      ),
      atLeast(
        'by the driver alone, one stat: seen after',
        await byTheDriver(set.uri, nodes),
        MAX_OUTLIVING_MS,
        'ms',
      ),
    ];
  } finally {
    await Promise.all([client, ...nodes].map((each) => each.close()));
  }
}
