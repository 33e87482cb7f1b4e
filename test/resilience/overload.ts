// More calls than the service can serve on a fifth of a core: accepted ones finish in time, the others are refused at once, and health probes are answered (docs/configure.md «Overload»).
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { makeIndexes } from '../../src/job/collections.js';
import {
  during,
  failuresIn,
  fillSmallDomain,
  SMALL_DOMAIN,
  probesOf,
  quantile,
  steadily,
  timesOf,
} from './steady-load.js';
import type { TimedCall } from './steady-load.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { startDatabase } from '../harness/mongod.js';
import { atLeast, atMost, exactly, none } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

/** A client reads 64 KiB, and then has to tell the process so: one alone would wait for that, and not for its turn. */
const CLIENTS = 8;
/** The calls per second with a whole core. */
const PER_SECOND = 60;
/** The calls per second in multiples of those that the process can serve with its share of a core. */
const OVERLOAD = 2.5;
/** Probes of each kind per second. A listener accepts one connection in a round of the event loop: more would wait for each other. */
const PROBES_PER_SECOND = 2;
const DEADLINE_MS = 5000;
/** The times per period in which the process runs, and is stopped. Time in which it waits for a processor does not count. */
const RUNNING_MS = 20;
const STOPPED_MS = 80;
/** The maximum times of a refusal and of a probe. */
const [MAX_REFUSAL_MS, MAX_PROBE_MS] = [1000, 2000];
/** The factor on both in the short form, on a machine shared with others. */
const SHORT_FACTOR = 3;
/** The minimum share of accepted calls finished in time; in the short form, a third of the time passes before the overload is detected. */
const [MIN_IN_TIME_PERCENT, MIN_IN_TIME_SHORT_PERCENT] = [95, 50];
const REFUSED_STATUS = 'RESOURCE_EXHAUSTED';

/**
 * Stops and continues the process, in a thread of its own, so that calls here do not disturb its timing. A process that
 * had something to do runs until it got its time, beside whatever else this machine does.
 */
const THROTTLE_SCRIPT = `
  const { readFileSync } = require('node:fs');
  const { workerData: { pid, runningMs, stoppedMs, done } } = require('node:worker_threads');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const processorMs = () => Number(readFileSync('/proc/' + pid + '/schedstat', 'latin1').split(' ')[0]) / 1e6;
  const isIdle = () => !readFileSync('/proc/' + pid + '/stat', 'latin1').includes(') R ');
  while (Atomics.load(done, 0) === 0) {
    process.kill(pid, 'SIGSTOP');
    Atomics.wait(pause, 0, 0, stoppedMs);
    process.kill(pid, 'SIGCONT');
    const end = processorMs() + runningMs;
    Atomics.wait(pause, 0, 0, runningMs);
    while (processorMs() < end && !isIdle()) Atomics.wait(pause, 0, 0, 1);
  }
`;

/** Limits the process to a share of one core until disposal. */
function throttle(pid: number): AsyncDisposable {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(THROTTLE_SCRIPT, {
    eval: true,
    workerData: { pid, runningMs: RUNNING_MS, stoppedMs: STOPPED_MS, done },
  });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      Atomics.store(done, 0, 1);
      await ended;
    },
  };
}

const PAGE = encodeRequest('list', { domain_id: SMALL_DOMAIN, query: { page: { limit: 200 } } });

/** Requests pages at a steady rate by clients in turn, and health probes. */
async function load(system: ProbedSystem, ms: number, perSecond = PER_SECOND) {
  const clients = Array.from({ length: CLIENTS }, () =>
    createGrpcClient(system.addresses.grpc, OWN_CONNECTION),
  );
  let nth = 0;
  const call = async () => {
    const client = clients[nth++ % CLIENTS];
    return (await client?.send('list', PAGE, { timeoutMs: DEADLINE_MS }))?.status ?? 'UNSENT';
  };
  const results = await during(ms, (stopped) =>
    Promise.all([steadily(call, perSecond, stopped), probesOf(system, stopped, PROBES_PER_SECOND)]),
  );
  for (const client of clients) client.close();
  return results;
}

const tallyOf = (calls: readonly TimedCall[]): string => tally(calls.map(({ status }) => status));

/** The time of the event loop's thread on a processor. */
const processorMs = ({ program }: ProbedSystem): number =>
  Number(readFileSync(`/proc/${program.pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6;

/** The calls per second beyond the share of a core, by the processor time that `calls` took. */
const overloadOf = (calls: number, tookMs: number): number =>
  (OVERLOAD * calls * 1000 * RUNNING_MS) / ((RUNNING_MS + STOPPED_MS) * tookMs);

export async function overload({ short, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  const factor = short ? SHORT_FACTOR : 1;
  const durationMs = short ? 15_000 : 30_000;
  await using database = await startDatabase();
  await makeIndexes(database.db);
  await fillSmallDomain(database.db);
  await using system = await startProbedSystem(database.uri);
  await load(system, 2000);
  const begunAtMs = processorMs(system);
  const [before] = await load(system, durationMs / 4);
  const perSecond = overloadOf(before.length, processorMs(system) - begunAtMs);
  note(`with a whole core: ${timesOf(before)}: ${tallyOf(before)}`);
  const [calls, probes] = await (async () => {
    await using _share = throttle(system.program.pid);
    return await load(system, durationMs, perSecond);
  })();
  const accepted = calls.filter(({ status }) => status !== REFUSED_STATUS);
  const refused = calls.filter(({ status }) => status === REFUSED_STATUS);
  note(`with a fifth, ${perSecond.toFixed(0)} a second: ${timesOf(calls)}: ${tallyOf(calls)}`);
  note(`accepted: ${timesOf(accepted)}; refused: ${timesOf(refused)}; probes: ${timesOf(probes)}`);
  const [after] = await load(system, 2000);
  return [
    none('calls refused with a whole core', before, ({ status }) => status === REFUSED_STATUS),
    atLeast(
      'accepted calls finished in time',
      100 * (1 - failuresIn(accepted) / accepted.length),
      short ? MIN_IN_TIME_SHORT_PERCENT : MIN_IN_TIME_PERCENT,
      '%',
    ),
    atMost('p50 of a refusal', quantile(refused, 0.5), factor * MAX_REFUSAL_MS, 'ms'),
    exactly('probes without an answer', failuresIn(probes), 0),
    atMost('p99 of probes', quantile(probes, 0.99), factor * MAX_PROBE_MS, 'ms'),
    exactly('failed calls afterwards', failuresIn(after), 0),
  ];
}
