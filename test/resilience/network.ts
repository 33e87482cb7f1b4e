/** A network between the service and its database that delays, cuts, resets, and lets nothing through (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import { followHealth } from './health.js';
import type { Health } from './health.js';
import { proxyTo } from './network-proxy.js';
import type { Proxy, Way } from './network-proxy.js';
import { fillForReads, honestAnswers, steadyReads, tallyReads, failedReads } from './known-reads.js';
import { random } from '../harness/random.js';
import { startReplicaSet } from '../harness/replica-set.js';
import { atLeast, atMost, exactly, noFaults } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem } from './system-under-test.js';

/** Milliseconds until SERVING is said after the network is well, and for what takes longer. */
const BACK = 3000;
const PATIENCE = 30_000;
const LOAD = { perSecond: 50, timeoutMs: 2000 };

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

async function troubled(
  { name, way }: Trouble,
  time: number,
  proxy: Proxy,
  health: Health,
): Promise<Assertion> {
  proxy.set(way);
  await pause(time);
  proxy.set('open');
  const well = performance.now();
  // It may note so still, or note no only now; what counts is that it says so, and goes on to.
  await pause(BACK - 500);
  const serving = (await health.says(true, PATIENCE)) - well;
  await pause(500);
  return atMost(`${name}: SERVING after`, Math.max(0, serving), BACK, 'ms');
}

export async function network(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const { seed, short, note } = terms;
  await using set = await startReplicaSet(1, 10_000);
  await fillForReads(set.uri, 1);
  await using proxy = await proxyTo(set.nodes[0]?.host ?? '');
  await using system = await startSystem(`mongodb://${proxy.host}/?directConnection=true`);
  await using health = await followHealth(system.addresses);
  await health.says(true, PATIENCE);
  const over = new AbortController();
  const reading = steadyReads(system, LOAD, random(seed), over.signal);
  const assertions: Assertion[] = [];
  for (const each of TROUBLES) assertions.push(await troubled(each, short ? 3000 : 10_000, proxy, health));
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
