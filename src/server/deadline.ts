/** The time that a call has, and its end by time or by its client (docs/configure.md «Deadlines»). */
import type { MonotonicClock } from '../clock.js';
import { appError, notServing } from '../errors.js';
import type { Load } from '../limits/load-shedding.js';
import type { Reason } from '../reasons.js';
import type { CallContext } from './call-context.js';

/** Shares of the time of a call: the database ends operations by itself, then they are aborted; the rest is for the answer. */
const DATABASE_SHARE = 0.95;
const ABORT_SHARE = 0.98;

export interface DeadlineOptions {
  readonly monotonicNow: MonotonicClock;
  /** The reason for not serving; undefined while serving. */
  readonly unready: () => Reason | undefined;
  readonly load: Load;
  /** Milliseconds for a unary call without a deadline, and the maximum for any call, also the default of exports. */
  readonly defaultTimeoutMs: number;
  readonly maxTimeoutMs: number;
}

export interface RunningDeadline extends Pick<CallContext, 'remaining'> {
  /** Stops the timer; called once when the call has ended. */
  clear(): void;
}

/** Starts the deadline of `call`, and aborts the call when it passes or has passed, or when the client goes away. */
export function beginDeadline(call: CallContext, options: DeadlineOptions): RunningDeadline {
  const { incoming, format, abort } = call;
  const { monotonicNow, unready, load, defaultTimeoutMs, maxTimeoutMs } = options;
  const begun = monotonicNow();
  const left = incoming.deadline - begun;
  const timeout = format === undefined ? defaultTimeoutMs : maxTimeoutMs;
  const time = Math.max(0, Math.min(Number.isFinite(left) ? left : timeout, maxTimeoutMs));
  const end = begun + time * DATABASE_SHARE;
  const expire = (): void => {
    const reason = unready();
    // A stop waits for running calls: it ends none before its time.
    const isTooLate = reason === undefined || reason === 'stopping';
    abort(isTooLate ? appError('REQUEST_TIMEOUT', {}) : notServing(reason));
  };
  const cancel = (): void => {
    if (monotonicNow() < end) abort(appError('REQUEST_CANCELLED', {}));
  };
  const timer = setTimeout(expire, time * ABORT_SHARE);
  // The deadline may have passed while the call waited for the event loop.
  if (Number.isFinite(left) && time <= load.lateness()) abort(appError('REQUEST_TIMEOUT', {}));
  incoming.clientAborted.addEventListener('abort', cancel, { once: true });
  if (incoming.clientAborted.aborted) cancel();
  return {
    remaining: () => Math.max(1, Math.floor(end - monotonicNow())),
    clear() {
      clearTimeout(timer);
      incoming.clientAborted.removeEventListener('abort', cancel);
    },
  };
}
