/** The HTTP server behind the HTTP listener and the admin listener: sockets, limits and TLS; the routes are an app's. */
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import type { Hono } from 'hono';
import { closeWithConnection, createAdmission, followConnections } from './connections.js';
import type { ConnectionLimitOptions, ListenerName } from './connections.js';
import type { Listener } from './listener.js';
import type { Certificates, Tls } from './tls.js';

/** Apps have Node's own request and response beside the web's. */
export interface HttpEnv {
  Bindings: HttpBindings;
}

const SERVER_OPTIONS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
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

/**
 * Follows the answers of a server that ends each connection with its last answer once it closes: Node ends those that are
 * idle at that moment, and keeps the ones that become idle later. The answered function announces the end.
 */
function followAnswers(server: Server): () => void {
  const last = new Map<Socket, ServerResponse>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    if (!server.listening) response.shouldKeepAlive = false;
    last.set(socket, response);
    response.once('close', () => {
      if (last.get(socket) === response) last.delete(socket);
      if (!server.listening) server.closeIdleConnections();
    });
  });
  return () => {
    for (const response of last.values()) response.shouldKeepAlive = false;
  };
}

/** Accepts no new connections, and gives running requests `grace` milliseconds to end. */
function close(server: Server, announceEnd: () => void, grace: number): Promise<void> {
  return new Promise((resolve) => {
    announceEnd();
    const insist = setTimeout(() => {
      server.closeAllConnections();
    }, grace);
    server.close(() => {
      clearTimeout(insist);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Creates a server with TLS; its certificates follow their files. */
function secureServer(tls: Tls, listener: RequestListener): Server {
  const contextOf = ({ cert, key, ca }: Certificates) => ({ cert, key, ...(ca === undefined ? {} : { ca }) });
  const ofClients = {
    requestCert: tls.requiresClientCertificate,
    rejectUnauthorized: tls.requiresClientCertificate,
  };
  const server = createSecureServer(
    { ...SERVER_OPTIONS, ...contextOf(tls.latest()), ...ofClients },
    listener,
  );
  tls.follow((certificates) => {
    server.setSecureContext(contextOf(certificates));
  });
  return server;
}

/** The host for requests of HTTP/1.0 without one; no answer depends on the host. */
const PLACEHOLDER_HOST = 'localhost';

/** The form of a host in HTTP. The web's Request accepts fewer: an IPv6 address only in its shortest form. */
const HOST_FORM = /^(?:\[[\da-f:.]+\]|[\w.~%-]*)(?::\d*)?$/i;

export interface HttpServerOptions extends ConnectionLimitOptions {
  /** The name for the log. */
  readonly name: ListenerName;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** undefined for plaintext. */
  readonly tls?: Tls | undefined;
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
  const admits = createAdmission();
  const answer: RequestListener = (request, response) => {
    closeWithConnection(request, response);
    if (!admits(request, response)) return;
    if (HOST_FORM.test(request.headers.host ?? '')) request.headers.host = PLACEHOLDER_HOST;
    const errorHandler = (error: unknown): Response =>
      error instanceof RequestError ? refuseUnreadable(request) : new Response(null, { status: 500 });
    const read = { overrideGlobalObjects: false, hostname: PLACEHOLDER_HOST, errorHandler };
    void getRequestListener(app.fetch, read)(request, response);
  };
  const server = tls === undefined ? createServer(SERVER_OPTIONS, answer) : secureServer(tls, answer);
  const announceEnd = followAnswers(server);
  const { address, family, port: bound } = await listen(server, host, port);
  const sockets = followConnections(name, options);
  sockets.follow(bound);
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async close(grace) {
      await close(server, announceEnd, grace);
      sockets.close();
    },
  };
}
