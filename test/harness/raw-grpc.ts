// gRPC calls with the exact headers and bytes of a test, which client libraries would tidy.
import { once } from 'node:events';
import { connect } from 'node:http2';
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionOptions,
  IncomingHttpHeaders,
} from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { pathOf } from './messages.js';

export interface RawOutcome {
  /** The number of the gRPC status; empty without one. */
  readonly status: string;
  readonly text: string;
}

/** Connects to the gRPC listener at `address`; any end of the session is expected. */
export const openSession = (address: string, options: ClientSessionOptions = {}): ClientHttp2Session =>
  connect(`http://${address}`, options).on('error', () => undefined);

/** Opens a request, without its body; any end of the stream is expected. */
export const openStream = (
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream =>
  session
    .request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      ...headers,
      te: 'trailers',
    })
    .on('error', () => undefined);

/** Sends `body` as `callRaw` does, and answers the headers and trailers by their names. */
export async function rawHeaders(
  address: string,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, string>> {
  const session = openSession(address);
  const stream = openStream(session, path, headers);
  const received = new Map<string, string>();
  const receive = (lines: IncomingHttpHeaders): void => {
    for (const [name, value] of Object.entries(lines)) received.set(name, String(value));
  };
  stream.on('response', receive);
  stream.on('trailers', receive);
  stream.end(body);
  await buffer(stream);
  session.close();
  return received;
}

/** Sends `body` to `path` of the gRPC listener at `address`, on a new connection. */
export async function callRaw(...call: Parameters<typeof rawHeaders>): Promise<RawOutcome> {
  const received = await rawHeaders(...call);
  return {
    status: received.get('grpc-status') ?? '',
    text: decodeURIComponent(received.get('grpc-message') ?? ''),
  };
}

export interface Held {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/** Requests an answer on a connection of its own, and reads no further than its window. */
export function leaveUnread(address: string, path: string, body: Uint8Array): Held {
  const session = openSession(address);
  return { session, stream: openStream(session, path).end(body) };
}

/** Opens a request on a connection of its own, and never sends its body. */
export async function leaveUnsent(address: string): Promise<Held> {
  const session = openSession(address);
  const stream = openStream(session, pathOf('list'));
  await once(session, 'remoteSettings');
  return { session, stream };
}
