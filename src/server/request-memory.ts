/** The memory of requests on their way, of all transports (docs/configure.md «Memory»). */
import type { MemoryBudget, Reservation } from '../limits/memory-budget.js';

/** The bytes that a request may take without a reservation: every probe fits, whatever else is held. */
const FREE_BYTES = 65_536;

/** Reserves memory for one request, beyond what each may have. Disposing releases it for good. */
export function reserveRequest(memory: MemoryBudget): Reservation {
  const reservation = memory.reserve();
  let bytes = 0;
  return {
    grow(by) {
      const covered = Math.max(bytes, FREE_BYTES);
      bytes += by;
      if (bytes > covered) reservation.grow(bytes - covered);
    },
    [Symbol.dispose]() {
      reservation[Symbol.dispose]();
    },
  };
}
