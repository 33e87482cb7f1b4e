/** The HTTP door: the contract's routes as JSON over the same chain as gRPC, and /livez and /readyz (docs/http.md). */
import { Hono } from 'hono';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import { AppError, appError } from '../errors.js';
import { fromJsonText, toJsonText } from '../wire/json.js';
import { MAX_REQUEST_BYTES, requestIdOf } from './call.js';
import type { Handle } from './call.js';
import { descriptors } from './descriptors.js';
import { statusDetails } from './details.js';
import { ROUTES } from './routes.js';
import type { Route } from './routes.js';
import { healthPages, webDoor } from './web.js';
import type { Door } from './grpc.js';
import type { ServingState } from './health.js';

const STATUS_MESSAGE = descriptors.getMessage('google.rpc.Status');

/** google.rpc.Status as JSON. */
function failure(context: Context, error: AppError): Response {
  const bytes = statusDetails(error);
  const text = STATUS_MESSAGE === undefined ? '' : toJsonText(STATUS_MESSAGE, bytes, descriptors);
  const headers = new Headers(context.res.headers);
  headers.set('content-type', 'application/json');
  return new Response(text, { status: error.http, headers });
}

const headerOf = (context: Context, name: string): string => context.req.header(name) ?? '';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
]);

/** When a call ends by its grpc-timeout header, in milliseconds since 1970; Infinity without one. */
function deadlineOf(header: string | undefined, now: number): number {
  const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header ?? '') ?? [];
  return count === undefined ? Infinity : now + Number(count) * (UNITS.get(unit) ?? 0);
}

const bearer = (header: string | undefined): string | undefined => /^Bearer (.+)$/i.exec(header ?? '')?.[1];

const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type);

export interface HttpDoorOptions {
  readonly handle: Handle;
  readonly state: ServingState;
  readonly now: () => number;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Origins whose pages may call; none: CORS is off. */
  readonly corsOrigins: readonly string[];
}

/** Answers a call of `route`. */
async function answer(context: Context, route: Route, { handle, now }: HttpDoorOptions): Promise<Response> {
  const header = (name: string): string | undefined => context.req.header(name);
  const requestId = requestIdOf(header('x-request-id'));
  context.header('x-request-id', requestId);
  try {
    const bytes = await handle({
      rpc: route.rpc,
      request: fromJsonText(route.input, await context.req.text()),
      token: header('token') ?? bearer(header('authorization')),
      requestId,
      deadline: deadlineOf(header('grpc-timeout'), now()),
      gone: context.req.raw.signal,
    });
    return context.body(toJsonText(route.output, bytes, descriptors), 200, {
      'content-type': 'application/json',
    });
  } catch (reason) {
    return failure(
      context,
      reason instanceof AppError ? reason : appError('UNKNOWN', { request_id: requestId }),
    );
  }
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/;

/** A page of the open web must not reach a service on a loopback address through a name that points there. */
const isMisled = (host: string, header: string): boolean =>
  LOOPBACK.test(host) && !LOOPBACK.test(header.replace(/:\d+$/, ''));

/** Adds a route: what comes as JSON is answered, everything else is told what would be right. */
function addRoute(app: Hono, route: Route, options: HttpDoorOptions): void {
  const onError = (context: Context): Response => {
    // What is left of the body is not read, so no other request can follow on its connection.
    context.header('connection', 'close');
    return failure(context, appError('HTTP_BODY_SIZE', { max: String(MAX_REQUEST_BYTES) }));
  };
  app.post(route.path, bodyLimit({ maxSize: MAX_REQUEST_BYTES, onError }), (context) => {
    const type = headerOf(context, 'content-type');
    return isJson(type)
      ? answer(context, route, options)
      : failure(context, appError('HTTP_CONTENT_TYPE', { type }));
  });
  app.all(route.path, (context) => {
    context.header('allow', 'POST');
    return failure(context, appError('HTTP_METHOD', { method: context.req.method }));
  });
}

/** Opens the door. Errors: the port cannot be had. */
export function httpDoor(options: HttpDoorOptions): Promise<Door> {
  const { state, host, port, corsOrigins } = options;
  const app = new Hono();
  app.use(async (context, next) => {
    const called = headerOf(context, 'host');
    return isMisled(host, called) ? failure(context, appError('HTTP_HOST', { host: called })) : next();
  });
  app.use(secureHeaders());
  if (corsOrigins.length > 0) app.use(cors({ origin: [...corsOrigins] }));
  app.use(compress());
  healthPages(app, state);
  for (const route of ROUTES) addRoute(app, route, options);
  app.notFound((context) => failure(context, appError('HTTP_ROUTE', { path: context.req.path })));
  return webDoor(app, host, port);
}
