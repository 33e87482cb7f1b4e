/** Closes the service on a signal or on a fault of the program, and ends the process (docs/deploy.md «Start and stop»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { MonotonicClock } from '../clock.js';
import { flushLog } from '../telemetry/log.js';
import type { Log } from '../telemetry/log.js';

/** On one Ctrl-C a terminal and npm both send a signal. Only a later second signal ends the program at once. */
const SAME_SIGNAL_MS = 1000;
/** Time for calls sent before the signal to arrive. */
const ARRIVAL_MS = 50;
export const EXIT_FAILED = 1;

/** A closed terminal sends SIGHUP. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface TerminationOptions {
  readonly log: Log;
  /** Closes the service. */
  readonly close: () => Promise<void>;
  readonly monotonicNow: MonotonicClock;
}

/** Exits once the lines of the log are written; a reader that stalls delays this for a moment only. */
export async function exit(log: Log, code = process.exitCode): Promise<never> {
  await flushLog(log);
  process.exit(code);
}

/** Closes the service on a signal; returns a test for a received signal. */
export function closeOnSignals({ log, close, monotonicNow }: TerminationOptions): () => boolean {
  let closingSince: number | undefined;
  async function stop(signal: NodeJS.Signals): Promise<void> {
    await pause(ARRIVAL_MS);
    log.info({ signal }, 'stopping');
    await close();
    log.info('stopped');
    await exit(log);
  }
  function receive(signal: NodeJS.Signals): void {
    if (closingSince === undefined) {
      closingSince = monotonicNow();
      void stop(signal);
    } else if (monotonicNow() - closingSince > SAME_SIGNAL_MS) void exit(log, EXIT_FAILED);
  }
  for (const signal of SIGNALS) process.on(signal, receive);
  return () => closingSince !== undefined;
}

/**
 * Closes the service on a fault of this program: running calls end as on a signal, and a new process takes over. Signals
 * and further faults meanwhile shorten nothing, and the exit code stays.
 */
export function closeOnFaults({ log, close }: TerminationOptions): void {
  function fail(error: unknown): void {
    log.fatal({ err: error }, 'uncaught exception: shutting down');
    process.exitCode = EXIT_FAILED;
    void close().then(() => exit(log));
  }
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}
