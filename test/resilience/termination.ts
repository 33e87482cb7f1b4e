// SIGTERM under calls, repeatedly, as in a rolling restart: earlier calls are answered, and later ones refused so that a
// client with one retry loses nothing (docs/deploy.md «Start and stop»).
import { setTimeout as pause } from 'node:timers/promises';
import { fillForReads, readOf } from './known-reads.js';
import type { Read } from './known-reads.js';
import { createHealthClient } from '../harness/health-client.js';
import { withDatabase } from '../harness/mongod.js';
import type { Addresses } from '../harness/program.js';
import { pick, random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { leaveUnsent } from '../harness/raw-grpc.js';
import { startReplicaSet } from '../harness/replica-set.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { atLeast, atMost, exactly, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { atRate } from './steady-load.js';
import { startSystem, tally, verdictOf } from './system-under-test.js';
import type { System } from './system-under-test.js';

/** The time for calls to end, and the same in the short form, on a machine shared with others. */
const GRACE_MS = 3000;
const GRACE_SHORT_MS = 6000;
const graceOf = ({ short }: ScenarioOptions): number => (short ? GRACE_SHORT_MS : GRACE_MS);
/** The maximum time between the grace period and the exit. */
const MARGIN_MS = 2000;
/** Ends by SIGKILL, to show the losses without a drain. */
const KILLS = 3;
const PER_SECOND = 100;
const TIMEOUT_MS = 5000;
/** The time of calls before the signal, and after it, until clients learn of it. */
const BEFORE_SIGNAL_MS = 300;
const AFTER_SIGNAL_MS = 300;

interface Replica {
  readonly system: System;
  /** The time of the signal; Infinity: none yet. */
  signalledAt: number;
}

interface Call {
  readonly sentAt: number;
  readonly to: Replica;
  /** The statuses of the first attempt and after the retry. */
  readonly first: string;
  readonly last: string;
}

/** The replicas in service, the newest last. */
type Replicas = readonly Replica[];

/** Calls any replica; after UNAVAILABLE the client retries once, on the newest. */
async function call(replicas: () => Replicas, read: Read, next: Random): Promise<Call> {
  const to = pick(next, replicas());
  const client = next() < 0.5 ? 'grpc' : 'http';
  const attempt = async ({ system }: Replica): Promise<string> =>
    verdictOf(await system[client].call(read.rpc, read.request, { timeoutMs: TIMEOUT_MS }), read.isRight);
  const sentAt = performance.now();
  const first = await attempt(to);
  const newest = replicas().at(-1) ?? to;
  return { sentAt, to, first, last: first === 'UNAVAILABLE' ? await attempt(newest) : first };
}

/** The share of calls of one second. */
const SLOW_SHARE = 0.05;
const SLOW: Read = { rpc: 'stat', request: slowStat(3), isRight: () => true };

/** Calls at a steady rate until `stopped`, some of them slow. */
const steadyCalls = (
  replicas: () => Replicas,
  next: Random,
  stopped: AbortSignal,
): Promise<readonly Call[]> =>
  atRate(PER_SECOND, stopped, () => call(replicas, next() < SLOW_SHARE ? SLOW : readOf(next), next));

/** Opens a request without a body and a Watch on a replica, and leaves them open. */
async function holdUp({ grpc }: Addresses): Promise<() => void> {
  const { session } = await leaveUnsent(grpc);
  const health = createHealthClient(grpc);
  await health.watch().begun();
  return () => {
    session.destroy();
    health.close();
  };
}

interface End {
  readonly code: number | null;
  readonly tookMs: number;
}

/** Sends `signal`, and keeps the replica in service for a while. */
async function endReplica(replica: Replica, signal: NodeJS.Signals, leave: () => void): Promise<End> {
  replica.signalledAt = performance.now();
  replica.system.program.signal(signal);
  await pause(AFTER_SIGNAL_MS);
  leave();
  const { code } = await replica.system.program.ended;
  return { code, tookMs: performance.now() - replica.signalledAt };
}

async function restarts(uri: string, options: ScenarioOptions, signal: NodeJS.Signals, count: number) {
  const replicas: Replica[] = [];
  const begin = async (): Promise<Replica> => {
    const system = await startSystem(uri, { SHUTDOWN_GRACE: `${graceOf(options)}ms` });
    const replica = { system, signalledAt: Infinity };
    replicas.push(replica);
    return replica;
  };
  const stop = new AbortController();
  let current = await begin();
  const calling = steadyCalls(() => replicas, random(options.seed), stop.signal);
  const ends: End[] = [];
  for (let nth = 0; nth < count; nth++) {
    const next = await begin();
    const release = nth % 2 === 1 ? await holdUp(current.system.addresses) : () => undefined;
    await pause(BEFORE_SIGNAL_MS);
    const old = current;
    ends.push(await endReplica(old, signal, () => replicas.splice(replicas.indexOf(old), 1)));
    release();
    await old.system[Symbol.asyncDispose]();
    current = next;
  }
  stop.abort();
  const calls = await calling;
  await current.system[Symbol.asyncDispose]();
  return { calls, ends };
}

export async function termination(options: ScenarioOptions): Promise<readonly Assertion[]> {
  const rounds = options.short ? 3 : 20;
  await using set = await startReplicaSet(1, 10_000);
  await fillForReads(set.uri, 1);
  await withDatabase(set.uri, insertSlowJob);
  const { calls, ends } = await restarts(set.uri, options, 'SIGTERM', rounds);
  const killed = await restarts(set.uri, options, 'SIGKILL', KILLS);
  const isBefore = ({ sentAt, to }: Call): boolean => sentAt < to.signalledAt;
  const [before, after] = [calls.filter(isBefore), calls.filter((each) => !isBefore(each))];
  const longest = Math.max(...ends.map(({ tookMs }) => tookMs));
  options.note(`sent before the signal: ${tally(before.map(({ first }) => first))}`);
  options.note(`sent after it: ${tally(after.map(({ first }) => first))}`);
  const lost = (of: readonly Call[]): number => of.filter(({ first }) => first !== 'OK').length;
  return [
    exactly('unanswered calls sent before the signal', lost(before), 0),
    atLeast('refused calls sent after the signal', lost(after), 1, 'calls'),
    none('errors other than UNAVAILABLE', calls, ({ first }) => !['OK', 'UNAVAILABLE'].includes(first)),
    none('calls lost by clients with one retry', calls, ({ last }) => last !== 'OK'),
    none('exit codes other than 0', ends, ({ code }) => code !== 0),
    atMost('longest time to the exit', longest, graceOf(options) + MARGIN_MS, 'ms'),
    atLeast('by SIGKILL: unanswered calls sent before', lost(killed.calls.filter(isBefore)), 1, 'calls'),
  ];
}
