// A faulty network between the service and its database: delays, cuts, resets and silence (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import type { Health } from './health.js';
import { startNetworkProxy } from './network-proxy.js';
import type { Mode, NetworkProxy } from './network-proxy.js';
import { fillForReads, someFailed, underReads } from './known-reads.js';
import { firstOf, startReplicaSet } from '../harness/replica-set.js';
import { atMost } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';

/** The maximum time from a healthy network to SERVING. */
const MAX_RECOVERY_MS = 3000;
const WAIT_TIMEOUT_MS = 30_000;
const LOAD = { perSecond: 50, timeoutMs: 2000 };

interface Fault {
  readonly name: string;
  readonly mode: Mode;
}

const FAULTS: readonly Fault[] = [
  { name: 'chunks are delayed by 100 ms', mode: { delayMs: 100 } },
  { name: 'answers end half-way', mode: 'cut' },
  { name: 'connections are reset', mode: 'reset' },
  { name: 'traffic is held for a while', mode: 'held' },
  { name: 'traffic is dropped, and connections stay dead', mode: 'blackhole' },
];

async function recoveryAfter(
  { name, mode }: Fault,
  time: number,
  proxy: NetworkProxy,
  health: Health,
): Promise<Assertion> {
  proxy.set(mode);
  await pause(time);
  proxy.set('open');
  const healthyAt = performance.now();
  // The status may be stale still, or turn NOT_SERVING only now; SERVING counts once it stays.
  await pause(MAX_RECOVERY_MS - 500);
  const serving = (await health.reports(true, WAIT_TIMEOUT_MS)) - healthyAt;
  await pause(500);
  return atMost(`${name}: SERVING after`, Math.max(0, serving), MAX_RECOVERY_MS, 'ms');
}

export async function network(options: ScenarioOptions): Promise<readonly Assertion[]> {
  await using set = await startReplicaSet(1, 10_000);
  await fillForReads(set.uri, 1);
  await using proxy = await startNetworkProxy(firstOf(set.nodes).host);
  const uri = `mongodb://${proxy.address}/?directConnection=true`;
  const time = options.short ? 3000 : 10_000;
  const { result, reads, assertions } = await underReads(uri, LOAD, options, async (health) => {
    const recoveries: Assertion[] = [];
    for (const each of FAULTS) recoveries.push(await recoveryAfter(each, time, proxy, health));
    return recoveries;
  });
  return [someFailed(reads), ...result, ...assertions];
}
