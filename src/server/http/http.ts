/**
 * The HTTP door: the contract's routes as JSON, Connect and gRPC-Web on the paths of gRPC, lists as NDJSON and CSV, and
 * /livez and /readyz, all over the same chain as gRPC (docs/http.md).
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
import type { Yielding } from '../../limits/yield.js';
import { MAX_REQUEST_BYTES } from '../call-context.js';
import { requestIdOf } from '../request-id.js';
import type { CallLog } from '../interceptors/call-log.js';
import type { Calls, Incoming, Stream } from '../call-context.js';
import { endUnlessTaken, whenNext } from '../connections.js';
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
  /** Large answers are written in slices. */
  readonly yielding: Yielding;
  readonly state: ServingState;
  /** Milliseconds that only grow, as the chain counts them. */
  readonly monotonicNow: () => number;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Origins whose pages may call; none: CORS is off. */
  readonly corsOrigins: readonly string[];
  /** What the service calls its version. */
  readonly version: string;
  /** What the pages for people are told; undefined: there are none. */
  readonly explorer: Explorer | undefined;
  readonly log: CallLog & ConnectionLog;
  readonly maxConnections: number;
  /** undefined: without TLS. */
  readonly tls?: Tls | undefined;
  /** Milliseconds that a client has to take an answer. */
  readonly patience?: number | undefined;
}

type Called = Context<WebApp>;

const FAULT = 'unhandled error in the HTTP listener';

const headerOf = (context: Called, name: string): string => context.req.header(name) ?? '';

function answered(
  context: Called,
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

const replied = (context: Called, { status, type, body }: Reply): Response =>
  answered(context, status, type, Buffer.from(body));

function refused(context: Called, error: AppError, protocol: Protocol = ROUTE_JSON): Response {
  context.set('refusal', error);
  return replied(context, protocol.failure(error));
}

const unknown = (context: Called): AppError => appError('UNKNOWN', { request_id: context.get('requestId') });

const bearer = (header: string | undefined): string | undefined => /^Bearer (.+)$/i.exec(header ?? '')?.[1];

function refuseBody(context: Called): never {
  // What is left of the body is not read, so no other request can follow on its connection.
  context.header('connection', 'close');
  return fail('HTTP_BODY_SIZE', { max: String(MAX_REQUEST_BYTES) });
}

/** The body, of a length that is told or not. Errors: HTTP_BODY_SIZE, REQUEST_CANCELLED. */
async function bodyOf(context: Called): Promise<Uint8Array> {
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

/** Aborted when the answer has left, or its client. */
function overSignal({ env: { outgoing } }: Called): AbortSignal {
  const over = new AbortController();
  outgoing.once('close', () => {
    over.abort();
  });
  return over.signal;
}

async function incomingOf(
  context: Called,
  { rpc }: Route,
  { codec, headers, timeout }: Protocol,
  now: number,
): Promise<Incoming> {
  const header = (name: string): string | undefined => context.req.header(name);
  checkHeaders(headers, header);
  // Before anything is waited for: it may end meanwhile.
  const responseDone = overSignal(context);
  return {
    rpc,
    request: await bodyOf(context),
    codec,
    token: header('token') ?? bearer(header('authorization')),
    requestId: context.get('requestId'),
    deadline: now + timeout(header),
    clientAborted: context.req.raw.signal,
    responseDone,
  };
}

/** The content type of the rows that the client would rather have than one answer. */
function rowType(context: Called, { exports }: Route): string {
  const json = ROUTE_JSON.type;
  return accepts(context, { header: 'Accept', supports: [json, ...exports.keys()], default: json });
}

/** The pieces as a stream that is read no faster than it is taken; where they fail, it breaks off. */
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

/** Calls `then` when `signal` is aborted, or now where it is. */
function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}

/**
 * All jobs of a list, sent while they are read. Where the call fails half-way, or is given up, the connection breaks:
 * the client must see that something is missing. However the answer ends, the reading ends with it, whether or not
 * anybody asks for another piece; the chain has logged why.
 */
async function rows(context: Called, type: string, stream: Stream, over: AbortSignal): Promise<Response> {
  // The first piece is there, or the call has failed, before the answer begins.
  const { value } = await stream.chunks.next();
  const breakOff = (): void => {
    context.env.outgoing.destroy();
  };
  const end = (): void => {
    stream.chunks.return().catch(() => undefined);
  };
  whenAborted(stream.aborted, breakOff);
  whenAborted(stream.aborted, end);
  whenAborted(over, end);
  const body = streamOf(value ?? new Uint8Array(), stream, breakOff);
  return answered(context, 200, `${type}; charset=utf-8`, body);
}

/** Bytes of an answer from which on it is written while it is sent. */
const LARGE = 65_536;

/** Answers a call of `route` in `protocol`. */
async function answer(
  context: Called,
  route: Route,
  protocol: Protocol,
  { calls, yielding, monotonicNow, log, patience }: HttpListenerOptions,
): Promise<Response> {
  try {
    const incoming = await incomingOf(context, route, protocol, monotonicNow());
    context.set('called', true);
    const type = rowType(context, route);
    const format = route.exports.get(type);
    if (format !== undefined)
      return await rows(context, type, calls.stream(incoming, format), incoming.responseDone);
    const bytes = await calls.unary(incoming);
    const chunks = protocol.codec.encode(route.method.output, bytes);
    whenNext(context.env.outgoing, () => {
      endUnlessTaken(incoming.responseDone, () => context.env.incoming.socket.destroy(), patience);
    });
    const body =
      bytes.length > LARGE ? ReadableStream.from(yieldBetween(chunks, yielding)) : Buffer.concat([...chunks]);
    return answered(context, 200, protocol.type, body);
  } catch (reason) {
    if (reason instanceof AppError) return refused(context, reason, protocol);
    log.error({ request_id: context.get('requestId'), err: reason }, FAULT);
    return refused(context, unknown(context), protocol);
  }
}

const protocolOf = (context: Called, route: Route): Protocol | undefined =>
  route.protocol(mediaType(headerOf(context, 'content-type')) ?? '');

/** Adds a route: what comes in one of its protocols is answered, everything else is told what would be right. */
function addRoute(app: Hono<WebApp>, route: Route, options: HttpListenerOptions): void {
  app.post(route.path, (context) => {
    const protocol = protocolOf(context, route);
    const headers = ['content-encoding', 'transfer-encoding'].map((name) => headerOf(context, name));
    const encoding = codings(...headers).join(', ');
    if (encoding !== '') return refused(context, appError('HTTP_CONTENT_ENCODING', { encoding }), protocol);
    if (protocol !== undefined) return answer(context, route, protocol, options);
    context.header('accept-post', route.due);
    const type = headerOf(context, 'content-type');
    return refused(context, appError('HTTP_CONTENT_TYPE', { type, reason: route.due }));
  });
  app.all(route.path, (context) => {
    context.header('allow', 'POST');
    return refused(context, appError('HTTP_METHOD', { method: context.req.method }));
  });
}

/** The path that a request is routed by; undefined for one that is not served. */
const routeOf = (context: Called): string | undefined =>
  matchedRoutes(context).findLast(({ path }) => !path.includes('*'))?.path;

/** The line in the log of a request that is refused before it is a call, which has one from the chain. */
function logRefusal(context: Called, log: CallLog): void {
  const { status } = context.res;
  const error = context.get('refusal');
  const isFault = error?.status === 'INTERNAL' || (error === undefined && (status < 400 || status > 499));
  if (context.get('called') || isFault) return;
  const about = { request_id: context.get('requestId'), method: context.req.method, status };
  log.info({ ...about, path: routeOf(context), error, field: loggedPath(error?.field) }, 'refused');
}

/** Every host that a request names: an absolute target has one beside its header. */
function authorities({ env: { incoming }, req }: Called): readonly string[] {
  const named = incoming.headersDistinct['host'] ?? [];
  return incoming.url?.startsWith('/') === false ? [...named, new URL(req.url).host] : named;
}

const isCompressible = (type: string): boolean =>
  COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) || type.startsWith('application/x-ndjson');

/** What pages of other origins may read of an answer beside its body. */
const EXPOSED = ['x-request-id', 'grpc-status', 'grpc-message', 'grpc-status-details-bin'];

/** Opens the door. Errors: the port cannot be had. */
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
    const misleading = misleadingHost(authorities(context));
    if (misleading === undefined) return next();
    return refused(context, appError('HTTP_HOST', { host: misleading }));
  });
  // Whether a host is reached by TLS only is for whoever ends its TLS to say.
  app.use(secureHeaders({ strictTransportSecurity: false }));
  if (corsOrigins.length > 0)
    app.use(cors({ origin: [...corsOrigins], allowMethods: ['POST'], exposeHeaders: EXPOSED, maxAge: 600 }));
  app.use(compress({ contentTypeFilter: isCompressible }));
  addHealthRoutes(app, state);
  addDescriptionPage(app, version);
  if (explorer !== undefined) {
    addExplorerPages(app, explorer, version, tls !== undefined);
    addReferencePages(app);
  }
  for (const route of [...ROUTES, ...RPC_PATHS]) addRoute(app, route, options);
  app.onError((fault, context) => {
    log.error({ request_id: context.get('requestId'), err: fault }, FAULT);
    return refused(context, unknown(context));
  });
  app.notFound((context) => refused(context, appError('HTTP_ROUTE', { path: context.req.path })));
  return openHttpServer(app, { ...options, name: 'HTTP' });
}
