// An expectation of a page, which is drawn some time after the action of its reader.
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';

const TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;

/** Reads a value until it equals `expected`, which may be a matcher. Errors: the last value read does not equal it. */
export async function eventually(read: () => unknown, expected: unknown): Promise<void> {
  const end = performance.now() + TIMEOUT_MS;
  for (;;) {
    const value = await read();
    try {
      expect(value).toEqual(expected);
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await pause(POLL_INTERVAL_MS);
  }
}
