/** The log line of a failed call: a fault of the service is an error with its cause (docs/monitor.md «Log»). */
import { AppError } from '../errors.js';
import { loggedPath } from './logged-path.js';

export interface CallLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

export function logFailure(error: unknown, about: object, log: CallLog): void {
  const fault = error instanceof AppError ? error.cause : error;
  if (error instanceof AppError && fault === undefined)
    log.info({ ...about, status: error.status, error, field: loggedPath(error.field) }, 'call');
  else log.error({ ...about, status: 'INTERNAL', err: fault }, 'call failed: unexpected error');
}
