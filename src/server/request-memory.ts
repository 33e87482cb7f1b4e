/** The memory of requests on their way, of all transports (docs/configure.md «Memory»). */
import { createMemoryBudget } from '../limits/memory-budget.js';
import type { MeasuredMemoryBudget, MemoryBudget } from '../limits/memory-budget.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { countLimit } from './limit-counts.js';

/** The bytes that a request may take without a reservation: every probe fits, whatever else is held. */
const FREE_BYTES = 65_536;

/** The part of the memory for requests: they come before their callers are known, and must leave room for answers. */
const SHARE = 1 / 2;

/** Creates the budget of requests, a part of `whole`. It counts what it refuses: that never becomes a call. */
export function createRequestMemory(whole: MeasuredMemoryBudget, meter: Pick<Meter, 'add'>): MemoryBudget {
  const part = createMemoryBudget(Math.floor(SHARE * whole.maxBytes), 'request_memory');
  return {
    reserve() {
      const reservations = [part.reserve(), whole.reserve()];
      let bytes = 0;
      return {
        grow(by) {
          const covered = Math.max(bytes, FREE_BYTES);
          bytes += by;
          if (bytes <= covered) return;
          try {
            for (const each of reservations) each.grow(bytes - covered);
          } catch (error) {
            countLimit(meter, error);
            throw error;
          }
        },
        [Symbol.dispose]() {
          for (const each of reservations) each[Symbol.dispose]();
        },
      };
    },
  };
}
