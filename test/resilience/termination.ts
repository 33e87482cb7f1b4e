/**
 * SIGTERM under calls, again and again, as a rolling restart does it: what was sent is answered, and what comes after is
 * refused so that a client who tries again elsewhere loses nothing (docs/operations.md «Start and stop»).
 */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import { MongoClient } from 'mongodb';
import { HealthClient } from '../../src/gen/grpc/health/v1/health.js';
import { fillForReads, readOf } from './known-reads.js';
import type { Read } from './known-reads.js';
import { DATABASE } from '../harness/mongod.js';
import type { Addresses } from '../harness/program.js';
import { pick, random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { startReplicaSet } from '../harness/replica-set.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { atLeast, atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startSystem, tally, verdictOf } from './system-under-test.js';
import type { System } from './system-under-test.js';

const GRACE = 3000;
/** Milliseconds beside the grace until the process has ended. */
const MORE = 2000;
/** Ends without a drain, for what they lose. */
const KILLS = 3;
const PER_SECOND = 100;
const TIMEOUT = 5000;
/** Milliseconds of calls before the signal, and after it, when clients do not know of it yet. */
const BEFORE = 300;
const AFTER = 300;

interface Replica {
  readonly system: System;
  /** When it was told to end. */
  signalled: number;
}

interface Call {
  readonly sent: number;
  readonly to: Replica;
  /** How it ended, and how once its client had tried again. */
  readonly first: string;
  readonly last: string;
}

/** Replicas that take calls, the newest last. */
type Replicas = readonly Replica[];

/** Calls any replica; after UNAVAILABLE the client retries once, on the newest. */
async function call(replicas: () => Replicas, read: Read, next: Random): Promise<Call> {
  const to = pick(next, replicas());
  const client = next() < 0.5 ? 'grpc' : 'http';
  const attempt = async ({ system }: Replica): Promise<string> =>
    verdictOf(await system[client].call(read.rpc, read.request, { timeoutMs: TIMEOUT }), read.isRight);
  const sent = performance.now();
  const first = await attempt(to);
  const newest = replicas().at(-1) ?? to;
  return { sent, to, first, last: first === 'UNAVAILABLE' ? await attempt(newest) : first };
}

/** The share of calls that take a second. */
const SLOW_SHARE = 0.05;
const SLOW: Read = { rpc: 'stat', request: slowStat(3), isRight: () => true };

/** Calls until `over` is aborted, now and then a long one. */
async function steadyCalls(
  replicas: () => Replicas,
  next: Random,
  over: AbortSignal,
): Promise<readonly Call[]> {
  const calls: Promise<Call>[] = [];
  const begun = performance.now();
  while (!over.aborted) {
    const due = Math.floor(((performance.now() - begun) / 1000) * PER_SECOND);
    while (calls.length < due) calls.push(call(replicas, next() < SLOW_SHARE ? SLOW : readOf(next), next));
    await pause(5);
  }
  return Promise.all(calls);
}

/** Leaves a request whose body never comes, and a Watch, open on a replica. */
async function holdUp({ grpc }: Addresses): Promise<() => void> {
  const session = connect(`http://${grpc}`);
  // Whatever ends these, ends them as it should.
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/spaceone.api.inventory.v1.Job/list',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  await once(session, 'remoteSettings');
  const health = new HealthClient(grpc, credentials.createInsecure());
  const watching = health.watch({ service: '' });
  watching.on('error', () => undefined);
  await once(watching, 'data');
  return () => {
    session.destroy();
    watching.cancel();
    health.close();
  };
}

interface End {
  readonly code: number | null;
  readonly took: number;
}

/** Sends `signal`, and lets the calls go on coming for a while. */
async function ended(replica: Replica, signal: NodeJS.Signals, leave: () => void): Promise<End> {
  replica.signalled = performance.now();
  replica.system.program.signal(signal);
  await pause(AFTER);
  leave();
  const { code } = await replica.system.program.ended;
  return { code, took: performance.now() - replica.signalled };
}

async function restarts(uri: string, { seed }: ScenarioOptions, signal: NodeJS.Signals, count: number) {
  const replicas: Replica[] = [];
  const begin = async (): Promise<Replica> => {
    const system = await startSystem(uri, { SHUTDOWN_GRACE: `${GRACE}ms` });
    const replica = { system, signalled: Infinity };
    replicas.push(replica);
    return replica;
  };
  const over = new AbortController();
  let current = await begin();
  const calling = steadyCalls(() => replicas, random(seed), over.signal);
  const ends: End[] = [];
  for (let nth = 0; nth < count; nth++) {
    const next = await begin();
    const release = nth % 2 === 1 ? await holdUp(current.system.addresses) : () => undefined;
    await pause(BEFORE);
    const old = current;
    ends.push(await ended(old, signal, () => replicas.splice(replicas.indexOf(old), 1)));
    release();
    await old.system[Symbol.asyncDispose]();
    current = next;
  }
  over.abort();
  const calls = await calling;
  await current.system[Symbol.asyncDispose]();
  return { calls, ends };
}

export async function termination(terms: ScenarioOptions): Promise<readonly Assertion[]> {
  const rounds = terms.short ? 3 : 20;
  await using set = await startReplicaSet(1, 10_000);
  await fillForReads(set.uri, 1);
  const client = new MongoClient(set.uri);
  await insertSlowJob(client.db(DATABASE));
  await client.close();
  const { calls, ends } = await restarts(set.uri, terms, 'SIGTERM', rounds);
  const outright = await restarts(set.uri, terms, 'SIGKILL', KILLS);
  const before = calls.filter(({ sent, to }) => sent < to.signalled);
  const after = calls.filter(({ sent, to }) => sent >= to.signalled);
  terms.note(`sent before the signal: ${tally(before.map(({ first }) => first))}`);
  terms.note(`sent after it: ${tally(after.map(({ first }) => first))}`);
  const lost = (of: readonly Call[]): number => of.filter(({ first }) => first !== 'OK').length;
  return [
    exactly('calls sent before the signal that were not answered', lost(before), 0),
    atLeast('calls sent after it that were refused', lost(after), 1, 'calls'),
    exactly(
      'errors other than UNAVAILABLE',
      calls.filter(({ first }) => !['OK', 'UNAVAILABLE'].includes(first)).length,
      0,
    ),
    exactly('calls lost by clients that try once more', calls.filter(({ last }) => last !== 'OK').length, 0),
    exactly('exit codes other than 0', ends.filter(({ code }) => code !== 0).length, 0),
    atMost('the longest that an end took', Math.max(...ends.map(({ took }) => took)), GRACE + MORE, 'ms'),
    atLeast(
      'killed outright: calls sent before that were not answered',
      lost(outright.calls.filter(({ sent, to }) => sent < to.signalled)),
      1,
      'calls',
    ),
  ];
}
