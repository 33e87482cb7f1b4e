/**
 * Measures the lateness of the event loop and sheds new calls while it is overloaded (docs/configure.md «Overload»). Each
 * step of a call waits for a round of the loop, so calls beyond its capacity would all be late.
 */
import type { MonotonicClock } from '../clock.js';

const SAMPLE_INTERVAL_MS = 100;
/** Tolerated lateness of a sample: lateness beyond it accumulates, and lateness below it is taken off again. */
const TOLERATED_LATENESS_MS = 100;
/** The most that one sample adds: a single hold of the loop, or of the whole machine, is no overload. */
const MAX_ADDED_LATENESS_MS = 250;
/** The accumulated lateness of an overload. */
const OVERLOAD_LATENESS_MS = 600;
/** The lateness in milliseconds at which an overloaded loop admits no calls. */
export const MAX_LATENESS_MS = 200;
/** Consecutive samples below that lateness until an overload is over. */
const CALM_SAMPLES = 50;

/**
 * The calls that an overloaded loop admits between two samples: half as many after a late sample, an eighth more after one
 * in time. A call costs its time only after it was admitted, so lateness alone would admit all waiting calls whenever a
 * round was short.
 */
const fewer = (calls: number): number => Math.max(1, Math.floor(calls / 2));
const more = (calls: number): number => calls + Math.max(1, Math.floor(calls / 8));
/** The weight of the last sample in the usual number of calls. */
const RECENT_WEIGHT = 0.1;

export interface Load {
  /** The milliseconds that work seen now may have waited for the event loop. */
  lateness(): number;
  /** Admits or sheds a new call; an admitted one counts. */
  admits(): boolean;
}

/** The measurements between two ticks of the timer. */
export interface Sample {
  /** The lateness of the timer in milliseconds. */
  readonly late: number;
  /** Admitted calls. */
  readonly taken: number;
}

/** Creates a judge of samples; it returns the calls to admit until the next sample, or Infinity without overload. */
export function createLoadJudge(): (sample: Sample) => number {
  let accumulatedMs = 0;
  let calmInARow = 0;
  let usualCalls = 0;
  let allowed = Infinity;

  function nextAllowed(late: number): number {
    if (allowed === Infinity)
      return accumulatedMs < OVERLOAD_LATENESS_MS ? Infinity : fewer(Math.round(usualCalls));
    if (calmInARow >= CALM_SAMPLES) {
      accumulatedMs = 0;
      return Infinity;
    }
    return late < MAX_LATENESS_MS ? more(allowed) : fewer(allowed);
  }

  return ({ late, taken }) => {
    const added = Math.min(late - TOLERATED_LATENESS_MS, MAX_ADDED_LATENESS_MS);
    accumulatedMs = Math.max(0, accumulatedMs + added);
    calmInARow = late < MAX_LATENESS_MS ? calmInARow + 1 : 0;
    usualCalls += (taken - usualCalls) * RECENT_WEIGHT;
    allowed = nextAllowed(late);
    return allowed;
  };
}

export interface LoadLog {
  warn(message: string): void;
}

export interface LoadWatch extends Load {
  stop(): Promise<void>;
}

/** Watches the event loop of this process. */
export function watchLoad(monotonicNow: MonotonicClock, log: LoadLog): LoadWatch {
  const judge = createLoadJudge();
  let expected = monotonicNow() + SAMPLE_INTERVAL_MS;
  let late = 0;
  let allowed = Infinity;
  let taken = 0;
  const timer = setInterval(() => {
    late = Math.max(0, monotonicNow() - expected);
    expected = monotonicNow() + SAMPLE_INTERVAL_MS;
    const before = allowed;
    allowed = judge({ late, taken });
    taken = 0;
    if (before === Infinity && allowed !== before) log.warn('overloaded: new calls may be refused');
    if (allowed === Infinity && allowed !== before) log.warn('no longer overloaded');
  }, SAMPLE_INTERVAL_MS).unref();
  const lateness = (): number => Math.max(late, monotonicNow() - expected);
  return {
    lateness,
    admits() {
      const isLate = lateness() >= MAX_LATENESS_MS;
      if (allowed !== Infinity && (isLate || taken >= allowed)) return false;
      taken += 1;
      return true;
    },
    stop() {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}
