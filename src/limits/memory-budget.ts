/** The memory that requests and answers may take together, before it is taken (docs/operations.md «Fairness»). */
import { crowded } from '../errors.js';

/** What one call, or one answer in the making, has of it; disposing gives all of it back, and nothing is taken after. */
export interface Reservation extends Disposable {
  /** Takes so many bytes more. Errors: LIMIT_EXCEEDED where there are not that many left; the lease was disposed. */
  grow(bytes: number): void;
}

export interface MemoryBudget {
  reserve(): Reservation;
}

/** A memory that tells how many bytes of it are taken now. */
export interface MeasuredMemoryBudget extends MemoryBudget {
  readonly used: () => number;
}

/** Bytes for all, and answers of the largest size that have to fit at once. */
const LEAST = 512 * 1024 ** 2;
const LARGEST_AT_ONCE = 8;

/** The memory where an answer may have `maxResponseBytes`. */
export const createMemoryBudgetFor = (maxResponseBytes: number): MeasuredMemoryBudget =>
  createMemoryBudget(Math.max(LEAST, LARGEST_AT_ONCE * maxResponseBytes));

/** A memory of `most` bytes. */
export function createMemoryBudget(most: number): MeasuredMemoryBudget {
  let left = most;
  return {
    used: () => most - left,
    reserve() {
      let taken = 0;
      let disposed = false;
      return {
        grow(bytes) {
          if (disposed) throw new Error('a lease that was given back cannot grow');
          if (bytes > left) throw crowded('bytes of all requests and answers at once', most);
          left -= bytes;
          taken += bytes;
        },
        [Symbol.dispose]() {
          disposed = true;
          left += taken;
          taken = 0;
        },
      };
    },
  };
}
