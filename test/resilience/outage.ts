/** A database that is killed, that stands still, and that is not there yet: what calls come to, and what health says (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import { random } from '../harness/random.js';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { replicaSet } from './nodes.js';
import type { Node, Nodes } from './nodes.js';
import { DATABASE, serve, started } from './program.js';
import { fillForReaders, honest, steadyReads, tallyOf } from './readers.js';
import { atLeast, atMost, exactly, faultsOf } from './trial.js';
import type { Figure, Terms } from './trial.js';

/** Milliseconds until the loss is said, and until the return is. */
const LOST = 5000;
const BACK = 3000;
const PATIENCE = 20_000;
const LOAD = { perSecond: 50, timeout: 2000 };
/** Calls that wait for long, and an outage that is longer. */
const LONG = { perSecond: 10, timeout: 20_000 };
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

/** Milliseconds that a read takes by the driver alone, which waits for a server as long as its settings say. */
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

async function underLoad({ uri }: Nodes, node: Node, terms: Terms): Promise<readonly Figure[]> {
  const { seed, short, say } = terms;
  const size = short ? SHORT : FULL;
  await using served = await serve(uri);
  await using health = await followHealth(served.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(served, LOAD, random(seed), over.signal);
  await pause(size.pause);
  const figures: Figure[] = [];
  for (const each of size.outages) figures.push(...(await away(each, size, node, health)));
  over.abort();
  const answers = await reading;
  say(`${answers.length} reads, ${LOAD.perSecond} a second: ${tallyOf(answers)}`);
  return [
    atLeast('reads that failed', answers.filter(({ end }) => end !== 'OK').length, 1, 'reads'),
    ...honest(answers, LOAD, terms),
    ...figures,
    exactly('answers of /livez other than 200', health.dead(), 0),
    faultsOf(served.program.log),
  ];
}

/** Calls with deadlines that end within the outage, and after it. */
async function forLong({ uri }: Nodes, node: Node, terms: Terms): Promise<readonly Figure[]> {
  const { seed, say } = terms;
  await using served = await serve(uri);
  await using health = await followHealth(served.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(served, LONG, random(seed), over.signal);
  await pause(FULL.pause);
  const size = { ...FULL, pause: LONG_AWAY };
  const figures = [
    ...(await away(KILLED, size, node, health)),
    ...(await away(FROZEN, { ...size, pause: LONG_AWAY / 2 }, node, health)),
  ];
  over.abort();
  const answers = await reading;
  say(`${LONG_AWAY} ms, ${answers.length} reads of ${LONG.timeout} ms: ${tallyOf(answers)}`);
  return [...honest(answers, LONG, terms), ...figures, faultsOf(served.program.log)];
}

/** The service is started first, and then the database. */
async function notThereYet({ uri }: Nodes, node: Node): Promise<readonly Figure[]> {
  await node.kill();
  await using served = await started(uri);
  await using health = await followHealth(served.addresses);
  await health.says(false, PATIENCE);
  const waiting = byTheDriver(uri);
  await pause(LOAD.timeout);
  await node.start();
  const back = performance.now();
  const serving = (await health.says(true, PATIENCE)) - back;
  return [
    atMost('not there at the start: SERVING after it comes', Math.max(0, serving), BACK, 'ms'),
    atLeast('by the driver alone, a read waited', await waiting, LOAD.timeout, 'ms'),
  ];
}

export async function outage(terms: Terms): Promise<readonly Figure[]> {
  await using set = await replicaSet(1, 10_000);
  const [node] = set.nodes;
  if (node === undefined) throw new Error('a replica set has a node');
  await fillForReaders(set.uri, 1);
  return [
    ...(await underLoad(set, node, terms)),
    ...(terms.short ? [] : await forLong(set, node, terms)),
    ...(await notThereYet(set, node)),
  ];
}
