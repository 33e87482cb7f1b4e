/** Accounts a large response in the memory budget until its client has taken it (docs/configure.md «Memory»). */
import type { MemoryBudget } from '../../limits/memory-budget.js';
import type { Interceptor } from '../call-context.js';

/** Smaller responses are not worth accounting. */
const MIN_ACCOUNTED_BYTES = 65_536;

/** Errors: LIMIT_EXCEEDED. */
function account({ length }: Uint8Array, responseDone: AbortSignal, memory: MemoryBudget): void {
  if (length < MIN_ACCOUNTED_BYTES || responseDone.aborted) return;
  const reservation = memory.reserve();
  reservation.grow(length);
  responseDone.addEventListener('abort', () => {
    reservation[Symbol.dispose]();
  });
}

export const responseMemory =
  ({ memory }: { readonly memory: MemoryBudget }): Interceptor =>
  (next) =>
  async (call) => {
    const answer = await next(call);
    if (answer instanceof Uint8Array) account(answer, call.incoming.responseDone, memory);
    return answer;
  };
