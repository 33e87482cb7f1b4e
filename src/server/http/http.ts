/**
 * The HTTP listener: the contract's routes as JSON, Connect and gRPC-Web on the paths of gRPC, exports as NDJSON and CSV,
 * and /livez and /readyz. Calls pass the same interceptors as over gRPC (docs/http.md).
 */
import type { IncomingMessage } from 'node:http';
import { Hono } from 'hono';
import type { MiddlewareHandler } from 'hono';
import { compress, COMPRESSIBLE_CONTENT_TYPE_REGEX } from 'hono/compress';
import { cors } from 'hono/cors';
import { matchedRoutes } from 'hono/route';
import { secureHeaders } from 'hono/secure-headers';
import type { MonotonicClock } from '../../clock.js';
import { AppError, appError } from '../../errors.js';
import { yieldBetween } from '../../limits/yield.js';
import type { TimeSlicer } from '../../limits/yield.js';
import type { Calls } from '../call-context.js';
import type { ConnectionLog, ConnectionLimitOptions } from '../connections.js';
import { addHealthRoutes } from '../health-routes.js';
import { openHttpServer } from '../http-server.js';
import type { CallLog } from '../logged-failure.js';
import type { Listener } from '../listener.js';
import { loggedPath } from '../logged-path.js';
import { requestIdOf } from '../request-id.js';
import type { ServingState } from '../serving-state.js';
import type { Tls } from '../tls.js';
import { codings, mediaType } from './content.js';
import { addExplorerPages } from './explorer.js';
import type { Explorer } from './explorer.js';
import { exportJobs } from './export-stream.js';
import { createHostCheck } from './hosts.js';
import { ROUTE_JSON } from './protocols.js';
import type { Protocol } from './protocols.js';
import { addDescriptionPage, addReferencePages } from './reference.js';
import { acceptedType, headerOf, namedHosts, readIncoming } from './request.js';
import type { BodyLimits } from './request.js';
import { createResponse, internalErrorOf, refuse, replyWith } from './response.js';
import { ROUTES, RPC_PATHS } from './routes.js';
import type { Route } from './routes.js';
import type { RequestContext, WebApp } from './web-app.js';

export interface HttpListenerOptions extends ConnectionLimitOptions, BodyLimits {
  readonly calls: Calls;
  /** Large answers are encoded in slices. */
  readonly timeSlicer: TimeSlicer;
  readonly state: ServingState;
  /** The monotonic clock of calls, in milliseconds. */
  readonly monotonicNow: MonotonicClock;
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
  /** undefined for plaintext. */
  readonly tls?: Tls | undefined;
  /** The time for a client to read an answer. */
  readonly answerTimeoutMs?: number | undefined;
}

const ALL_ROUTES: readonly Route[] = [...ROUTES, ...RPC_PATHS];

/** Answers over this size are encoded while they are sent. */
const STREAMED_FROM_BYTES = 65_536;

/** Runs a call of `route`, and answers its export or its message. Errors: AppError, and faults of the listener. */
async function runCall(
  context: RequestContext,
  route: Route,
  protocol: Protocol,
  options: HttpListenerOptions,
): Promise<Response> {
  const { calls, timeSlicer, monotonicNow } = options;
  const incoming = await readIncoming(context, route, protocol, monotonicNow(), options);
  context.set('called', true);
  const type = acceptedType(context, route);
  const format = route.exports.get(type);
  if (format !== undefined)
    return exportJobs(context, type, calls.stream(incoming, format), incoming.responseDone);
  const bytes = await calls.unary(incoming);
  const chunks = protocol.codec.encode(route.method.output, bytes);
  const body =
    bytes.length > STREAMED_FROM_BYTES
      ? ReadableStream.from(yieldBetween(chunks, timeSlicer))
      : Buffer.concat([...chunks]);
  return createResponse(context, 200, protocol.type, body);
}

/** Notes the protocol of a call of `route`, in whose form every later step refuses it. */
const noteProtocol =
  (route: Route): MiddlewareHandler<WebApp> =>
  (context, next) => {
    context.set('protocol', route.protocol(mediaType(headerOf(context, 'content-type')) ?? ''));
    return next();
  };

/** Adds a route: it answers requests in its protocols, and refuses all others with a hint. */
function addRoute(app: Hono<WebApp>, route: Route, options: HttpListenerOptions): void {
  app.post(route.path, (context) => {
    const protocol = context.get('protocol');
    const transfer = headerOf(context, 'transfer-encoding');
    const encoding = codings(headerOf(context, 'content-encoding'), transfer).join(', ');
    if (encoding !== '') return refuse(context, appError('HTTP_CONTENT_ENCODING', { encoding }));
    if (protocol !== undefined) return runCall(context, route, protocol, options);
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

const UNREADABLE = appError('INVALID_PARAMETER', {
  key: 'request',
  reason: 'its target and its host do not make a URL',
});

/** Refuses and logs a request that cannot have a context. */
const refuseUnreadable =
  (log: CallLog) =>
  ({ headersDistinct, method }: IncomingMessage): Response => {
    const requestId = requestIdOf((name) => headersDistinct[name]?.join());
    const { http: status, field } = UNREADABLE;
    log.info({ request_id: requestId, method, status, error: UNREADABLE, field }, 'refused');
    const res = new Response(null, { headers: { 'x-request-id': requestId } });
    return replyWith({ res }, ROUTE_JSON.failure(UNREADABLE, requestId));
  };

const isCompressible = (type: string): boolean =>
  COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || type.startsWith('application/x-ndjson');

/** Headers readable for pages of other origins. */
const EXPOSED_HEADERS = ['x-request-id', 'grpc-status', 'grpc-message', 'grpc-status-details-bin'];

const isPreflight = ({ req }: RequestContext): boolean =>
  req.header('origin') !== undefined && req.header('access-control-request-method') !== undefined;

/** Lets pages of `origins` call. The library takes every OPTIONS for a preflight. */
function allowOrigins(origins: readonly string[]): MiddlewareHandler<WebApp> {
  const allow: MiddlewareHandler<WebApp> = cors({
    origin: [...origins],
    allowMethods: ['POST'],
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: 600,
  });
  return (context, next) =>
    context.req.method !== 'OPTIONS' || isPreflight(context) ? allow(context, next) : next();
}

/** Adds the steps of every request, outermost first. */
function addMiddleware(app: Hono<WebApp>, { host, corsOrigins, log }: HttpListenerOptions): void {
  const misleadingHost = createHostCheck(host);
  app.use(async (context, next) => {
    await next();
    logRefusal(context, log);
  });
  for (const route of ALL_ROUTES) app.post(route.path, noteProtocol(route));
  app.use(async (context, next) => {
    context.set(
      'requestId',
      requestIdOf((name) => context.req.header(name)),
    );
    context.header('x-request-id', context.get('requestId'));
    const misleading = misleadingHost(namedHosts(context));
    if (misleading === undefined) return next();
    return refuse(context, appError('HTTP_HOST', { host: misleading }));
  });
  // HSTS is the decision of the TLS terminator.
  app.use(secureHeaders({ strictTransportSecurity: false }));
  if (corsOrigins.length > 0) app.use(allowOrigins(corsOrigins));
}

/** Adds the pages beside the calls: health, the description, and with the explorer its page and the API reference. */
function addPages(app: Hono<WebApp>, { state, version, explorer, tls }: HttpListenerOptions): void {
  addHealthRoutes(app, state);
  addDescriptionPage(app, version);
  if (explorer === undefined) return;
  addExplorerPages(app, explorer, version, tls !== undefined);
  addReferencePages(app, explorer.auth !== 'none');
}

/** Answers requests without a route, and those with an error. */
function addFallbacks(app: Hono<WebApp>, log: CallLog): void {
  app.onError((error, context) => {
    if (error instanceof AppError) return refuse(context, error);
    log.error({ request_id: context.get('requestId'), err: error }, 'unhandled error in the HTTP listener');
    return refuse(context, internalErrorOf(context));
  });
  app.notFound((context) => refuse(context, appError('HTTP_ROUTE', { path: context.req.path })));
}

/** Opens the listener. Errors: the port cannot be listened on. */
export function openHttpListener(options: HttpListenerOptions): Promise<Listener> {
  const app = new Hono<WebApp>();
  addMiddleware(app, options);
  addPages(app, options);
  // Pages are compressed once and for all.
  app.use(compress({ contentTypeFilter: isCompressible }));
  for (const route of ALL_ROUTES) addRoute(app, route, options);
  addFallbacks(app, options.log);
  return openHttpServer(app, {
    ...options,
    name: 'HTTP',
    refuseUnreadable: refuseUnreadable(options.log),
  });
}
