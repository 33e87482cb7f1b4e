/**
 * How late the event loop is, and whether that is too late for new calls (docs/operations.md «Overload»): each step of a
 * call waits for a round of it, so that whatever is taken beside what cannot be done would be late as well.
 */

/** Milliseconds between two samples. */
const SAMPLE_MS = 100;
/** Milliseconds of a sample that is late, and of late samples in a row from which on the loop is strained. */
const LATE_MS = 400;
const LATE_IN_ALL_MS = 1500;
/** One is a hold of the loop, or of the whole machine, and no strain. */
const LATE_SAMPLES = 2;
/** Milliseconds that a strained loop may be late before it takes no new calls. */
export const TAKEN_UP_TO_MS = 200;
/** Samples in a row below that, after which it is not strained any more. */
const CALM_SAMPLES = 50;

export interface Load {
  /** Milliseconds that what is seen now may have waited for its turn. */
  lateness(): number;
  overloaded(): boolean;
}

/** Judges by samples of how late the loop is: answers whether it is strained now. */
export function judging(): (late: number) => boolean {
  let lateInARow = 0;
  let lateInAll = 0;
  let calmInARow = 0;
  let strained = false;
  return (late) => {
    [lateInARow, lateInAll] = late >= LATE_MS ? [lateInARow + 1, lateInAll + late] : [0, 0];
    calmInARow = late < TAKEN_UP_TO_MS ? calmInARow + 1 : 0;
    strained = strained
      ? calmInARow < CALM_SAMPLES
      : lateInARow >= LATE_SAMPLES && lateInAll >= LATE_IN_ALL_MS;
    return strained;
  };
}

/** A subset of pino's. */
export interface LoadLog {
  warn(message: string): void;
}

export interface LoadWatch extends Load {
  stop(): Promise<void>;
}

/** Watches the event loop of this process; `clock` is milliseconds that only grow. */
export function watchLoad(clock: () => number, log: LoadLog): LoadWatch {
  const judge = judging();
  let due = clock() + SAMPLE_MS;
  let late = 0;
  let strained = false;
  const timer = setInterval(() => {
    late = Math.max(0, clock() - due);
    due = clock() + SAMPLE_MS;
    const before = strained;
    strained = judge(late);
    if (strained !== before)
      log.warn(strained ? 'overloaded: new calls may be refused' : 'not overloaded any more');
  }, SAMPLE_MS).unref();
  const lateness = (): number => Math.max(late, clock() - due);
  return {
    lateness,
    overloaded: () => strained && lateness() >= TAKEN_UP_TO_MS,
    stop() {
      clearInterval(timer);
      return Promise.resolve();
    },
  };
}
