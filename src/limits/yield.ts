/**
 * Yields long work to the event loop by time (docs/operations.md «Fairness»): work runs for a time slice, then everything
 * else runs. Of all long work in this process, one slice runs in a round of the event loop.
 */

const SLICE_MS = 1;

/** The time slices of one piece of work. */
export interface Slice {
  /** Returns true once the slice is used up. */
  over(): boolean;
  /** Waits for the next slice. */
  next(): Promise<void>;
}

/** Starts a piece of work with a slice at once, so that short work never waits. */
export type Yielding = () => Slice;

/** Creates the slices of all work on one event loop; `monotonicNow` returns milliseconds. */
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

/** Runs synchronous `work`; if it took longer than a slice, yields before the result is returned. */
export async function runThenYield<T>(yielding: Yielding, work: () => T): Promise<T> {
  const slice = yielding();
  const result = work();
  if (slice.over()) await slice.next();
  return result;
}

/** Passes on `chunks`, each made within a slice; an empty chunk is a step of work and is left out. */
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
