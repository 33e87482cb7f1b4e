/** What the HTTP doors share: the listening server, and /livez and /readyz (docs/operations.md «Health»). */
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { MOST } from './connections.js';
import type { Door } from './grpc.js';
import type { ServingState } from './health.js';
import type { Certificates, Tls } from './tls.js';

/** Apps have Node's own request and response beside the web's, and what is known of each request. */
export interface WebApp {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    /** Whether the request has come to a call. */
    called: boolean;
  };
}

const LIMITS = {
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

/** Takes no new connections; running requests have `grace` milliseconds to end. */
function close(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
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

/** A server with TLS whose certificates follow their files. */
function secureServer(tls: Tls, listener: RequestListener): Server {
  const contextOf = ({ cert, key, ca }: Certificates) => ({ cert, key, ...(ca === undefined ? {} : { ca }) });
  const ofClients = { requestCert: tls.ofClients, rejectUnauthorized: tls.ofClients };
  const server = createSecureServer({ ...LIMITS, ...contextOf(tls.latest()), ...ofClients }, listener);
  tls.follow((certificates) => {
    server.setSecureContext(contextOf(certificates));
  });
  return server;
}

/** Serves `app`, by TLS where there is any. Errors: the port cannot be had. */
export async function webDoor(app: Hono<WebApp>, host: string, port: number, tls?: Tls): Promise<Door> {
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const answer: RequestListener = (request, response) => {
    void listener(request, response);
  };
  const server = tls === undefined ? createServer(LIMITS, answer) : secureServer(tls, answer);
  server.maxConnections = MOST;
  const { address, family, port: bound } = await listen(server, host, port);
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    close: (grace) => close(server, grace),
  };
}

/** Adds /livez, which does not depend on the database, and /readyz, which does. */
export function healthPages(app: Hono<WebApp>, state: ServingState): void {
  app.get('/livez', (context) => context.text('ok\n'));
  app.get('/readyz', (context) =>
    state.serving() ? context.text('ok\n') : context.text('not serving\n', 503),
  );
  app.all('/livez', (context) => context.text('only GET and HEAD\n', 405, { allow: 'GET, HEAD' }));
  app.all('/readyz', (context) => context.text('only GET and HEAD\n', 405, { allow: 'GET, HEAD' }));
}

/** The admin door. Errors: the port cannot be had. */
export function adminDoor(state: ServingState, host: string, port: number): Promise<Door> {
  const app = new Hono<WebApp>();
  healthPages(app, state);
  app.notFound((context) => context.text('not found: /livez and /readyz are served here\n', 404));
  return webDoor(app, host, port);
}
