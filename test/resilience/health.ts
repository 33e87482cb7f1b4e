// Follows the health of a service by grpc.health.v1.Health/Watch, /readyz and /livez (docs/monitor.md «Health»).
import { setTimeout as pause } from 'node:timers/promises';
import { createHealthClient } from '../harness/health-client.js';
import type { Addresses } from '../harness/program.js';
import { until } from '../harness/until.js';

export interface Health extends AsyncDisposable {
  /**
   * Waits until both Watch and /readyz report `serving`, and returns the time of the later report. Errors: not within
   * `timeoutMs`.
   */
  reports(serving: boolean, timeoutMs: number): Promise<number>;
  /** Counts the answers of /livez other than 200. */
  failedLivez(): number;
}

interface Report {
  readonly serving: boolean;
  readonly time: number;
}

const POLL_INTERVAL_MS = 20;

async function page(address: string, path: string): Promise<number> {
  const response = await fetch(`http://${address}${path}`);
  await response.arrayBuffer();
  return response.status;
}

/** Waits until the listeners are open, and follows from then on. */
export async function followHealth({ grpc, admin }: Addresses): Promise<Health> {
  const isOpen = () => page(admin, '/livez').then(Boolean, () => false);
  await until('the admin listener is open', isOpen, 10_000);
  const client = createHealthClient(grpc);
  let watch: Report | undefined;
  let ready: Report | undefined;
  let failedLivez = 0;
  const stop = new AbortController();
  const watching = client.watch('spaceone.api.inventory.v1.Job', (serving) => {
    watch = { serving: serving === 'SERVING', time: performance.now() };
  });
  const polling = (async () => {
    while (!stop.signal.aborted) {
      const serving = (await page(admin, '/readyz')) === 200;
      if (serving !== ready?.serving) ready = { serving, time: performance.now() };
      if ((await page(admin, '/livez')) !== 200) failedLivez += 1;
      await pause(POLL_INTERVAL_MS);
    }
  })();
  return {
    async reports(serving, timeoutMs) {
      const both = (): boolean => watch?.serving === serving && ready?.serving === serving;
      await until(`the service reports ${serving ? 'SERVING' : 'NOT_SERVING'}`, both, timeoutMs);
      return Math.max(watch?.time ?? NaN, ready?.time ?? NaN);
    },
    failedLivez: () => failedLivez,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await polling;
      watching.cancel();
      client.close();
    },
  };
}
