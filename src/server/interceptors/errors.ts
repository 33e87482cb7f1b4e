/** Translates every error into one that a client can read: a fault of the service is INTERNAL with the request id. */
import { AppError, internalError } from '../../errors.js';
import type { Interceptor } from '../call-context.js';
import { follow } from './follow.js';

export const errors: Interceptor = (next) => (call) =>
  follow(call, () => next(call), {
    succeeded: () => undefined,
    failed: (error) => (error instanceof AppError ? error : internalError(call.incoming.requestId, error)),
  });
