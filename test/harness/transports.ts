// The transports of the HTTP listener: how each sends a request, as bytes of protobuf or as JSON, and reads the answer.
import { status } from '@grpc/grpc-js';
import { failureOf } from './client.js';
import type { Outcome, RpcName } from './client.js';
import { framed, unframed } from './frames.js';
import { outcomeOf, post, routeOf } from './http-client.js';
import { parseObject, stringOf } from './json.js';
import { pathOf, responseOf } from './messages.js';

export interface Transport {
  readonly codec: 'protobuf' | 'JSON';
  readonly contentType: string;
  path(rpc: RpcName): string;
  /** The body that carries a request. */
  body(request: Uint8Array): Uint8Array;
  /** Decodes a body; `ok` says whether the HTTP status is 200. Errors: the body is malformed. */
  outcome(rpc: RpcName, body: Buffer, ok: boolean): Outcome;
}

const same = (request: Uint8Array): Uint8Array => request;

/** Reads the response in a message. */
type Read = (rpc: RpcName, message: Buffer) => Outcome;

const readJson: Read = (_, message) => outcomeOf(message.toString(), true);
const readProto: Read = (rpc, message) => ({ response: responseOf(rpc, message) });

/** The name in gRPC of a status of Connect. */
const statusNamed = (code: string): string => (code === 'canceled' ? 'CANCELLED' : code.toUpperCase());

function connectFailure(body: Buffer): Outcome {
  const { code, message } = parseObject(body.toString());
  return { error: failureOf(statusNamed(stringOf(code)), stringOf(message)) };
}

const connect = (codec: Transport['codec'], contentType: string, read: Read): Transport => ({
  codec,
  contentType,
  path: pathOf,
  body: same,
  outcome: (rpc, body, ok) => (ok ? read(rpc, body) : connectFailure(body)),
});

const grpcWeb = (codec: Transport['codec'], contentType: string, read: Read): Transport => ({
  codec,
  contentType,
  path: pathOf,
  body: framed,
  outcome(rpc, body) {
    const { message, trailers } = unframed(body);
    const code = Number(trailers.get('grpc-status'));
    if (code === 0) return read(rpc, message);
    const text = decodeURIComponent(trailers.get('grpc-message') ?? '');
    return { error: failureOf(status[code] ?? '', text) };
  },
});

export const TRANSPORTS = {
  HTTP: {
    codec: 'JSON',
    contentType: 'application/json',
    path: routeOf,
    body: same,
    outcome: (_, body, ok) => outcomeOf(body.toString(), ok),
  },
  'Connect with JSON': connect('JSON', 'application/json', readJson),
  'Connect with protobuf': connect('protobuf', 'application/proto', readProto),
  'gRPC-Web': grpcWeb('protobuf', 'application/grpc-web+proto', readProto),
  'gRPC-Web without a codec': grpcWeb('protobuf', 'application/grpc-web', readProto),
  'gRPC-Web with JSON': grpcWeb('JSON', 'application/grpc-web+json', readJson),
} as const satisfies Readonly<Record<string, Transport>>;

/** Sends the bytes of a request to the HTTP listener at `address`. */
export async function sendBy(
  transport: Transport,
  address: string,
  rpc: RpcName,
  request: Uint8Array,
): Promise<Outcome> {
  const headers = { 'content-type': transport.contentType };
  const response = await post(address, transport.path(rpc), transport.body(request), headers);
  return transport.outcome(rpc, Buffer.from(await response.arrayBuffer()), response.ok);
}
