/**
 * How late the event loop is, and whether that is too late for new calls (docs/operations.md «Overload»): each step of a
 * call waits for a round of it, so that whatever is taken beside what cannot be done would be late as well.
 */

/** Milliseconds between two samples. */
const SAMPLE_MS = 100;
/** Milliseconds of a sample that is late, and of one that is in time again. */
export const LATE_MS = 300;
const IN_TIME_MS = 100;
/** Milliseconds of late samples in a row from which on calls are refused. */
const LATE_IN_ALL_MS = 1000;
/** One is a hold of the loop, or of the whole machine, and no overload. */
const LATE_SAMPLES = 2;

export interface Load {
  /** Milliseconds that what is seen now may have waited for its turn. */
  lateness(): number;
  overloaded(): boolean;
}

/** Judges by samples of how late the loop is: answers whether it is overloaded now. */
export function judging(): (late: number) => boolean {
  let inARow = 0;
  let inAll = 0;
  let overloaded = false;
  return (late) => {
    [inARow, inAll] = late >= LATE_MS ? [inARow + 1, inAll + late] : [0, 0];
    overloaded = overloaded ? late > IN_TIME_MS : inARow >= LATE_SAMPLES && inAll >= LATE_IN_ALL_MS;
    return overloaded;
  };
}

export interface LoadOptions {
  /** Milliseconds that only grow. */
  readonly clock: () => number;
  /** Is told when an overload begins, and when it is over. */
  readonly changed: (overloaded: boolean) => void;
}

export interface LoadWatch extends Load {
  stop(): void;
}

/** Watches the event loop of this process. */
export function watchLoad({ clock, changed }: LoadOptions): LoadWatch {
  const judge = judging();
  let due = clock() + SAMPLE_MS;
  let late = 0;
  let overloaded = false;
  const timer = setInterval(() => {
    late = Math.max(0, clock() - due);
    due = clock() + SAMPLE_MS;
    const before = overloaded;
    overloaded = judge(late);
    if (overloaded !== before) changed(overloaded);
  }, SAMPLE_MS).unref();
  return {
    lateness: () => Math.max(late, clock() - due),
    overloaded: () => overloaded,
    stop() {
      clearInterval(timer);
    },
  };
}
