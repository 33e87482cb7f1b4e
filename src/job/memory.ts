/** The memory that requests and answers may take together, before it is taken (docs/operations.md «Fairness»). */
import { crowded } from '../errors.js';

/** What one call, or one answer in the making, has of it; disposing gives all of it back. */
export interface Lease extends Disposable {
  /** Takes so many bytes more. Errors: LIMIT_EXCEEDED where there are not that many left. */
  grow(bytes: number): void;
}

export interface Memory {
  lease(): Lease;
}

/** Bytes for all, and answers of the largest size that have to fit at once. */
const LEAST = 512 * 1024 ** 2;
const LARGEST_AT_ONCE = 8;

/** The memory where an answer may have `maxResponseBytes`. */
export const memoryFor = (maxResponseBytes: number): Memory =>
  memory(Math.max(LEAST, LARGEST_AT_ONCE * maxResponseBytes));

/** A memory of `most` bytes. */
export function memory(most: number): Memory {
  let left = most;
  return {
    lease() {
      let taken = 0;
      return {
        grow(bytes) {
          if (bytes > left) throw crowded('bytes of all requests and answers at once', most);
          left -= bytes;
          taken += bytes;
        },
        [Symbol.dispose]() {
          left += taken;
          taken = 0;
        },
      };
    },
  };
}
