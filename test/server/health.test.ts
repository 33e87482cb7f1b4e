// grpc.health.v1.Health as used by probes: Check reports the serving state, Watch the state and each change.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import type { Listener } from '../../src/server/listener.js';
import { createServingState } from '../../src/server/serving-state.js';
import type { ServingState } from '../../src/server/serving-state.js';
import { listenerOptions } from '../harness/chained.js';
import { createHealthClient } from '../harness/health-client.js';
import type { HealthClient, Watching } from '../harness/health-client.js';
import { until } from '../harness/until.js';

const KNOWN = [
  '',
  'grpc.health.v1.Health',
  'spaceone.api.core.v1.ServerInfo',
  'spaceone.api.inventory.v1.Job',
];
const UNKNOWN = ['spaceone.api.inventory.v1.Server', 'spaceone.api.inventory.v1.job', 'Job', ' '];

let state: ServingState;
let listener: Listener;
let client: HealthClient;

beforeEach(async () => {
  state = createServingState();
  const calls = {
    unary: () => Promise.resolve(new Uint8Array()),
    stream: () => {
      throw new Error('gRPC streams nothing');
    },
  };
  listener = await openGrpcListener({ ...listenerOptions(), calls, state });
  client = createHealthClient(listener.address);
});
afterEach(async () => {
  client.close();
  await listener.close(0);
});

const expectSeen = ({ seen }: Watching, ...expected: readonly string[]): Promise<void> =>
  until(`${expected.join()} is seen`, () => seen.join() === expected.join(), 2000);

describe('Check', () => {
  test.each(KNOWN)("of '%s' follows the serving state", async (service) => {
    expect(await client.check(service)).toBe('NOT_SERVING');
    state.set(true);
    expect(await client.check(service)).toBe('SERVING');
    state.set(false);
    expect(await client.check(service)).toBe('NOT_SERVING');
  });

  test.each(UNKNOWN)("of '%s' is NOT_FOUND", async (service) => {
    state.set(true);
    expect(await client.check(service)).toBe('NOT_FOUND');
  });
});

describe('Watch', () => {
  test.each(KNOWN)("of '%s' reports the current state and then each change", async (service) => {
    const watching = client.watch(service);
    await expectSeen(watching, 'NOT_SERVING');
    state.set(true);
    await expectSeen(watching, 'NOT_SERVING', 'SERVING');
    state.set(true);
    state.set(false);
    await expectSeen(watching, 'NOT_SERVING', 'SERVING', 'NOT_SERVING');
    watching.cancel();
    await expectSeen(watching, 'NOT_SERVING', 'SERVING', 'NOT_SERVING', 'CANCELLED');
  });

  test('notifies every watcher', async () => {
    const watchings = KNOWN.map((service) => client.watch(service));
    await Promise.all(watchings.map((each) => expectSeen(each, 'NOT_SERVING')));
    state.set(true);
    await Promise.all(watchings.map((each) => expectSeen(each, 'NOT_SERVING', 'SERVING')));
    for (const each of watchings) each.cancel();
  });

  test('continues for others when a watcher cancels', async () => {
    const [first, second] = [client.watch(), client.watch()];
    await Promise.all([expectSeen(first, 'NOT_SERVING'), expectSeen(second, 'NOT_SERVING')]);
    first.cancel();
    await expectSeen(first, 'NOT_SERVING', 'CANCELLED');
    state.set(true);
    await expectSeen(second, 'NOT_SERVING', 'SERVING');
    expect(await client.check('')).toBe('SERVING');
    second.cancel();
  });

  test.each(UNKNOWN)("of '%s' is SERVICE_UNKNOWN, and the stream stays open", async (service) => {
    const watching = client.watch(service);
    await expectSeen(watching, 'SERVICE_UNKNOWN');
    state.set(true);
    expect(await client.check('')).toBe('SERVING');
    expect(watching.seen).toEqual(['SERVICE_UNKNOWN']);
    watching.cancel();
  });
});
