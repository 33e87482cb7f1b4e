/** What a trial is: something hostile or broken done to the service, and the figures that show how it bore it (docs/operations.md «Trials»). */

/** One figure of a trial. */
export interface Figure {
  readonly what: string;
  /** As it was seen, with its unit. */
  readonly seen: string;
  readonly due: string;
  readonly holds: boolean;
}

/** On what terms a trial runs. */
export interface Terms {
  /** All that is random is drawn from it: the same seed is the same trial. */
  readonly seed: number;
  /** Smaller, for each change; the full size is for the figures. */
  readonly short: boolean;
  /** Milliseconds that a trial without an end of its own lasts; undefined: its usual time. */
  readonly lasting: number | undefined;
  say(line: string): void;
}

export type Trial = (terms: Terms) => Promise<readonly Figure[]>;

/** A count that has to be `due`. */
export const exactly = (what: string, seen: number, due: number): Figure => ({
  what,
  seen: String(seen),
  due: String(due),
  holds: seen === due,
});

/** A measure that may be `most` at most, in `unit`. */
export const atMost = (what: string, seen: number, most: number, unit: string): Figure => ({
  what,
  seen: `${seen.toFixed(Number.isInteger(seen) ? 0 : 2)} ${unit}`,
  due: `≤ ${most} ${unit}`,
  holds: seen <= most,
});

/** Milliseconds that the event loop may be held, and the same where the machine may be shared with others. */
const HELD = 100;
const HELD_SHARED = 400;

/** The longest hold of a service's event loop, of `held` milliseconds. */
export const longestHold = (held: number, { short }: Terms): Figure =>
  atMost('the longest hold of the event loop', held, short ? HELD_SHARED : HELD, 'ms');

/** A measure that has to be `least` at least, in `unit`. */
export const atLeast = (what: string, seen: number, least: number, unit: string): Figure => ({
  what,
  seen: `${seen.toFixed(Number.isInteger(seen) ? 0 : 2)} ${unit}`,
  due: `≥ ${least} ${unit}`,
  holds: seen >= least,
});

/** The level of log lines from which on they tell of a fault. */
const ERROR = 50;

/** That no line of a service's log tells of a fault. */
export const faultsOf = (log: readonly Readonly<Record<string, unknown>>[], name = ''): Figure =>
  exactly(
    `${name === '' ? '' : `${name}: `}lines of the log from level ${ERROR} on`,
    log.filter(({ level }) => Number(level) >= ERROR).length,
    0,
  );
