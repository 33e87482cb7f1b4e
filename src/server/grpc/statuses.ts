/** The statuses of gRPC: those of errors, and those in place of the library's own (docs/errors.md «Details»). */
import { Metadata, status } from '@grpc/grpc-js';
import type { ServerInterceptingCallInterface, StatusObject } from '@grpc/grpc-js';
import { AppError, appError } from '../../errors.js';
import { statusDetails } from '../details.js';
import { GRPC_TIMEOUT, invalidHeader } from '../headers.js';

/** Calls fail with AppErrors; anything else would be a fault of the interceptors themselves. */
const appErrorOf = (error: unknown, requestId: string): AppError =>
  error instanceof AppError ? error : appError('UNKNOWN', { request_id: requestId });

/** The status of an error. */
export function failure(reason: unknown, requestId: string): Partial<StatusObject> {
  const error = appErrorOf(reason, requestId);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(statusDetails(error, requestId)));
  return { code: status[error.status], details: error.message, metadata };
}

/** The library's status texts for requests that it ends itself, with the errors to send in place of its own status. */
const UNREADABLE: readonly (readonly [RegExp, AppError])[] = [
  [/^Invalid grpc-timeout value/, invalidHeader(GRPC_TIMEOUT)],
  [
    /^Failed to decompress message/,
    appError('INVALID_PARAMETER', { key: 'request', reason: 'it is not compressed as grpc-encoding says' }),
  ],
  [
    /^Received (?:no|a second) request message/,
    appError('INVALID_PARAMETER', { key: 'request', reason: 'it must be one whole message' }),
  ],
  [/^Deadline exceeded$/, appError('REQUEST_TIMEOUT', {})],
  [
    // Requests of Health and reflection only; the interceptors decode those of Job.
    /^Error deserializing request/,
    appError('INVALID_PARAMETER', {
      key: 'request',
      reason: 'it cannot be decoded as the message of this rpc',
    }),
  ],
];

/** Replaces the library's own statuses: of an unreadable request, ended before its handler, and of a passed deadline. */
export function withOwnStatuses(call: ServerInterceptingCallInterface, requestId: string): void {
  const send = call.sendStatus.bind(call);
  call.sendStatus = (sent) => {
    const [, error] = UNREADABLE.find(([text]) => text.test(sent.details)) ?? [];
    send(error === undefined ? sent : { ...sent, ...failure(error, requestId) });
  };
}
