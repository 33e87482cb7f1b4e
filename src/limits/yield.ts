/**
 * Yields long work to the event loop by time (docs/configure.md «Fairness»): work runs for a time slice, then everything
 * else runs. Of all long work in this process, one slice runs in a round of the event loop.
 */
import type { MonotonicClock } from '../clock.js';

const SLICE_MS = 1;

/** The time slices of one piece of work. */
export interface Slice {
  /** Returns true once the slice is used up. */
  isOver(): boolean;
  /** Waits for the next slice. */
  next(): Promise<void>;
}

/** Starts a piece of work with a slice at once, so that short work never waits. */
export type TimeSlicer = () => Slice;

/** Creates the slices of all work on one event loop. */
export function createTimeSlicer(monotonicNow: MonotonicClock): TimeSlicer {
  let last = Promise.resolve();
  return () => {
    let end = monotonicNow() + SLICE_MS;
    return {
      isOver: () => monotonicNow() >= end,
      async next() {
        last = last.then(() => new Promise(setImmediate));
        await last;
        end = monotonicNow() + SLICE_MS;
      },
    };
  };
}

/** Runs synchronous `work`; if it took longer than a slice, yields before the result is returned. */
export async function runThenYield<T>(timeSlicer: TimeSlicer, work: () => T): Promise<T> {
  const slice = timeSlicer();
  const result = work();
  if (slice.isOver()) await slice.next();
  return result;
}

/** Passes on `chunks`, each made within a slice; an empty chunk is a step of work and is left out. */
export async function* yieldBetween(
  chunks: Iterable<Uint8Array>,
  timeSlicer: TimeSlicer,
): AsyncGenerator<Uint8Array, void> {
  const slice = timeSlicer();
  for (const chunk of chunks) {
    if (slice.isOver()) await slice.next();
    if (chunk.length > 0) yield chunk;
  }
}
