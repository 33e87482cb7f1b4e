/** The lines about serving: addresses, database, and reasons for not serving (docs/deploy.md «Start and stop»). */
import type { MonotonicClock } from '../clock.js';
import type { Diagnosis } from '../reasons.js';

/** Fields of the first line. */
export type About = Readonly<Record<string, unknown>>;

interface Log {
  info(about: object, message: string): void;
  info(message: string): void;
  warn(about: object, message: string): void;
  warn(message: string): void;
}

/** The interval for repeating a lasting reason. */
export const REPEAT_INTERVAL_MS = 30_000;

export interface ServingLogOptions {
  readonly log: Log;
  readonly monotonicNow: MonotonicClock;
  /** The addresses of the service, and the database. */
  readonly about: About;
  readonly database: About;
  /** Write the lines that follow the first. */
  readonly notices: readonly (() => void)[];
}

export interface ServingLog {
  /** Reports that the service serves. */
  serving(): void;
  /** Reports that the service does not serve; a lasting reason is repeated at intervals. */
  notServing(diagnosis: Diagnosis): void;
}

/** The first line names every address, the database, and whether it answers. */
export function createServingLog({
  log,
  monotonicNow,
  about,
  database,
  notices,
}: ServingLogOptions): ServingLog {
  let begun = false;
  let lastReported: { readonly text: string; readonly time: number } | undefined;

  function afterFirst(): void {
    if (begun) return;
    begun = true;
    for (const notice of notices) notice();
  }

  return {
    serving() {
      lastReported = undefined;
      log.info({ ...about, database: { ...database, answers: true } }, 'serving');
      afterFirst();
    },
    notServing({ reason, text }) {
      if (lastReported?.text === text && monotonicNow() - lastReported.time < REPEAT_INTERVAL_MS) return;
      lastReported = { text, time: monotonicNow() };
      const first = begun ? {} : { ...about, database: { ...database, answers: false } };
      // A slow start is not a failed one.
      const level = reason === 'starting' && !begun ? 'info' : 'warn';
      log[level]({ ...first, reason }, `not serving: ${text}`);
      afterFirst();
    },
  };
}
