// The wall clock jumps an hour while calls run: deadlines and durations go by another, which only grows.
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Call } from '../../src/job/service.js';
import { createYielding } from '../../src/limits/yield.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import { createServingState } from '../../src/server/serving-state.js';
import { openHttpListener } from '../../src/server/http/http.js';
import { chained, monotonicNow, now } from '../harness/chained.js';
import type { Chained } from '../harness/chained.js';
import { jsonClient } from '../harness/client.js';
import { post } from '../harness/http-client.js';
import { keptLog } from '../harness/log.js';
import { until } from '../harness/until.js';

const HOUR = 3_600_000;
const DEADLINE = 5000;
const DOMAIN = { domain_id: 'domain-a' };

/** Work that was begun, and has not ended yet. */
interface Begun {
  readonly call: Call;
  end(): void;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0).toReversed()) await close();
});

function jump(by: number): void {
  const before = Date.now.bind(Date);
  jest.spyOn(Date, 'now').mockImplementation(() => before() + by);
}

const served = () => ({
  ...{ state: createServingState(), host: '127.0.0.1', port: 0, version: 'test' },
  ...{ maxConnections: 100, log: keptLog() },
});

/** A door of each kind: opens it, and begins a list with a deadline. Answers how it ends. */
const DOORS = {
  async gRPC({ calls }: Chained) {
    const door = await openGrpcListener({ ...served(), calls: calls, now, monotonicNow });
    const client = jsonClient(door.address);
    closing.push(() => door.close(0), client.close);
    return async (timeout: number) => {
      const outcome = await client.call('list', DOMAIN, { deadline: Date.now() + timeout });
      return 'error' in outcome ? outcome.error.status : 'OK';
    };
  },
  async HTTP({ calls }: Chained) {
    const shown = { corsOrigins: [], explorer: undefined, yielding: createYielding(monotonicNow) };
    const door = await openHttpListener({ ...served(), ...shown, calls: calls, monotonicNow });
    closing.push(() => door.close(0));
    return async (timeout: number) => {
      const headers = { 'grpc-timeout': `${timeout}m` };
      const { status } = await post(door.address, '/inventory/v1/job/list', JSON.stringify(DOMAIN), headers);
      return status === 200 ? 'OK' : status === 504 ? 'DEADLINE_EXCEEDED' : String(status);
    };
  },
};

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('a jump of an hour %s', (_, by) => {
  test.each(['gRPC', 'HTTP'] as const)('leaves a call over %s the time that it had', async (kind) => {
    const begun: Begun[] = [];
    const service = chained((_request, call) => {
      return new Promise((resolve) => {
        begun.push({
          call,
          end: () => {
            resolve(new Uint8Array());
          },
        });
      });
    });
    const ask = await DOORS[kind](service);
    const outcome = ask(DEADLINE);
    await until('the call is begun', () => begun.length === 1, 2000);
    jump(by);
    const left = begun[0]?.call.remaining() ?? 0;
    begun[0]?.end();
    expect(await outcome).toBe('OK');
    expect(left).toBeGreaterThan(DEADLINE - 2500);
    expect(left).toBeLessThanOrEqual(DEADLINE);
    expect(service.lines).toEqual([expect.objectContaining({ status: 'OK' })]);
    const [line = {}] = service.lines;
    const ms = 'ms' in line ? Number(line.ms) : NaN;
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThan(2500);
  });

  test.each(['gRPC', 'HTTP'] as const)('does not keep a call over %s beyond its deadline', async (kind) => {
    let begun = 0;
    const service = chained(() => {
      begun += 1;
      return new Promise(() => undefined);
    });
    const ask = await DOORS[kind](service);
    const started = monotonicNow();
    const outcome = ask(500);
    await until('the call is begun', () => begun === 1, 2000);
    jump(by);
    expect(await outcome).toBe('DEADLINE_EXCEEDED');
    expect(monotonicNow() - started).toBeGreaterThan(400);
    expect(monotonicNow() - started).toBeLessThan(2500);
  });

  test('gives the next call its own time, and its dates the new one', async () => {
    const seen: Date[] = [];
    const service = chained((_request, call) => {
      seen.push(call.now);
      return Promise.resolve(new Uint8Array());
    });
    const ask = await DOORS.gRPC(service);
    const before = Date.now();
    jump(by);
    expect(await ask(DEADLINE)).toBe('OK');
    expect(Math.abs(Number(seen[0]) - before - by)).toBeLessThan(60_000);
  });
});
