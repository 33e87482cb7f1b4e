// Waits, with a bound, for something outside this process.
import { setTimeout as pause } from 'node:timers/promises';

const POLL_INTERVAL_MS = 50;

/** Polls until `predicate` holds. Errors: it does not hold within `timeoutMs`, or does not answer for twice as long. */
export async function until(
  what: string,
  predicate: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pollMs = POLL_INTERVAL_MS,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  const late = pause(timeoutMs * 2, undefined, { ref: false });
  for (;;) {
    const holds = await Promise.race([predicate(), late]);
    if (holds === true) return;
    if (holds === undefined || performance.now() > end)
      throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(pollMs);
  }
}
