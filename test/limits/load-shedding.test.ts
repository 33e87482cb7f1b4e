// Overload of the event loop: its detection, the calls refused, and the probes answered all the same.
import { afterEach, describe, expect, test } from '@jest/globals';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import { createServingState } from '../../src/server/serving-state.js';
import { createLoadJudge, watchLoad } from '../../src/limits/load-shedding.js';
import { openAdminListener } from '../../src/server/admin/admin.js';
import { chained, monotonicNow, IN_TIME, incoming, listenerOptions } from '../harness/chained.js';
import { jsonClient } from '../harness/client.js';
import { createHealthClient } from '../harness/health-client.js';
import { createRecordedLog } from '../harness/log.js';
import { NO_METRICS } from '../harness/metrics.js';
import { until } from '../harness/until.js';

const [FINE, SOME, LATE] = [5, 150, 600];
/** The lateness at which calls are refused. */
const LATE_FOR_CALLS_MS = 200;
const times = (count: number, late: number): readonly number[] => Array.from({ length: count }, () => late);
const STRAINED = times(3, LATE);
const CALM = times(50, FINE);

describe('an event loop is overloaded', () => {
  test.each<readonly [string, readonly number[], boolean]>([
    ['not while it is in time', times(4, FINE), false],
    ['not after one long hold', [FINE, 20 * LATE, FINE], false],
    ['not after two', [FINE, 20 * LATE, 20 * LATE, FINE], false],
    [
      'not after holds between samples in time',
      [LATE, ...times(3, FINE), LATE, ...times(3, FINE), LATE],
      false,
    ],
    ['not while it is somewhat late for a short time', times(11, SOME), false],
    ['after it was somewhat late for long', times(12, SOME), true],
    ['after three late samples in a row', [FINE, ...STRAINED], true],
    ['if only a few samples are in time', [LATE, LATE, FINE, LATE], true],
    ['still, while it is somewhat late afterwards', [...STRAINED, SOME, SOME], true],
    ['still, shortly after samples are in time again', [...STRAINED, FINE, FINE], true],
    [
      'still, if a sample is late from time to time',
      [...STRAINED, ...CALM.slice(1), LATE_FOR_CALLS_MS, ...CALM.slice(1)],
      true,
    ],
    ['no longer, after a long time of samples in time', [...STRAINED, ...CALM], false],
    ['not again at once', [...STRAINED, ...CALM, LATE, LATE], false],
    ['not again after a long one', [...times(600, LATE), ...CALM, FINE, FINE], false],
  ])('%s', (_, samples, due) => {
    const judge = createLoadJudge();
    expect(samples.map((late) => judge({ late, taken: 0 })).at(-1) !== Infinity).toBe(due);
  });

  test.each<readonly [string, number, readonly number[], readonly number[]]>([
    ['half of the usual calls at first', 100, [], [50]],
    ['one more after a sample in time while they are few', 10, times(4, FINE), [5, 6, 7, 8, 9]],
    ['an eighth more while they are many', 32, [FINE, FINE], [16, 18, 20]],
    ['half after a late sample', 10, [FINE, FINE, LATE_FOR_CALLS_MS], [5, 6, 7, 3]],
    ['at least one', 2, times(4, LATE_FOR_CALLS_MS), [1, 1, 1, 1, 1]],
    ['all calls once the overload is over', 10, CALM, [Infinity]],
  ])('and then admits %s', (_, taken, samples, due) => {
    const judge = createLoadJudge();
    for (let nth = 0; nth < 500; nth++) judge({ late: 0, taken });
    const allowed = [...STRAINED, ...samples].map((late) => judge({ late, taken })).slice(2);
    expect(allowed.slice(-due.length)).toEqual(due);
  });

  test('by work that blocks it repeatedly, and refuses calls while it is late', async () => {
    const told: string[] = [];
    const load = watchLoad(monotonicNow, { warn: (message) => told.push(message) });
    const hold = (): boolean => {
      const end = monotonicNow() + LATE + 150;
      while (monotonicNow() < end);
      return !load.admits();
    };
    const refused: boolean[] = [];
    for (let nth = 0; nth < 5; nth++) {
      refused.push(hold());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(told).toEqual(['overloaded: new calls may be refused']);
    expect([refused[0], refused[4]]).toEqual([false, true]);
    await until('calls are taken again', () => load.admits(), 2000);
    const taken = Array.from({ length: 100 }, () => load.admits());
    expect(taken.filter(Boolean).length).toBeLessThan(20);
    await load.stop();
  });
});

const RPC_NAMES = ['get', 'list', 'stat', 'delete'] as const;
const OVERLOADED = { lateness: () => LATE, admits: () => false };

describe('while it is overloaded', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });

  async function served(load = OVERLOADED) {
    let begun = 0;
    const { calls } = chained(() => Promise.resolve(new Uint8Array(++begun)), { load });
    const state = createServingState();
    state.set(true);
    const listener = await openGrpcListener({ ...listenerOptions(), calls, state });
    closing.push(() => listener.close(0));
    return { listener, state, calls, begun: () => begun };
  }

  test.each(RPC_NAMES)('%s is refused before it begins, with a time to retry', async (rpc) => {
    const { listener, begun } = await served();
    const client = jsonClient(listener.address);
    closing.push(client.close);
    const outcome = await client.call(rpc, { domain_id: 'domain-a' }, { deadline: Date.now() + 5000 });
    expect(outcome).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED', code: 'ERROR_LIMIT_EXCEEDED' } });
    expect(JSON.stringify(outcome)).toContain('google.rpc.RetryInfo');
    expect(begun()).toBe(0);
  });

  test('an export is refused before it begins', async () => {
    const { calls, begun } = await served();
    const { chunks } = calls.stream(incoming('list', Infinity), 'ndjson');
    await expect(chunks.next()).rejects.toHaveProperty('code', 'ERROR_LIMIT_EXCEEDED');
    expect(begun()).toBe(0);
  });

  test('health checks are answered', async () => {
    const { listener, state } = await served();
    const client = createHealthClient(listener.address);
    closing.push(client.close);
    expect(await client.check()).toBe('SERVING');
    const admin = await openAdminListener(state, {
      host: '127.0.0.1',
      port: 0,
      metrics: NO_METRICS,
      log: createRecordedLog(),
    });
    closing.push(() => admin.close(0));
    const pages = ['/livez', '/readyz'].map((path) => fetch(`http://${admin.address}${path}`));
    expect((await Promise.all(pages)).map((page) => page.status)).toEqual([200, 200]);
  });
});

test.each<readonly [string, number, number, string]>([
  ['less time than the lateness', 300, 200, 'ERROR_REQUEST_TIMEOUT'],
  ['more time', 300, 2000, 'none'],
  ['no deadline of its own', 100_000, Infinity, 'none'],
])('a call with %s begins or times out at once', async (_, lateness, time, due) => {
  let begun = 0;
  const load = { ...IN_TIME, lateness: () => lateness };
  const { calls } = chained(() => Promise.resolve(new Uint8Array(++begun)), { load });
  const code = await calls.unary(incoming('get', monotonicNow() + time)).then(
    () => 'none',
    (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
  );
  expect([code, begun]).toEqual([due, Number(due === 'none')]);
});
