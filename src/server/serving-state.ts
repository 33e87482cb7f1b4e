/** Holds the serving state, with the reason for not serving (docs/monitor.md «Health»). */
import type { Reason } from '../reasons.js';

export interface ServingState {
  serving(): boolean;
  /** The reason for not serving; undefined while serving. */
  reason(): Reason | undefined;
  /** Sets the state; `reason` is the reason for not serving. */
  set(serving: boolean, reason?: Reason): void;
  /** Calls `listener` on each change of serving; answers the function to unsubscribe. */
  subscribe(listener: () => void): () => void;
}

/** Creates the state: not serving, for the reason `starting`. */
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
