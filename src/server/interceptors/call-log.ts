/** Writes one line to the log for each call, when its answer has ended (docs/monitor.md «Log»). */
import { AppError } from '../../errors.js';
import type { Interceptor } from '../call-context.js';
import { loggedPath } from '../logged-path.js';
import { follow } from './follow.js';

/** A subset of pino's. */
export interface CallLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface CallLogOptions {
  readonly log: CallLog;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
}

function logFailure(error: unknown, about: object, log: CallLog): void {
  const fault = error instanceof AppError ? error.cause : error;
  if (error instanceof AppError && fault === undefined)
    log.info({ ...about, status: error.status, error, field: loggedPath(error.field) }, 'call');
  else log.error({ ...about, status: 'INTERNAL', err: fault }, 'call failed: unexpected error');
}

export const callLog =
  ({ log, monotonicNow }: CallLogOptions): Interceptor =>
  (next) =>
  (call) => {
    const begun = monotonicNow();
    const { requestId, rpc } = call.incoming;
    const notes: Record<string, unknown> = {};
    const noted = (more: object): void => {
      Object.assign(notes, more);
    };
    const about = (): object => ({
      request_id: requestId,
      rpc,
      ms: Math.round(monotonicNow() - begun),
      ...notes,
    });
    return follow(call, () => next({ ...call, noted }), {
      succeeded(bytes) {
        log.info({ ...about(), status: 'OK', bytes }, 'call');
      },
      failed(error) {
        logFailure(error, about(), log);
        return error;
      },
    });
  };
