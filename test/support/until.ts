// Waits for something that another process does, for a bounded time.
import { setTimeout as pause } from 'node:timers/promises';

export async function until(
  what: string,
  predicate: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  while (!(await predicate())) {
    if (signal.aborted) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(50);
  }
}
