/** The clocks of the service. */

/** Milliseconds of a clock that never goes back; only differences tell something. */
export type MonotonicClock = () => number;

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  readonly monotonicNow: MonotonicClock;
}
