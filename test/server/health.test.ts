// grpc.health.v1.Health as probes use it: Check, and Watch that says the state now and each change.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { credentials, status } from '@grpc/grpc-js';
import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient,
} from '../../src/gen/grpc/health/v1/health.js';
import type { HealthCheckResponse } from '../../src/gen/grpc/health/v1/health.js';
import { openGrpcListener } from '../../src/server/grpc/grpc.js';
import type { Listener } from '../../src/server/listener.js';
import { createServingState } from '../../src/server/serving-state.js';
import type { ServingState } from '../../src/server/serving-state.js';
import { monotonicNow, now } from '../harness/chained.js';
import { keptLog } from '../harness/log.js';
import { until } from '../harness/until.js';

const KNOWN = [
  '',
  'grpc.health.v1.Health',
  'spaceone.api.core.v1.ServerInfo',
  'spaceone.api.inventory.v1.Job',
];
const UNKNOWN = ['spaceone.api.inventory.v1.Server', 'spaceone.api.inventory.v1.job', 'Job', ' '];

let state: ServingState;
let door: Listener;
let client: HealthClient;

beforeEach(async () => {
  state = createServingState();
  const calls = {
    unary: () => Promise.resolve(new Uint8Array()),
    stream: () => {
      throw new Error('gRPC streams nothing');
    },
  };
  door = await openGrpcListener({
    ...{ calls, state, now, monotonicNow, version: 'test', host: '127.0.0.1', port: 0 },
    ...{ maxConnections: 100, log: keptLog() },
  });
  client = new HealthClient(door.address, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await door.close(0);
});

/** The name of the status that Check answers, or of the gRPC status that it fails with. */
const check = (service: string): Promise<string> =>
  new Promise((resolve) => {
    client.check({ service }, (error: ServiceError | null, response) => {
      resolve(error === null ? Serving[response.status] : status[error.code]);
    });
  });

interface Watching {
  readonly seen: string[];
  readonly stream: ClientReadableStream<HealthCheckResponse>;
}

function watch(service: string): Watching {
  const stream = client.watch({ service });
  const seen: string[] = [];
  stream.on('data', (response: HealthCheckResponse) => {
    seen.push(Serving[response.status]);
  });
  stream.on('error', (error: ServiceError) => {
    seen.push(status[error.code]);
  });
  return { seen, stream };
}

const saw = ({ seen }: Watching, ...due: readonly string[]): Promise<void> =>
  until(`${due.join()} is seen`, () => seen.join() === due.join(), 2000);

describe('Check', () => {
  test.each(KNOWN)("of '%s' follows the state", async (service) => {
    expect(await check(service)).toBe('NOT_SERVING');
    state.set(true);
    expect(await check(service)).toBe('SERVING');
    state.set(false);
    expect(await check(service)).toBe('NOT_SERVING');
  });

  test.each(UNKNOWN)("of '%s' is NOT_FOUND", async (service) => {
    state.set(true);
    expect(await check(service)).toBe('NOT_FOUND');
  });
});

describe('Watch', () => {
  test.each(KNOWN)("of '%s' says the state now, and then each change", async (service) => {
    const watching = watch(service);
    await saw(watching, 'NOT_SERVING');
    state.set(true);
    await saw(watching, 'NOT_SERVING', 'SERVING');
    state.set(true);
    state.set(false);
    await saw(watching, 'NOT_SERVING', 'SERVING', 'NOT_SERVING');
    watching.stream.cancel();
    await saw(watching, 'NOT_SERVING', 'SERVING', 'NOT_SERVING', 'CANCELLED');
  });

  test('tells every watcher', async () => {
    const watchings = KNOWN.map(watch);
    await Promise.all(watchings.map((each) => saw(each, 'NOT_SERVING')));
    state.set(true);
    await Promise.all(watchings.map((each) => saw(each, 'NOT_SERVING', 'SERVING')));
    for (const { stream } of watchings) stream.cancel();
  });

  test('goes on for others when a watcher goes away', async () => {
    const [first, second] = [watch(''), watch('')];
    await Promise.all([saw(first, 'NOT_SERVING'), saw(second, 'NOT_SERVING')]);
    first.stream.cancel();
    await saw(first, 'NOT_SERVING', 'CANCELLED');
    state.set(true);
    await saw(second, 'NOT_SERVING', 'SERVING');
    expect(await check('')).toBe('SERVING');
    second.stream.cancel();
  });

  test.each(UNKNOWN)("of '%s' is SERVICE_UNKNOWN, and the stream stays open", async (service) => {
    const watching = watch(service);
    await saw(watching, 'SERVICE_UNKNOWN');
    state.set(true);
    expect(await check('')).toBe('SERVING');
    expect(watching.seen).toEqual(['SERVICE_UNKNOWN']);
    watching.stream.cancel();
  });
});
