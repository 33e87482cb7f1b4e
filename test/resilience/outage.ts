/** A database that is killed, that stands still, and that is not there yet: what calls come to, and what health says (docs/operations.md «Health»). */
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

/** Milliseconds until the loss is said, and until the return is. */
const LOST = 5000;
const BACK = 3000;
const PATIENCE = 20_000;
const LOAD = { perSecond: 50, timeoutMs: 2000 };
/** Calls that wait for long, and an outage that is longer. */
const LONG = { perSecond: 10, timeoutMs: 20_000 };
const LONG_AWAY = 40_000;

interface Outage {
  readonly name: string;
  begin(node: Node): Promise<void>;
  /** Answers when it takes connections, or commands, again. */
  end(node: Node): Promise<void>;
}

const KILLED: Outage = {
  name: 'killed',
  begin: (node) => node.kill(),
  end: (node) => node.start(),
};

const FROZEN: Outage = {
  name: 'stopped in its tracks',
  begin: (node) => node.freeze(),
  end: (node) => {
    node.thaw();
    return Promise.resolve();
  },
};

/** Milliseconds that a read takes by the driver alone, which waits for a server as long as its settings note. */
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

async function away({ name, begin, end }: Outage, size: Size, node: Node, health: Health) {
  const lost = performance.now();
  await begin(node);
  const noticed = (await health.says(false, PATIENCE)) - lost;
  await pause(size.pause);
  await end(node);
  const back = performance.now();
  const serving = (await health.says(true, PATIENCE)) - back;
  await pause(size.pause);
  return [
    atMost(`${name}: NOT_SERVING after`, noticed, LOST, 'ms'),
    atMost(`${name}: SERVING after its return`, Math.max(0, serving), BACK, 'ms'),
  ];
}

interface Size {
  readonly outages: readonly Outage[];
  /** Milliseconds that the database is away once that was noticed, and back. */
  readonly pause: number;
}

const SHORT: Size = { outages: [KILLED], pause: 300 };
const FULL: Size = { outages: [KILLED, FROZEN, KILLED, FROZEN], pause: 2000 };

async function underLoad(
  { uri }: ReplicaSet,
  node: Node,
  terms: ScenarioOptions,
): Promise<readonly Assertion[]> {
  const { seed, short, note } = terms;
  const size = short ? SHORT : FULL;
  await using system = await startSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), over.signal);
  await pause(size.pause);
  const assertions: Assertion[] = [];
  for (const each of size.outages) assertions.push(...(await away(each, size, node, health)));
  over.abort();
  const answers = await reading;
  note(`${answers.length} reads, ${LOAD.perSecond} a second: ${tallyReads(answers)}`);
  return [
    atLeast('reads that failed', failedReads(answers), 1, 'reads'),
    ...honestAnswers(answers, LOAD, terms),
    ...assertions,
    exactly('answers of /livez other than 200', health.dead(), 0),
    noFaults(system.program.log),
  ];
}

/** Calls with deadlines that end within the outage, and after it. */
async function forLong(
  { uri }: ReplicaSet,
  node: Node,
  terms: ScenarioOptions,
): Promise<readonly Assertion[]> {
  const { seed, note } = terms;
  await using system = await startSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(system, LONG, random(seed), over.signal);
  await pause(FULL.pause);
  const size = { ...FULL, pause: LONG_AWAY };
  const assertions = [
    ...(await away(KILLED, size, node, health)),
    ...(await away(FROZEN, { ...size, pause: LONG_AWAY / 2 }, node, health)),
  ];
  over.abort();
  const answers = await reading;
  note(`${LONG_AWAY} ms, ${answers.length} reads of ${LONG.timeoutMs} ms: ${tallyReads(answers)}`);
  return [...honestAnswers(answers, LONG, terms), ...assertions, noFaults(system.program.log)];
}

/** The service is launchSystem first, and then the database. */
async function notThereYet({ uri }: ReplicaSet, node: Node): Promise<readonly Assertion[]> {
  await node.kill();
  await using system = await launchSystem(uri);
  await using health = await followHealth(system.addresses);
  await health.says(false, PATIENCE);
  const waiting = byTheDriver(uri);
  await pause(LOAD.timeoutMs);
  await node.start();
  const back = performance.now();
  const serving = (await health.says(true, PATIENCE)) - back;
  return [
    atMost('not there at the start: SERVING after it comes', Math.max(0, serving), BACK, 'ms'),
    atLeast('by the driver alone, a read waited', await waiting, LOAD.timeoutMs, 'ms'),
  ];
}

export async function outage(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 10_000);
  const node = firstOf(set.nodes);
  await fillForReads(set.uri, 1);
  return [
    ...(await underLoad(set, node, terms)),
    ...(terms.short ? [] : await forLong(set, node, terms)),
    ...(await notThereYet(set, node)),
  ];
}
