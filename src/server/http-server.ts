/** The HTTP server behind the HTTP listener and the admin listener: sockets, limits and TLS; the routes are an app's. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { ARRIVAL_TIMEOUT_MS } from './call-context.js';
import { followConnections } from './connections.js';
import type { ConnectionLimitOptions, ListenerName } from './connections.js';
import { createHttpAnswers } from './http-answers.js';
import type { HttpAnswerOptions } from './http-answers.js';
import type { Listener } from './listener.js';
import type { Certificates, Tls } from './tls.js';

/** Apps have Node's own request and response beside the web's. */
export interface HttpEnv {
  Bindings: HttpBindings & {
    /** An answer is made while it is read: the time to take it is that of its call. */
    isOpenEnded: boolean;
    /** Limits the time for the client to take the answer from now on. */
    limitTaking: () => void;
  };
}

const HEADERS_TIMEOUT_MS = 10_000;

const SERVER_OPTIONS = {
  // Beyond the time of the headers and that of a body, which its reader bounds: Node's own answer names no error.
  requestTimeout: HEADERS_TIMEOUT_MS + ARRIVAL_TIMEOUT_MS + 5000,
  // Node looks for late requests only every 30 s by default.
  connectionsCheckingInterval: 1000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 16_384,
} as const;

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
    });
  });
}

/** Accepts no new connections, and gives running requests `grace` milliseconds to end. */
function close(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const insist = setTimeout(() => {
      server.closeAllConnections();
    }, grace);
    server.close(() => {
      clearTimeout(insist);
      resolve();
    });
  });
}

/** Creates a server with TLS; its certificates follow their files. */
function secureServer(tls: Tls, options: ServerOptions, listener: RequestListener): Server {
  const contextOf = ({ cert, key, ca }: Certificates) => ({ cert, key, ...(ca === undefined ? {} : { ca }) });
  const ofClients = {
    requestCert: tls.requiresClientCertificate,
    rejectUnauthorized: tls.requiresClientCertificate,
  };
  const server = createSecureServer({ ...options, ...contextOf(tls.latest()), ...ofClients }, listener);
  tls.follow((certificates) => {
    server.setSecureContext(contextOf(certificates));
  });
  return server;
}

/** The host for requests of HTTP/1.0 without one; no answer depends on the host. */
const PLACEHOLDER_HOST = 'localhost';

/** The form of a host in HTTP. The web's Request accepts fewer: an IPv6 address only in its shortest form. */
const HOST_FORM = /^(?:\[[\da-f:.]+\]|[\w.~%-]*)(?::\d*)?$/i;

/** A URL with a user or a password: the web's Request refuses it, but only once its body or its signal is read. */
const WITH_USER = /^\w+:\/\/[^/]*@/;

/** The scheme of an absolute target in lower case, the only one that the web's Request is made of. */
const withSchemeInLowerCase = (target: string | undefined): string | undefined =>
  target?.replace(/^https?:/i, (scheme) => scheme.toLowerCase());

export interface HttpServerOptions extends ConnectionLimitOptions, HttpAnswerOptions {
  /** The name for the log. */
  readonly name: ListenerName;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** undefined for plaintext. */
  readonly tls?: Tls | undefined;
  /** The time for the headers of a request. */
  readonly headersTimeoutMs?: number | undefined;
  /** Answers a request whose target and host make no URL, which no app sees; by default with a status alone. */
  readonly refuseUnreadable?: ((request: IncomingMessage) => Response) | undefined;
}

const refuseBarely = (): Response => new Response(null, { status: 400 });

/** Serves `app`, with TLS if there is any. Errors: the port cannot be listened on. */
export async function openHttpServer<AppEnv extends HttpEnv>(
  app: Hono<AppEnv>,
  options: HttpServerOptions,
): Promise<Listener> {
  const { name, host, port, tls, refuseUnreadable = refuseBarely } = options;
  const served = { ...SERVER_OPTIONS, headersTimeout: options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS };
  const answers = createHttpAnswers(options);
  const answer: RequestListener = (request, response) => {
    if (!answers.follow(request, response)) return;
    request.url = withSchemeInLowerCase(request.url);
    if (HOST_FORM.test(request.headers.host ?? '')) request.headers.host = PLACEHOLDER_HOST;
    const limitTaking = (): void => {
      answers.limitTaking(response);
    };
    const errorHandler = (error: unknown): Response => {
      limitTaking();
      return error instanceof RequestError ? refuseUnreadable(request) : new Response(null, { status: 500 });
    };
    const env = { incoming: request, outgoing: response, isOpenEnded: false, limitTaking };
    const serve = async (read: Request): Promise<Response> => {
      const answered = WITH_USER.test(read.url) ? refuseUnreadable(request) : await app.fetch(read, env);
      if (!env.isOpenEnded) limitTaking();
      return answered;
    };
    const reading = { overrideGlobalObjects: false, hostname: PLACEHOLDER_HOST, errorHandler };
    // One for each request: the library hands no request to its error handler.
    void getRequestListener(serve, reading)(request, response);
  };
  const server = tls === undefined ? createServer(served, answer) : secureServer(tls, served, answer);
  const { address, family, port: bound } = await listen(server, host, port);
  const sockets = followConnections(name, options);
  sockets.follow(bound);
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async close(grace) {
      const closed = close(server, grace);
      answers.end();
      const waiting = answers.waitingPeers();
      sockets.endIdle(({ peer }) => !waiting.has(peer));
      await closed;
      sockets.close();
    },
  };
}
