// Tests of figures of time, the only ones that are tried again.
import { afterAll, beforeAll, describe, jest } from '@jest/globals';

/** Tries beside the first. */
const TRIES_MORE = 2;

/** Tests whose figure is one of a machine that does nothing else, tried again where it is not met: another worker may have half of the machine. */
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
