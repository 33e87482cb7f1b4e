/** Reads a request of the HTTP listener: its headers, its body within the limit, and the call made of both. */
import { accepts } from 'hono/accepts';
import { appError, fail } from '../../errors.js';
import type { AppError } from '../../errors.js';
import { raceTimeout } from '../../limits/abort.js';
import type { MemoryBudget, Reservation } from '../../limits/memory-budget.js';
import { ARRIVAL_TIMEOUT_MS, MAX_REQUEST_BYTES, RESPONSE_DONE } from '../call-context.js';
import type { Incoming } from '../call-context.js';
import { readTraceContext } from '../../telemetry/traces/trace-context.js';
import { peerOf } from '../connections.js';
import { asksToExplain, checkHeaders, EXPLAIN } from '../headers.js';
import type { HeaderOf } from '../headers.js';
import { chooseType } from './content.js';
import { ROUTE_JSON } from './protocols.js';
import type { Protocol } from './protocols.js';
import type { Route } from './routes.js';
import type { RequestContext } from './web-app.js';

export const headerOf = (context: RequestContext, name: string): string => context.req.header(name) ?? '';

const bearerToken = (header: string | undefined): string | undefined =>
  /^Bearer (.+)$/i.exec(header ?? '')?.[1];

/** Answers the caller's token; an empty one is none. */
const tokenIn = (header: HeaderOf): string | undefined =>
  header('token') || bearerToken(header('authorization'));

const refuseSize = (): never => fail('HTTP_BODY_SIZE', { max: String(MAX_REQUEST_BYTES) });

/** The least that a buffer for a body of several pieces has room for. */
const MIN_BUFFER_BYTES = 16_384;

/** `buffer` with room for `size` bytes, of which the first `used` are kept. */
function withRoom(buffer: Buffer<ArrayBuffer>, used: number, size: number): Buffer<ArrayBuffer> {
  if (size <= buffer.length) return buffer;
  const larger = Buffer.alloc(Math.max(size, 2 * buffer.length, MIN_BUFFER_BYTES));
  buffer.copy(larger, 0, 0, used);
  return larger;
}

/**
 * Reads the body, with or without a content-length, into one buffer: a client may send it in any number of pieces. Errors:
 * HTTP_BODY_SIZE, REQUEST_CANCELLED, LIMIT_EXCEEDED.
 */
async function readBody(context: RequestContext, reservation: Reservation): Promise<Uint8Array> {
  if (Number(headerOf(context, 'content-length')) > MAX_REQUEST_BYTES) refuseSize();
  const body: ReadableStream<Uint8Array> | null = context.req.raw.body;
  const reader = body?.getReader();
  let [buffer, used] = [Buffer.alloc(0), 0];
  for (;;) {
    const read = await reader?.read().catch(() => fail('REQUEST_CANCELLED', {}));
    if (read?.value === undefined) return buffer.subarray(0, used);
    const size = used + read.value.length;
    if (size > MAX_REQUEST_BYTES) refuseSize();
    reservation.grow(read.value.length);
    buffer = withRoom(buffer, used, size);
    buffer.set(read.value, used);
    used = size;
  }
}

export interface BodyLimits {
  /** The memory of requests on their way. */
  readonly memory: MemoryBudget;
  /** The time for the body of a request to arrive. */
  readonly bodyTimeoutMs?: number | undefined;
}

const requestTimeout = (): AppError => appError('REQUEST_TIMEOUT', {});

/**
 * Reads the body in time. After an error the rest of it stays unread, so that no other request can follow on the connection,
 * and the memory is released: a body that comes late may never end.
 */
async function takeBody(
  context: RequestContext,
  { memory, bodyTimeoutMs = ARRIVAL_TIMEOUT_MS }: BodyLimits,
): Promise<Uint8Array> {
  using reservation = memory.reserve();
  try {
    return await raceTimeout(readBody(context, reservation), bodyTimeoutMs, requestTimeout);
  } catch (error) {
    context.header('connection', 'close');
    throw error;
  }
}

/** Answers a signal that is aborted when the answer has been sent, or its client has left. */
function createDoneSignal({ env: { outgoing } }: RequestContext): AbortSignal {
  const done = new AbortController();
  outgoing.once('close', () => {
    done.abort(RESPONSE_DONE);
  });
  return done.signal;
}

/** Puts an explanation into the headers of the answer. */
const explainIn =
  (context: RequestContext) =>
  (explanation: string): void => {
    context.header(EXPLAIN, explanation);
  };

/** Reads a call. Errors: INVALID_PARAMETER, HTTP_BODY_SIZE, REQUEST_CANCELLED, REQUEST_TIMEOUT, LIMIT_EXCEEDED. */
export async function readIncoming(
  context: RequestContext,
  { rpc }: Route,
  { transport, codec, headers, timeout }: Protocol,
  now: number,
  limits: BodyLimits,
): Promise<Incoming> {
  const header = (name: string): string | undefined => context.req.header(name);
  checkHeaders(headers, header);
  // Created before the first await: the answer may end meanwhile.
  const responseDone = createDoneSignal(context);
  return {
    transport,
    rpc,
    request: await takeBody(context, limits),
    codec,
    token: tokenIn(header),
    requestId: context.get('requestId'),
    trace: readTraceContext(header),
    explained: asksToExplain(header) ? explainIn(context) : undefined,
    peer: peerOf(context.env.incoming.socket),
    deadline: now + timeout(header),
    clientAborted: context.req.raw.signal,
    responseDone,
  };
}

/** Answers the content type preferred by the client: JSON or one of the export formats. */
export function acceptedType(context: RequestContext, { exports }: Route): string {
  const json = ROUTE_JSON.type;
  const supports = [json, ...exports.keys()];
  return accepts(context, { header: 'Accept', supports, default: json, match: chooseType });
}

/** Answers every host named by a request: an absolute target names one beside the header. */
export function namedHosts({ env: { incoming }, req }: RequestContext): readonly string[] {
  const named = incoming.headersDistinct['host'] ?? [];
  return incoming.url?.startsWith('/') === false ? [...named, new URL(req.url).host] : named;
}
