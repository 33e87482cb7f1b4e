/** Lines in the log of what comes and goes: one when it goes, and one when it is back. */

/** What is written to the log; a subset of pino's. */
export interface OutageLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

export interface Outage {
  /** It did not answer, for the reason `error`. */
  failed(error: unknown): void;
  answered(): void;
}

export interface OutageTexts {
  readonly down: string;
  readonly up: string;
}

/** Between two lines that it is gone: what answers every other time is not to fill the log. */
const QUIET_MS = 10_000;

export function createOutage({ down, up }: OutageTexts, log: OutageLog, monotonicNow: () => number): Outage {
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
