/** A network between the service and its database that delays, cuts, resets, and lets nothing through (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import { random } from '../harness/random.js';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { replicaSet } from './nodes.js';
import { serve } from './program.js';
import { proxyTo } from './proxy.js';
import type { Proxy, Way } from './proxy.js';
import { fillForReaders, honest, steadyReads, tallyOf } from './readers.js';
import { atLeast, atMost, exactly, faultsOf } from './trial.js';
import type { Figure, Terms } from './trial.js';

/** Milliseconds until SERVING is said after the network is well, and for what takes longer. */
const BACK = 3000;
const PATIENCE = 30_000;
const LOAD = { perSecond: 50, timeout: 2000 };

interface Trouble {
  readonly name: string;
  readonly way: Way;
}

const TROUBLES: readonly Trouble[] = [
  { name: 'pieces take 100 ms more', way: { delay: 100 } },
  { name: 'answers end half-way', way: 'cut' },
  { name: 'connections are reset', way: 'reset' },
  { name: 'nothing comes through for a while', way: 'held' },
  { name: 'nothing comes through, and connections stay dead', way: 'blackhole' },
];

async function troubled({ name, way }: Trouble, time: number, proxy: Proxy, health: Health): Promise<Figure> {
  proxy.set(way);
  await pause(time);
  proxy.set('open');
  const well = performance.now();
  // It may say so still, or say no only now; what counts is that it says so, and goes on to.
  await pause(BACK - 500);
  const serving = (await health.says(true, PATIENCE)) - well;
  await pause(500);
  return atMost(`${name}: SERVING after`, Math.max(0, serving), BACK, 'ms');
}

export async function network(terms: Terms): Promise<readonly Figure[]> {
  const { seed, short, say } = terms;
  await using set = await replicaSet(1, 10_000);
  await fillForReaders(set.uri, 1);
  await using proxy = await proxyTo(set.nodes[0]?.host ?? '');
  await using served = await serve(`mongodb://${proxy.host}/?directConnection=true`);
  await using health = await followHealth(served.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(served, LOAD, random(seed), over.signal);
  const figures: Figure[] = [];
  for (const each of TROUBLES) figures.push(await troubled(each, short ? 3000 : 10_000, proxy, health));
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
