/** Whether the service serves, and the reason while it does not (docs/operations.md «Health»). */
import type { Reason } from '../reasons.js';

export interface ServingState {
  serving(): boolean;
  /** Why it does not serve; undefined while it does. */
  reason(): Reason | undefined;
  /** `reason` is why it does not serve, where it does not. */
  set(serving: boolean, reason?: Reason): void;
  /** Calls `listener` when it begins or ends to serve, until the function that it answers is called. */
  subscribe(listener: () => void): () => void;
}

/** The state at the start is: not serving. */
export function createServingState(): ServingState {
  const listeners = new Set<() => void>();
  let serving = false;
  let why: Reason = 'starting';
  return {
    serving: () => serving,
    reason: () => (serving ? undefined : why),
    set(next, reason = why) {
      why = reason;
      if (next === serving) return;
      serving = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
