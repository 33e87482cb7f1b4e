/** The lines about serving: addresses, database, and reasons for not serving (docs/operations.md «Start and stop»). */
import type { Diagnosis } from '../reasons.js';

/** Fields of the first line. */
export type About = Readonly<Record<string, unknown>>;

/** A subset of pino's. */
interface Log {
  info(about: object, message: string): void;
  info(message: string): void;
  warn(about: object, message: string): void;
  warn(message: string): void;
}

/** Milliseconds after which a reason that lasts is said again. */
export const REPEAT_MS = 30_000;

export interface ServingLogOptions {
  readonly log: Log;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
  /** The addresses of the service, and the database. */
  readonly about: About;
  readonly database: About;
  /** Write the lines that follow the first. */
  readonly notices: readonly (() => void)[];
}

export interface ServingLog {
  /** The service begins to serve. */
  serving(): void;
  /** The service does not serve. A reason that lasts is said when it begins, and again from time to time. */
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
  let said: { readonly text: string; readonly at: number } | undefined;

  function afterFirst(): void {
    if (begun) return;
    begun = true;
    for (const notice of notices) notice();
  }

  return {
    serving() {
      said = undefined;
      log.info({ ...about, database: { ...database, answers: true } }, 'serving');
      afterFirst();
    },
    notServing({ reason, text }) {
      if (said?.text === text && monotonicNow() - said.at < REPEAT_MS) return;
      said = { text, at: monotonicNow() };
      const first = begun ? {} : { ...about, database: { ...database, answers: false } };
      // A start that takes its time is none that fails.
      const level = reason === 'starting' && !begun ? 'info' : 'warn';
      log[level]({ ...first, reason }, `not serving: ${text}`);
      afterFirst();
    },
  };
}
