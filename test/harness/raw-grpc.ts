// gRPC calls with the exact headers and bytes of a test, which client libraries would tidy.
import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';

export interface RawOutcome {
  /** The number of the gRPC status; empty without one. */
  readonly status: string;
  readonly text: string;
}

/** Sends `body` as `callRaw` does, and answers the headers and trailers by their names. */
export async function rawHeaders(
  address: string,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<ReadonlyMap<string, string>> {
  const session = connect(`http://${address}`);
  const named = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', ...headers };
  const stream = session.request({ ...named, te: 'trailers' });
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

export interface Unread {
  readonly session: ClientHttp2Session;
  readonly stream: ClientHttp2Stream;
}

/** Requests an answer on a connection of its own, and reads no further than its window. */
export function leaveUnread(address: string, path: string, body: Uint8Array): Unread {
  const session = connect(`http://${address}`);
  session.on('error', () => undefined);
  const named = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const stream = session.request(named);
  stream.on('error', () => undefined);
  return { session, stream: stream.end(body) };
}
