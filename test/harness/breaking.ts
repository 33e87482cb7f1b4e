// An HTTP proxy that cuts off answers in the middle, on request.
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen } from './tcp.js';

/** The place of the cut: in a body, in the body of an error, or none. */
export type Breaking = 'body' | 'error' | 'nowhere';

export interface BreakingProxy extends AsyncDisposable {
  readonly origin: string;
  breaking: Breaking;
}

const STATUS = { body: 200, error: 503 } as const;

function breakOff(response: ServerResponse, at: keyof typeof STATUS): void {
  response.writeHead(STATUS[at], { 'content-type': 'application/json', 'content-length': 1000 });
  response.write('{"results": [', () => response.destroy());
}

function pass(asked: IncomingMessage, response: ServerResponse, to: string): void {
  const { method, url = '/', headers } = asked;
  const sent = request(`${to}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  sent.on('error', () => response.destroy());
  asked.pipe(sent);
}

/** Starts a proxy to the service at the origin `to`. */
export async function startBreakingProxy(to: string): Promise<BreakingProxy> {
  const server = createServer((asked, response) => {
    if (proxy.breaking === 'nowhere' || asked.method === 'GET') pass(asked, response, to);
    else breakOff(response, proxy.breaking);
  });
  const { address, [Symbol.asyncDispose]: stop } = await listen(server);
  const proxy: BreakingProxy = {
    origin: `http://${address}`,
    breaking: 'nowhere',
    [Symbol.asyncDispose]: stop,
  };
  return proxy;
}
