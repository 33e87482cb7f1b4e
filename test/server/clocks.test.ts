// The wall clock jumps an hour while calls run: deadlines and durations follow the monotonic clock.
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Call } from '../../src/job/call.js';
import { createTimeSlicer } from '../../src/limits/yield.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import { openHttpListener } from '../../src/server/http/http.js';
import { chained, listenerOptions, monotonicNow } from '../harness/chained.js';
import type { Chained } from '../harness/chained.js';
import { jsonClient } from '../harness/client.js';
import { post } from '../harness/http-client.js';
import { until } from '../harness/until.js';

const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 5000;
const DOMAIN = { domain_id: 'domain-a' };

/** Work started and not yet finished. */
interface PendingWork {
  readonly call: Call;
  end(): void;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

function jumpClock(by: number): void {
  const before = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => before() + by);
}

/** Opens a listener of each kind; the returned function calls list with a timeout and returns the status. */
const LISTENERS = {
  async gRPC({ calls }: Chained) {
    const listener = await openGrpcListener({ ...listenerOptions(), calls });
    const client = jsonClient(listener.address);
    closing.push(() => listener.close(0), client.close);
    return async (timeout: number) => {
      const outcome = await client.call('list', DOMAIN, { deadline: Date.now() + timeout });
      return 'error' in outcome ? outcome.error.status : 'OK';
    };
  },
  async HTTP({ calls }: Chained) {
    const webOptions = { corsOrigins: [], explorer: undefined, timeSlicer: createTimeSlicer(monotonicNow) };
    const listener = await openHttpListener({ ...listenerOptions(), ...webOptions, calls });
    closing.push(() => listener.close(0));
    return async (timeout: number) => {
      const headers = { 'grpc-timeout': `${timeout}m` };
      const { status } = await post(
        listener.address,
        '/inventory/v1/job/list',
        JSON.stringify(DOMAIN),
        headers,
      );
      return status === 200 ? 'OK' : status === 504 ? 'DEADLINE_EXCEEDED' : String(status);
    };
  },
};

describe.each([
  ['forward', HOUR_MS],
  ['back', -HOUR_MS],
])('a clock jump of an hour %s', (_, by) => {
  test.each(['gRPC', 'HTTP'] as const)('leaves the deadline of a call over %s unchanged', async (kind) => {
    const pending: PendingWork[] = [];
    const service = chained((_request, call) => {
      return new Promise((resolve) => {
        pending.push({
          call,
          end: () => {
            resolve(new Uint8Array());
          },
        });
      });
    });
    const callList = await LISTENERS[kind](service);
    const outcome = callList(TIMEOUT_MS);
    await until('the call has started', () => pending.length === 1, 2000);
    jumpClock(by);
    const remaining = pending[0]?.call.remaining() ?? 0;
    pending[0]?.end();
    expect(await outcome).toBe('OK');
    expect(remaining).toBeGreaterThan(TIMEOUT_MS - 2500);
    expect(remaining).toBeLessThanOrEqual(TIMEOUT_MS);
    expect(service.lines).toEqual([expect.objectContaining({ status: 'OK' })]);
    const [line = {}] = service.lines;
    const ms = 'ms' in line ? Number(line.ms) : NaN;
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThan(2500);
  });

  test.each(['gRPC', 'HTTP'] as const)(
    'does not prolong a call over %s beyond its deadline',
    async (kind) => {
      let pending = 0;
      const service = chained(() => {
        pending += 1;
        return new Promise(() => undefined);
      });
      const callList = await LISTENERS[kind](service);
      const started = monotonicNow();
      const outcome = callList(500);
      await until('the call has started', () => pending === 1, 2000);
      jumpClock(by);
      expect(await outcome).toBe('DEADLINE_EXCEEDED');
      expect(monotonicNow() - started).toBeGreaterThan(400);
      expect(monotonicNow() - started).toBeLessThan(2500);
    },
  );

  test('gives the next call its full timeout and the new date', async () => {
    const seen: Date[] = [];
    const service = chained((_request, call) => {
      seen.push(call.now);
      return Promise.resolve(new Uint8Array());
    });
    const callList = await LISTENERS.gRPC(service);
    const before = Date.now();
    jumpClock(by);
    expect(await callList(TIMEOUT_MS)).toBe('OK');
    expect(Math.abs(Number(seen[0]) - before - by)).toBeLessThan(60_000);
  });
});
