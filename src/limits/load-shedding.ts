/**
 * How late the event loop is, and whether that is too late for new calls (docs/operations.md «Overload»): each step of a
 * call waits for a round of it, so that whatever is taken beside what cannot be done would be late as well.
 */

/** Milliseconds between two samples. */
const SAMPLE_MS = 100;
/** Milliseconds of a sample that is in time: what is beyond them adds up, and what is below is taken off again. */
const IN_TIME_MS = 100;
/** Milliseconds that one sample adds at most: one may be a hold of the loop, or of the whole machine. */
const ADDED_MS = 250;
/** Milliseconds in all from which on the loop is strained. */
const STRAINED_MS = 600;
/** Milliseconds that a strained loop may be late before it takes no new calls. */
export const TAKEN_UP_TO_MS = 200;
/** Samples in a row below that, after which it is not strained any more. */
const CALM_SAMPLES = 50;

/**
 * Calls that a strained loop takes between two samples. A call costs its time only after it was taken, so lateness alone
 * would let in all that wait whenever a round was short: half of them after a sample that is late, an eighth more after
 * one in time.
 */
const half = (calls: number): number => Math.max(1, Math.floor(calls / 2));
const more = (calls: number): number => calls + Math.max(1, Math.floor(calls / 8));
/** The part that the last sample has in how many calls are usual. */
const RECENT = 0.1;

export interface Load {
  /** Milliseconds that what is seen now may have waited for its turn. */
  lateness(): number;
  /** Whether a new call is taken; one that is counts. */
  admits(): boolean;
}

/** What was seen between two samples. */
export interface Sample {
  /** Milliseconds that the timer was late. */
  readonly late: number;
  /** Calls that were taken. */
  readonly taken: number;
}

/** Judges by samples how many calls the loop takes until the next; Infinity: it is not strained. */
export function createLoadJudge(): (sample: Sample) => number {
  let lateInAll = 0;
  let calmInARow = 0;
  let usual = 0;
  let allowed = Infinity;

  function next(late: number): number {
    if (allowed === Infinity) return lateInAll < STRAINED_MS ? Infinity : half(Math.round(usual));
    if (calmInARow >= CALM_SAMPLES) return Infinity;
    return late < TAKEN_UP_TO_MS ? more(allowed) : half(allowed);
  }

  return ({ late, taken }) => {
    lateInAll = Math.max(0, lateInAll + Math.min(late - IN_TIME_MS, ADDED_MS));
    calmInARow = late < TAKEN_UP_TO_MS ? calmInARow + 1 : 0;
    usual += (taken - usual) * RECENT;
    allowed = next(late);
    return allowed;
  };
}

/** A subset of pino's. */
export interface LoadLog {
  warn(message: string): void;
}

export interface LoadWatch extends Load {
  stop(): Promise<void>;
}

/** Watches the event loop of this process; `monotonicNow` is milliseconds that only grow. */
export function watchLoad(monotonicNow: () => number, log: LoadLog): LoadWatch {
  const judge = createLoadJudge();
  let due = monotonicNow() + SAMPLE_MS;
  let late = 0;
  let allowed = Infinity;
  let taken = 0;
  const timer = setInterval(() => {
    late = Math.max(0, monotonicNow() - due);
    due = monotonicNow() + SAMPLE_MS;
    const before = allowed;
    allowed = judge({ late, taken });
    taken = 0;
    if (before === Infinity && allowed !== before) log.warn('overloaded: new calls may be refused');
    if (allowed === Infinity && allowed !== before) log.warn('not overloaded any more');
  }, SAMPLE_MS).unref();
  const lateness = (): number => Math.max(late, monotonicNow() - due);
  return {
    lateness,
    admits() {
      const isLate = lateness() >= TAKEN_UP_TO_MS;
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
