/** Limits the memory of all requests and responses together; it is reserved before it is used (docs/configure.md «Memory»). */
import { crowded } from '../errors.js';
import type { LimitKind } from '../errors.js';

/** The memory of one call, or of one response under construction. Disposing releases it for good. */
export interface Reservation extends Disposable {
  /** Reserves further bytes. Errors: LIMIT_EXCEEDED if too few are left; the reservation is disposed. */
  grow(bytes: number): void;
}

export interface MemoryBudget {
  reserve(): Reservation;
}

/** A budget that reports its reserved bytes. */
export interface MeasuredMemoryBudget extends MemoryBudget {
  readonly used: () => number;
  readonly maxBytes: number;
}

const USUAL_BYTES = 512 * 1024 ** 2;
/** Responses of the largest size that fit into a budget at once. */
const CONCURRENT_LARGEST = 8;
/** The share of a process for the budget: a socket holds a copy of each response, and the heap needs as much again. */
const SHARE = 1 / 4;

/** The budget for responses of up to `maxResponseBytes` in a process of `processBytes`. */
export const budgetFor = (maxResponseBytes: number, processBytes: number): number =>
  Math.min(Math.max(USUAL_BYTES, CONCURRENT_LARGEST * maxResponseBytes), Math.floor(SHARE * processBytes));

/** Creates a budget; its errors are those of `limit`. */
export function createMemoryBudget(maxBytes: number, limit: LimitKind = 'memory'): MeasuredMemoryBudget {
  let left = maxBytes;
  return {
    used: () => maxBytes - left,
    maxBytes,
    reserve() {
      let reserved = 0;
      let isDisposed = false;
      return {
        grow(bytes) {
          if (isDisposed) throw new Error('a disposed reservation cannot grow');
          if (bytes > left) throw crowded(limit, maxBytes);
          left -= bytes;
          reserved += bytes;
        },
        [Symbol.dispose]() {
          isDisposed = true;
          left += reserved;
          reserved = 0;
        },
      };
    },
  };
}
