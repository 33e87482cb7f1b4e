// The HTTP client: single requests by fetch, and calls on kept connections with deadlines and cancellation.
import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { JsonObject } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { failureOf, REQUEST_ID } from './client.js';
import type { Answer, Failure, Headers, Outcome, RpcName } from './client.js';
import { isObject, stringOf } from './json.js';

export const routeOf = (rpc: RpcName): string => `/inventory/v1/job/${rpc}`;

/** Posts a body, JSON by default and in chunks if it is a stream, to `path` of the listener at `address`. */
export const post = (
  address: string,
  path: string,
  body: string | Uint8Array | Readable,
  headers: Headers = {},
  signal: AbortSignal | null = null,
): Promise<Response> =>
  fetch(`http://${address}${path}`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json', ...headers },
    body:
      typeof body === 'string' ? body : body instanceof Readable ? Readable.toWeb(body) : Buffer.from(body),
    duplex: 'half',
  });

/** Exports the jobs of a list as the media type `accept`, and returns the text. */
export const exportJobs = async (address: string, request: JsonObject, accept: string): Promise<string> =>
  (await post(address, routeOf('list'), JSON.stringify(request), { accept })).text();

/** Posts a body as `post` does, and returns once the head of the response is there; the client reads no further. */
export async function postUnread(
  address: string,
  path: string,
  body: string,
  headers: Headers = {},
): Promise<{ readonly sent: ClientRequest; readonly response: IncomingMessage }> {
  const all = { 'content-type': 'application/json', ...headers };
  const sent = request(`http://${address}${path}`, { method: 'POST', headers: all }).end(body);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).on('error', reject);
  });
  return { sent, response };
}

const failureIn = (body: JsonObject): Failure =>
  failureOf(status[Number(body['code'])] ?? '', stringOf(body['message']), body);

/** Decodes the JSON body of a route. Errors: it is not a JSON object. */
export function outcomeOf(body: string, ok: boolean): Outcome {
  const parsed: unknown = JSON.parse(body);
  if (!isObject(parsed)) throw new Error(`not a JSON object: ${body.slice(0, 80)}`);
  return ok ? { response: parsed } : { error: failureIn(parsed) };
}

/** Calls an rpc by its route. */
export async function callHttp(
  address: string,
  rpc: RpcName,
  request: JsonObject,
  headers: Headers = {},
  signal?: AbortSignal,
): Promise<Outcome> {
  const own = { ...REQUEST_ID, ...headers };
  const response = await post(address, routeOf(rpc), JSON.stringify(request), own, signal);
  return outcomeOf(await response.text(), response.ok);
}

export interface HttpAnswer extends Answer {
  /** The HTTP status; 0: no answer arrived. */
  readonly code: number;
}

export interface HttpOptions {
  readonly headers?: Headers;
  /** Cancels the request. */
  readonly signal?: AbortSignal;
  /** The time after which the client itself gives up. */
  readonly timeoutMs?: number;
}

export interface HttpClient {
  /** Posts a body, JSON by default; never rejects. */
  post(path: string, body: Uint8Array | string, options?: HttpOptions): Promise<HttpAnswer>;
  /** Calls an rpc by its route, with `grpc-timeout`; never rejects. */
  call(
    rpc: RpcName,
    request: JsonObject,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ): Promise<Outcome>;
  close(): void;
}

/** The gRPC status in a body: as a number or a name in JSON, or in the trailers of gRPC-Web. */
function statusIn(code: number, body: string): string {
  const number = /^\{"code":(\d+)/.exec(body)?.[1] ?? /grpc-status: (\d+)/.exec(body)?.[1];
  const name = /^\{"code":"(\w+)"/.exec(body)?.[1]?.toUpperCase().replace('CANCELED', 'CANCELLED');
  if (number !== undefined) return status[Number(number)] ?? number;
  return name ?? (code === 200 ? 'OK' : `HTTP ${code}`);
}

/** A body of gRPC-Web text is base64. */
const decoded = (type: string, body: Buffer): Buffer =>
  type.startsWith('application/grpc-web-text') ? Buffer.from(body.toString('latin1'), 'base64') : body;

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const { statusCode: code = 0, headers } = response;
  const bytes = decoded(headers['content-type'] ?? '', await buffer(response));
  const body = bytes.toString('latin1');
  const status = statusIn(code, body);
  return { status, text: status === 'OK' ? '' : body, bytes, code };
}

/** The answer in place of one that never arrived. */
const unanswered = (status: string, { message }: Error): HttpAnswer => ({
  status,
  text: message,
  bytes: Buffer.alloc(0),
  code: 0,
});

/** The outcome of a call by a route; without a readable answer it is UNAVAILABLE, or CANCELLED by the client itself. */
function outcomeOfCall({ status, text, bytes, code }: HttpAnswer): Outcome {
  const missing = (reason: string): Outcome => ({
    error: failureOf(status === 'CANCELLED' && code === 0 ? status : 'UNAVAILABLE', reason),
  });
  if (code === 0) return missing(text);
  try {
    return outcomeOf(bytes.toString(), code === 200);
  } catch (error) {
    return missing(String(error));
  }
}

/**
 * A client of the HTTP listener at `address`, on up to `connections` kept connections. Uses node:http: fetch may never
 * settle when a call is cancelled during its answer.
 */
export function createHttpClient(address: string, connections = Infinity): HttpClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const [host = '', port = ''] = address.split(':');
  const post: HttpClient['post'] = (path, body, { headers: own = {}, signal, timeoutMs } = {}) =>
    new Promise((resolve) => {
      const headers: OutgoingHttpHeaders = { 'content-type': 'application/json', ...own };
      const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
      const signals = [timeout, signal].filter((each) => each !== undefined);
      const fail = (error: Error): void => {
        const ended = signal?.aborted === true ? 'CANCELLED' : 'UNANSWERED';
        resolve(unanswered(timeout?.aborted === true ? 'DEADLINE_EXCEEDED' : ended, error));
      };
      const any = signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
      const call = request({ host, port, path, method: 'POST', agent, headers, ...any });
      call.once('response', (response) => {
        readAnswer(response).then(resolve, fail);
      });
      call.once('error', fail);
      call.end(body);
    });
  return {
    post,
    async call(rpc, request, { timeoutMs, ...options }) {
      const headers = { 'grpc-timeout': `${Math.ceil(timeoutMs)}m` };
      return outcomeOfCall(await post(routeOf(rpc), JSON.stringify(request), { headers, ...options }));
    },
    close() {
      agent.destroy();
    },
  };
}
