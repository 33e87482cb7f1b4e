// Tests with assertions on times, the only ones with retries.
import { afterAll, beforeAll, describe, jest } from '@jest/globals';

/** Attempts after the first. */
const TRIES_MORE = 2;

/** Defines tests with times measured on an idle machine, retried on failure: another worker may use half of the machine. */
export function timed(what: string, tests: () => void): void {
  describe(what, () => {
    beforeAll(() => {
      jest.retryTimes(TRIES_MORE);
    });
    tests();
    afterAll(() => {
      jest.retryTimes(0);
    });
  });
}
