/** Logs outages of a dependency: one line at the beginning, one at the end. */
import type { MonotonicClock } from '../clock.js';

export interface OutageLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

export interface Outage {
  /** Reports an attempt without an answer. */
  failed(error: unknown): void;
  answered(): void;
}

export interface OutageTexts {
  readonly down: string;
  readonly up: string;
}

/** Minimum interval between two outage lines, so that an unsteady dependency cannot fill the log. */
const QUIET_MS = 10_000;

export function createOutage(
  { down, up }: OutageTexts,
  log: OutageLog,
  monotonicNow: MonotonicClock,
): Outage {
  let isGone = false;
  let quietUntil = -Infinity;
  return {
    failed(error) {
      if (isGone || monotonicNow() < quietUntil) return;
      isGone = true;
      quietUntil = monotonicNow() + QUIET_MS;
      log.warn({ err: error }, down);
    },
    answered() {
      if (!isGone) return;
      isGone = false;
      log.info({}, up);
    },
  };
}
