/** What a service says of itself while a trial goes on: by grpc.health.v1.Health/Watch, /readyz and /livez (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import { credentials } from '@grpc/grpc-js';
import {
  HealthCheckResponse_ServingStatus as Serving,
  HealthClient,
} from '../../src/gen/grpc/health/v1/health.js';
import type { HealthCheckResponse } from '../../src/gen/grpc/health/v1/health.js';
import type { Addresses } from '../harness/program.js';
import { until } from '../harness/until.js';

export interface Health extends AsyncDisposable {
  /** Waits until both Watch and /readyz note `serving`; answers when the later of them said so. Errors: not within `timeout`. */
  says(serving: boolean, timeoutMs: number): Promise<number>;
  /** Answers of /livez that were not 200. */
  dead(): number;
}

interface Said {
  readonly serving: boolean;
  readonly at: number;
}

/** Milliseconds between two looks at the pages. */
const PAUSE = 20;

async function page(address: string, path: string): Promise<number> {
  const response = await fetch(`http://${address}${path}`);
  await response.arrayBuffer();
  return response.status;
}

/** Waits until the doors are open, and then listens. */
export async function followHealth({ grpc, admin }: Addresses): Promise<Health> {
  const doorsAreOpen = () => page(admin, '/livez').then(Boolean, () => false);
  await until('the admin door is open', doorsAreOpen, 10_000);
  const client = new HealthClient(grpc, credentials.createInsecure());
  const watching = client.watch({ service: 'spaceone.api.inventory.v1.Job' });
  let watch: Said | undefined;
  let ready: Said | undefined;
  let dead = 0;
  const over = new AbortController();
  watching.on('data', ({ status }: HealthCheckResponse) => {
    watch = { serving: status === Serving.SERVING, at: performance.now() };
  });
  // It ends with an error when it is cancelled, or the service ends.
  watching.on('error', () => undefined);
  const looking = (async () => {
    while (!over.signal.aborted) {
      const serving = (await page(admin, '/readyz')) === 200;
      if (serving !== ready?.serving) ready = { serving, at: performance.now() };
      if ((await page(admin, '/livez')) !== 200) dead += 1;
      await pause(PAUSE);
    }
  })();
  return {
    async says(serving, timeout) {
      const both = (): boolean => watch?.serving === serving && ready?.serving === serving;
      await until(`the service says ${serving ? 'SERVING' : 'NOT_SERVING'}`, both, timeout);
      return Math.max(watch?.at ?? NaN, ready?.at ?? NaN);
    },
    dead: () => dead,
    async [Symbol.asyncDispose]() {
      over.abort();
      await looking;
      watching.cancel();
      client.close();
    },
  };
}
