// Waits for something that another process does, for a bounded time.
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until `predicate` holds. Errors: it does not within `timeoutMs`, or says nothing for as long. */
export async function until(
  what: string,
  predicate: () => boolean | Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  const late = pause(timeoutMs * 2, undefined, { ref: false });
  for (;;) {
    const held = await Promise.race([predicate(), late]);
    if (held === true) return;
    if (held === undefined || performance.now() > end) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await pause(50);
  }
}
