/**
 * Long work yields to the event loop by time (docs/operations.md «Fairness»): it goes on for a slice, then everything
 * else has its turn. Of all the long work of this process one slice comes in a round of the event loop.
 */

/** Milliseconds of a slice. */
const SLICE_MS = 1;

/** The time of one piece of work. */
export interface Slice {
  /** Whether it is used up. */
  over(): boolean;
  /** Resolves when it is this work's turn again, with a slice before it. */
  next(): Promise<void>;
}

/** Begins with a slice at once: work that turns out to be short waits for nobody. */
export type Yielding = () => Slice;

/** `monotonicNow` is milliseconds that only grow. */
export function createYielding(monotonicNow: () => number): Yielding {
  let last = Promise.resolve();
  return () => {
    let end = monotonicNow() + SLICE_MS;
    return {
      over: () => monotonicNow() >= end,
      async next() {
        last = last.then(() => new Promise(setImmediate));
        await last;
        end = monotonicNow() + SLICE_MS;
      },
    };
  };
}

/** What `work` makes at once; where that took longer than a slice, everything else has its turn after it. */
export async function runThenYield<T>(yielding: Yielding, work: () => T): Promise<T> {
  const slice = yielding();
  const made = work();
  if (slice.over()) await slice.next();
  return made;
}

/** `chunks`, each made within a slice; empty ones are steps on the way to the next. */
export async function* yieldBetween(
  chunks: Iterable<Uint8Array>,
  yielding: Yielding,
): AsyncGenerator<Uint8Array, void> {
  const slice = yielding();
  for (const chunk of chunks) {
    if (slice.over()) await slice.next();
    if (chunk.length > 0) yield chunk;
  }
}
