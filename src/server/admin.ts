/** `/livez` and `/readyz` over HTTP (docs/operations.md «Health»). */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Door } from './grpc.js';
import type { ServingState } from './health.js';

interface Page {
  readonly status: number;
  readonly text: string;
}

/** The pages by path; liveness does not depend on the database, readiness does. */
const pages = (state: ServingState): ReadonlyMap<string, () => Page> =>
  new Map([
    ['/livez', () => ({ status: 200, text: 'ok' })],
    ['/readyz', () => (state.serving() ? { status: 200, text: 'ok' } : { status: 503, text: 'not serving' })],
  ]);

const NOT_FOUND: Page = { status: 404, text: 'not found: /livez and /readyz are served here' };
const NOT_ALLOWED: Page = { status: 405, text: 'only GET and HEAD' };

function pageOf(request: IncomingMessage, known: ReturnType<typeof pages>): Page {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const page = known.get(path);
  if (page === undefined) return NOT_FOUND;
  return request.method === 'GET' || request.method === 'HEAD' ? page() : NOT_ALLOWED;
}

function send(response: ServerResponse, { status, text }: Page): void {
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {};
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    ...allow,
  });
  response.end(`${text}\n`);
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (typeof address === 'object' && address !== null) resolve(address);
    });
  });
}

/** Opens the door. Errors: the port cannot be had. */
export async function adminDoor(state: ServingState, host: string, port: number): Promise<Door> {
  const known = pages(state);
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    send(response, pageOf(request, known));
  });
  const { address, family, port: bound } = await listen(server, host, port);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  return { address: `${family === 'IPv6' ? `[${address}]` : address}:${bound}`, close };
}
