/**
 * The HTTP listener: the contract's routes as JSON, Connect and gRPC-Web on the paths of gRPC, exports as NDJSON and CSV,
 * and /livez and /readyz. Calls pass the same interceptors as over gRPC (docs/http.md).
 */
import { Hono } from 'hono';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { compress, COMPRESSIBLE_CONTENT_TYPE_REGEX } from 'hono/compress';
import { cors } from 'hono/cors';
import { matchedRoutes } from 'hono/route';
import { secureHeaders } from 'hono/secure-headers';
import { AppError, appError, fail } from '../../errors.js';
import { yieldBetween } from '../../limits/yield.js';
import type { TimeSlicer } from '../../limits/yield.js';
import { MAX_REQUEST_BYTES } from '../call-context.js';
import { requestIdOf } from '../request-id.js';
import type { CallLog } from '../interceptors/call-log.js';
import type { Calls, Incoming, Stream } from '../call-context.js';
import { endUnlessTaken, whenResponseTurn } from '../connections.js';
import type { ConnectionLog } from '../connections.js';
import { codings, mediaType } from './content.js';
import { addExplorerPages } from './explorer.js';
import type { Explorer } from './explorer.js';
import type { Listener } from '../listener.js';
import type { ServingState } from '../serving-state.js';
import { createHostCheck } from './hosts.js';
import { loggedPath } from '../logged-path.js';
import { ROUTE_JSON } from './protocols.js';
import type { Protocol, Reply } from './protocols.js';
import { addDescriptionPage, addReferencePages } from './reference.js';
import { ROUTES, RPC_PATHS } from './routes.js';
import type { Route } from './routes.js';
import type { Tls } from '../tls.js';
import { openHttpServer } from '../http-server.js';
import { addHealthRoutes } from '../health-routes.js';
import { checkHeaders } from '../headers.js';
import type { WebApp } from './web-app.js';

export interface HttpListenerOptions {
  readonly calls: Calls;
  /** Large answers are encoded in slices. */
  readonly timeSlicer: TimeSlicer;
  readonly state: ServingState;
  /** The monotonic clock of calls, in milliseconds. */
  readonly monotonicNow: () => number;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Origins allowed by CORS; CORS is off without any. */
  readonly corsOrigins: readonly string[];
  /** The version of the service. */
  readonly version: string;
  /** Facts for the explorer; undefined without explorer and API reference. */
  readonly explorer: Explorer | undefined;
  readonly log: CallLog & ConnectionLog;
  readonly maxConnections: number;
  /** undefined for plaintext. */
  readonly tls?: Tls | undefined;
  /** The time for a client to read an answer. */
  readonly answerTimeoutMs?: number | undefined;
}

type RequestContext = Context<WebApp>;

const UNHANDLED = 'unhandled error in the HTTP listener';

const headerOf = (context: RequestContext, name: string): string => context.req.header(name) ?? '';

function createResponse(
  context: RequestContext,
  status: number,
  type: string,
  body: Buffer<ArrayBuffer> | ReadableStream,
): Response {
  const headers = new Headers(context.res.headers);
  headers.set('content-type', type);
  headers.set('cache-control', 'no-store');
  headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  return new Response(body, { status, headers });
}

const replyWith = (context: RequestContext, { status, type, body }: Reply): Response =>
  createResponse(context, status, type, Buffer.from(body));

function refuse(context: RequestContext, error: AppError, protocol: Protocol = ROUTE_JSON): Response {
  context.set('refusal', error);
  return replyWith(context, protocol.failure(error));
}

const internalErrorOf = (context: RequestContext): AppError =>
  appError('UNKNOWN', { request_id: context.get('requestId') });

const bearerToken = (header: string | undefined): string | undefined =>
  /^Bearer (.+)$/i.exec(header ?? '')?.[1];

function refuseBody(context: RequestContext): never {
  // The rest of the body stays unread, so that no other request can follow on the connection.
  context.header('connection', 'close');
  return fail('HTTP_BODY_SIZE', { max: String(MAX_REQUEST_BYTES) });
}

/** Reads the body, with or without a content-length. Errors: HTTP_BODY_SIZE, REQUEST_CANCELLED. */
async function readBody(context: RequestContext): Promise<Uint8Array> {
  if (Number(headerOf(context, 'content-length')) > MAX_REQUEST_BYTES) refuseBody(context);
  const body: ReadableStream<Uint8Array> | null = context.req.raw.body;
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const read = await reader?.read().catch(() => fail('REQUEST_CANCELLED', {}));
    if (read?.value === undefined) return Buffer.concat(chunks);
    size += read.value.length;
    if (size > MAX_REQUEST_BYTES) refuseBody(context);
    chunks.push(read.value);
  }
}

/** Answers a signal that is aborted when the answer has been sent, or its client has left. */
function createDoneSignal({ env: { outgoing } }: RequestContext): AbortSignal {
  const done = new AbortController();
  outgoing.once('close', () => {
    done.abort();
  });
  return done.signal;
}

async function readIncoming(
  context: RequestContext,
  { rpc }: Route,
  { codec, headers, timeout }: Protocol,
  now: number,
): Promise<Incoming> {
  const header = (name: string): string | undefined => context.req.header(name);
  checkHeaders(headers, header);
  // Created before the first await: the answer may end meanwhile.
  const responseDone = createDoneSignal(context);
  return {
    rpc,
    request: await readBody(context),
    codec,
    token: header('token') ?? bearerToken(header('authorization')),
    requestId: context.get('requestId'),
    deadline: now + timeout(header),
    clientAborted: context.req.raw.signal,
    responseDone,
  };
}

/** Answers the content type preferred by the client: JSON or one of the export formats. */
function acceptedType(context: RequestContext, { exports }: Route): string {
  const json = ROUTE_JSON.type;
  return accepts(context, { header: 'Accept', supports: [json, ...exports.keys()], default: json });
}

/** Converts chunks to a stream with backpressure; a failure breaks the stream off. */
function streamOf(first: Uint8Array, { chunks, aborted }: Stream, breakOff: () => void): ReadableStream {
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(first),
      async pull(controller) {
        try {
          const { value, done } = await chunks.next();
          if (done !== true) controller.enqueue(value);
          else if (!aborted.aborted) controller.close();
        } catch {
          breakOff();
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Calls `then` when `signal` is aborted, or at once if it is already. */
function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}

/**
 * Sends all jobs of a list while they are read. A failure or an abort half-way breaks the connection: the client must
 * notice the missing rest. Reading ends with the answer in any case, even if no further chunk is requested; the call log
 * has the reason.
 */
async function exportJobs(
  context: RequestContext,
  type: string,
  stream: Stream,
  responseDone: AbortSignal,
): Promise<Response> {
  // The answer begins after the first chunk, so that a failure before it still has a status.
  const { value } = await stream.chunks.next();
  const breakOff = (): void => {
    context.env.outgoing.destroy();
  };
  const end = (): void => {
    stream.chunks.return().catch(() => undefined);
  };
  whenAborted(stream.aborted, breakOff);
  whenAborted(stream.aborted, end);
  whenAborted(responseDone, end);
  const body = streamOf(value ?? new Uint8Array(), stream, breakOff);
  return createResponse(context, 200, `${type}; charset=utf-8`, body);
}

/** Answers over this size are encoded while they are sent. */
const STREAMED_FROM_BYTES = 65_536;

/** Answers a call of `route` in `protocol`. */
async function answer(
  context: RequestContext,
  route: Route,
  protocol: Protocol,
  { calls, timeSlicer, monotonicNow, log, answerTimeoutMs }: HttpListenerOptions,
): Promise<Response> {
  try {
    const incoming = await readIncoming(context, route, protocol, monotonicNow());
    context.set('called', true);
    const type = acceptedType(context, route);
    const format = route.exports.get(type);
    if (format !== undefined)
      return await exportJobs(context, type, calls.stream(incoming, format), incoming.responseDone);
    const bytes = await calls.unary(incoming);
    const chunks = protocol.codec.encode(route.method.output, bytes);
    whenResponseTurn(context.env.outgoing, () => {
      endUnlessTaken(incoming.responseDone, () => context.env.incoming.socket.destroy(), answerTimeoutMs);
    });
    const body =
      bytes.length > STREAMED_FROM_BYTES
        ? ReadableStream.from(yieldBetween(chunks, timeSlicer))
        : Buffer.concat([...chunks]);
    return createResponse(context, 200, protocol.type, body);
  } catch (reason) {
    if (reason instanceof AppError) return refuse(context, reason, protocol);
    log.error({ request_id: context.get('requestId'), err: reason }, UNHANDLED);
    return refuse(context, internalErrorOf(context), protocol);
  }
}

const protocolOf = (context: RequestContext, route: Route): Protocol | undefined =>
  route.protocol(mediaType(headerOf(context, 'content-type')) ?? '');

/** Adds a route: it answers requests in its protocols, and refuses all others with a hint. */
function addRoute(app: Hono<WebApp>, route: Route, options: HttpListenerOptions): void {
  app.post(route.path, (context) => {
    const protocol = protocolOf(context, route);
    const headers = ['content-encoding', 'transfer-encoding'].map((name) => headerOf(context, name));
    const encoding = codings(...headers).join(', ');
    if (encoding !== '') return refuse(context, appError('HTTP_CONTENT_ENCODING', { encoding }), protocol);
    if (protocol !== undefined) return answer(context, route, protocol, options);
    context.header('accept-post', route.accepted);
    const type = headerOf(context, 'content-type');
    return refuse(context, appError('HTTP_CONTENT_TYPE', { type, reason: route.accepted }));
  });
  app.all(route.path, (context) => {
    context.header('allow', 'POST');
    return refuse(context, appError('HTTP_METHOD', { method: context.req.method }));
  });
}

/** Answers the path of the matched route; undefined without a match. */
const routeOf = (context: RequestContext): string | undefined =>
  matchedRoutes(context).findLast(({ path }) => !path.includes('*'))?.path;

/** Logs a request refused before it became a call; calls have a line of their own. */
function logRefusal(context: RequestContext, log: CallLog): void {
  const { status } = context.res;
  const error = context.get('refusal');
  const isFault = error?.status === 'INTERNAL' || (error === undefined && (status < 400 || status > 499));
  if (context.get('called') || isFault) return;
  const about = { request_id: context.get('requestId'), method: context.req.method, status };
  log.info({ ...about, path: routeOf(context), error, field: loggedPath(error?.field) }, 'refused');
}

/** Answers every host named by a request: an absolute target names one beside the header. */
function namedHosts({ env: { incoming }, req }: RequestContext): readonly string[] {
  const named = incoming.headersDistinct['host'] ?? [];
  return incoming.url?.startsWith('/') === false ? [...named, new URL(req.url).host] : named;
}

const isCompressible = (type: string): boolean =>
  COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || type.startsWith('application/x-ndjson');

/** Headers readable for pages of other origins. */
const EXPOSED_HEADERS = ['x-request-id', 'grpc-status', 'grpc-message', 'grpc-status-details-bin'];

/** Opens the listener. Errors: the port cannot be listened on. */
export function openHttpListener(options: HttpListenerOptions): Promise<Listener> {
  const { state, host, corsOrigins, version, explorer, log, tls } = options;
  const misleadingHost = createHostCheck(host);
  const app = new Hono<WebApp>();
  app.use(async (context, next) => {
    await next();
    logRefusal(context, log);
  });
  app.use(async (context, next) => {
    context.set('requestId', requestIdOf(context.req.header('x-request-id')));
    context.header('x-request-id', context.get('requestId'));
    const misleading = misleadingHost(namedHosts(context));
    if (misleading === undefined) return next();
    return refuse(context, appError('HTTP_HOST', { host: misleading }));
  });
  // HSTS is the decision of the TLS terminator.
  app.use(secureHeaders({ strictTransportSecurity: false }));
  if (corsOrigins.length > 0)
    app.use(
      cors({ origin: [...corsOrigins], allowMethods: ['POST'], exposeHeaders: EXPOSED_HEADERS, maxAge: 600 }),
    );
  app.use(compress({ contentTypeFilter: isCompressible }));
  addHealthRoutes(app, state);
  addDescriptionPage(app, version);
  if (explorer !== undefined) {
    addExplorerPages(app, explorer, version, tls !== undefined);
    addReferencePages(app);
  }
  for (const route of [...ROUTES, ...RPC_PATHS]) addRoute(app, route, options);
  app.onError((fault, context) => {
    log.error({ request_id: context.get('requestId'), err: fault }, UNHANDLED);
    return refuse(context, internalErrorOf(context));
  });
  app.notFound((context) => refuse(context, appError('HTTP_ROUTE', { path: context.req.path })));
  return openHttpServer(app, { ...options, name: 'HTTP' });
}
