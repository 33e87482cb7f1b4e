/** Makes the answers of the HTTP listener, with the headers of every answer, and its refusals. */
import type { AppError } from '../../errors.js';
import { appError } from '../../errors.js';
import { ROUTE_JSON } from './protocols.js';
import type { Reply } from './protocols.js';
import type { RequestContext } from './web-app.js';

/** The headers set so far, of a context or in place of one. */
type Begun = Pick<RequestContext, 'res'>;

export function createResponse(
  context: Begun,
  status: number,
  type: string,
  body: Buffer<ArrayBuffer> | ReadableStream,
): Response {
  const headers = new Headers(context.res.headers);
  headers.set('content-type', type);
  headers.set('cache-control', 'no-store');
  headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  // Short answers are not compressed, and that is told by their length.
  if (Buffer.isBuffer(body)) headers.set('content-length', String(body.length));
  return new Response(body, { status, headers });
}

export const replyWith = (context: Begun, { status, type, body }: Reply): Response =>
  createResponse(context, status, type, Buffer.from(body));

/** Refuses a request in the form of its protocol; JSON without one. */
export function refuse(context: RequestContext, error: AppError): Response {
  const protocol = context.get('protocol') ?? ROUTE_JSON;
  context.set('refusal', error);
  return replyWith(context, protocol.failure(error, context.get('requestId')));
}

export const internalErrorOf = (context: RequestContext): AppError =>
  appError('UNKNOWN', { request_id: context.get('requestId') });
