/** More calls than the service can do, with a fifth of a core: some are done in time, the others are refused at once, and probes are answered (docs/operations.md «Overload»). */
import { Worker } from 'node:worker_threads';
import { makeIndexes } from '../../src/mongo/indexes.js';
import {
  during,
  failuresIn,
  fillNeighbour,
  NEIGHBOUR,
  probesOf,
  quantile,
  steadily,
  timesOf,
} from './steady-load.js';
import type { Asked } from './steady-load.js';
import { createGrpcClient, OWN_CONNECTION } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { startDatabase } from '../harness/mongod.js';
import { atLeast, atMost, exactly } from './scenario.js';
import type { Assertion, ScenarioOptions } from './scenario.js';
import { startProbedSystem, tally } from './system-under-test.js';
import type { ProbedSystem } from './system-under-test.js';

const PER_SECOND = 120;
const DEADLINE = 5000;
/** Milliseconds of each period in which the process may run, and of the rest of it. */
const RUNS = 20;
const STANDS = 80;
/** Milliseconds of a refusal and of a probe, and the same where the machine may be shared with others. */
const [REFUSAL, PROBE] = [1000, 2000];
const SHARED = 3;
/** Per cent of the taken calls done in time, and the same where the seconds before the overload is seen are a third of all. */
const [IN_TIME, IN_TIME_SHORT] = [95, 50];
const REFUSED = 'RESOURCE_EXHAUSTED';

/** A thread of its own stops the process and lets it go on: its times are not those of the calls here. */
const GOVERNOR = `
  const { workerData: { pid, runs, stands, over } } = require('node:worker_threads');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (Atomics.load(over, 0) === 0) {
    process.kill(pid, 'SIGSTOP');
    Atomics.wait(pause, 0, 0, stands);
    process.kill(pid, 'SIGCONT');
    Atomics.wait(pause, 0, 0, runs);
  }
`;

/** Gives the process a share of one core until it is disposed. */
function throttled(pid: number): AsyncDisposable {
  const over = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(GOVERNOR, { eval: true, workerData: { pid, runs: RUNS, stands: STANDS, over } });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      resolve();
    });
  });
  return {
    async [Symbol.asyncDispose]() {
      Atomics.store(over, 0, 1);
      await ended;
    },
  };
}

const PAGE = encodeRequest('list', { domain_id: NEIGHBOUR, query: { page: { limit: 200 } } });

/** Pages, more than a fifth of a core can do, and probes. */
async function called(system: ProbedSystem, ms: number) {
  const door = createGrpcClient(system.addresses.grpc, OWN_CONNECTION);
  const ask = async () => (await door.send('list', PAGE, { timeoutMs: DEADLINE })).status;
  const seen = await during(ms, (over) =>
    Promise.all([steadily(ask, PER_SECOND, over), probesOf(system, over)]),
  );
  door.close();
  return seen;
}

const tallyOf = (calls: readonly Asked[]): string => tally(calls.map(({ status }) => status));

export async function overload({ short, note }: ScenarioOptions): Promise<readonly Assertion[]> {
  const times = short ? SHARED : 1;
  const lasting = short ? 10_000 : 30_000;
  await using database = await startDatabase();
  await makeIndexes(database.db);
  await fillNeighbour(database.db);
  await using system = await startProbedSystem(database.uri);
  await called(system, 2000);
  const [before] = await called(system, lasting / 4);
  note(`with all of a core: ${timesOf(before)}: ${tallyOf(before)}`);
  const [calls, probes] = await (async () => {
    await using _share = throttled(system.program.pid);
    return await called(system, lasting);
  })();
  const taken = calls.filter(({ status }) => status !== REFUSED);
  const refused = calls.filter(({ status }) => status === REFUSED);
  note(`with a fifth: ${timesOf(calls)}: ${tallyOf(calls)}`);
  note(`done: ${timesOf(taken)}; refused: ${timesOf(refused)}; probes: ${timesOf(probes)}`);
  const [after] = await called(system, 2000);
  return [
    exactly('calls refused with all of a core', before.filter(({ status }) => status === REFUSED).length, 0),
    atLeast(
      'of those that were taken, done in time',
      100 * (1 - failuresIn(taken) / taken.length),
      short ? IN_TIME_SHORT : IN_TIME,
      '%',
    ),
    // A fast machine does all of them with a fifth of a core, and refuses none.
    atMost('p50 of a refusal', refused.length === 0 ? 0 : quantile(refused, 0.5), times * REFUSAL, 'ms'),
    exactly('probes not answered', failuresIn(probes), 0),
    atMost('p99 of probes', quantile(probes, 0.99), times * PROBE, 'ms'),
    exactly('calls not done afterwards', failuresIn(after), 0),
  ];
}
