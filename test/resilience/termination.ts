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
import type { Outcome } from '../harness/client.js';
import type { Addresses } from '../harness/program.js';
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';
import { insertSlowJob, slowStat } from '../harness/slow.js';
import { replicaSet } from './nodes.js';
import { DATABASE, endOf, serve, tally } from './program.js';
import type { Served } from './program.js';
import { fillForReaders, readOf } from './readers.js';
import type { Read } from './readers.js';
import { atLeast, atMost, exactly } from './trial.js';
import type { Figure, Terms } from './trial.js';

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
  readonly served: Served;
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

/** OK only where the answer is the right one. */
const verdict = ({ right }: Read, outcome: Outcome): string =>
  'response' in outcome && !right(outcome.response) ? 'wrong' : endOf(outcome);

/** Replicas that take calls, the newest last. */
type Replicas = readonly Replica[];

/** One call to any of the replicas; where that is unavailable, it is tried once more on the newest. */
async function call(replicas: () => Replicas, read: Read, next: Random): Promise<Call> {
  const all = replicas();
  const to = all[Math.floor(next() * all.length)];
  if (to === undefined) throw new Error('there is a replica');
  const door = next() < 0.5 ? 'grpc' : 'http';
  const ask = ({ served }: Replica) => served[door].ask(read.rpc, read.asked, { timeout: TIMEOUT });
  const sent = performance.now();
  const first = verdict(read, await ask(to));
  const newest = replicas().at(-1) ?? to;
  return { sent, to, first, last: first === 'UNAVAILABLE' ? verdict(read, await ask(newest)) : first };
}

/** The share of calls that take a second. */
const SLOW_SHARE = 0.05;
const SLOW: Read = { rpc: 'stat', asked: slowStat(3), right: () => true };

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
  replica.served.program.signal(signal);
  await pause(AFTER);
  leave();
  const { code } = await replica.served.program.ended;
  return { code, took: performance.now() - replica.signalled };
}

async function restarts(uri: string, { seed }: Terms, signal: NodeJS.Signals, count: number) {
  const replicas: Replica[] = [];
  const begin = async (): Promise<Replica> => {
    const served = await serve(uri, { SHUTDOWN_GRACE: `${GRACE}ms` });
    const replica = { served, signalled: Infinity };
    replicas.push(replica);
    return replica;
  };
  const over = new AbortController();
  let current = await begin();
  const calling = steadyCalls(() => replicas, random(seed), over.signal);
  const ends: End[] = [];
  for (let nth = 0; nth < count; nth++) {
    const next = await begin();
    const release = nth % 2 === 1 ? await holdUp(current.served.addresses) : () => undefined;
    await pause(BEFORE);
    const old = current;
    ends.push(await ended(old, signal, () => replicas.splice(replicas.indexOf(old), 1)));
    release();
    await old.served[Symbol.asyncDispose]();
    current = next;
  }
  over.abort();
  const calls = await calling;
  await current.served[Symbol.asyncDispose]();
  return { calls, ends };
}

export async function termination(terms: Terms): Promise<readonly Figure[]> {
  const rounds = terms.short ? 3 : 20;
  await using set = await replicaSet(1, 10_000);
  await fillForReaders(set.uri, 1);
  const client = new MongoClient(set.uri);
  await insertSlowJob(client.db(DATABASE));
  await client.close();
  const { calls, ends } = await restarts(set.uri, terms, 'SIGTERM', rounds);
  const outright = await restarts(set.uri, terms, 'SIGKILL', KILLS);
  const before = calls.filter(({ sent, to }) => sent < to.signalled);
  const after = calls.filter(({ sent, to }) => sent >= to.signalled);
  terms.say(`sent before the signal: ${tally(before.map(({ first }) => first))}`);
  terms.say(`sent after it: ${tally(after.map(({ first }) => first))}`);
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
