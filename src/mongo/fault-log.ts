/** Logs errors of the database that operations fail with: a lasting one would write a line a call. */
import type { MonotonicClock } from '../clock.js';
import { errorSummary } from './rights.js';

/** The time in which further errors of the same class and code are not logged. */
const QUIET_MS = 60_000;

/** Creates a function that hands an error to `log`, unless an equal one was handed to it within a minute. */
export function createFaultLog(
  log: (error: unknown) => void,
  monotonicNow: MonotonicClock,
): (error: unknown) => void {
  const quietUntil = new Map<string, number>();
  return (error) => {
    const summary = errorSummary(error);
    if (monotonicNow() < (quietUntil.get(summary) ?? -Infinity)) return;
    quietUntil.set(summary, monotonicNow() + QUIET_MS);
    log(error);
  };
}
