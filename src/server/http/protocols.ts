/**
 * The protocols of the HTTP listener, one per content type: the encoding of messages, the header of the deadline and the
 * form of failures (docs/http.md «Protocols»). Connect and gRPC-Web are supported for unary calls.
 */
import type { AppError } from '../../errors.js';
import { fail, STATUSES } from '../../errors.js';
import { Status } from '../../gen/google/rpc/status.js';
import { JSON_TEXT, PROTOBUF } from '../../wire/codec.js';
import type { Codec } from '../../wire/codec.js';
import { messageNamed } from '../../wire/descriptors.js';
import type { Transport } from '../call-context.js';
import { statusDetails } from '../details.js';
import { CONNECT_TIMEOUT, CONNECT_VERSION, GRPC_TIMEOUT } from '../headers.js';
import type { HeaderForm, HeaderOf } from '../headers.js';

/** An HTTP status, a content type and a body. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

export interface Protocol {
  readonly transport: Transport;
  readonly codec: Codec;
  /** The content type of an answer. */
  readonly type: string;
  readonly headers: readonly HeaderForm[];
  /** Returns the client's timeout in milliseconds, from well-formed headers; Infinity without one. */
  timeout(header: HeaderOf): number;
  failure(error: AppError, requestId: string): Reply;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['H', 3_600_000],
  ['M', 60_000],
  ['S', 1000],
  ['m', 1],
  ['u', 1e-3],
  ['n', 1e-6],
]);

function grpcTimeout(header: HeaderOf): number {
  const sent = header(GRPC_TIMEOUT.name);
  return sent === undefined ? Infinity : Number(sent.slice(0, -1)) * (UNITS.get(sent.slice(-1)) ?? NaN);
}

const STATUS_MESSAGE = messageNamed('google.rpc.Status');

/** The protocol of the contract's routes: JSON, with google.rpc.Status for a failure. */
export const ROUTE_JSON: Protocol = {
  transport: 'json',
  codec: JSON_TEXT,
  type: 'application/json',
  headers: [GRPC_TIMEOUT],
  timeout: grpcTimeout,
  failure: (error, requestId) => ({
    status: error.http,
    type: 'application/json',
    body: Buffer.concat([...JSON_TEXT.encode(STATUS_MESSAGE, statusDetails(error, requestId))]),
  }),
};

/** Encodes base64 without padding, the form of details in both protocols. */
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** Answers Connect's name of a status: gRPC's in lower case, with one exception. */
const connectCode = ({ status }: AppError): string =>
  status === 'CANCELLED' ? 'canceled' : status.toLowerCase();

function connectFailure(error: AppError, requestId: string): Reply {
  const details = Status.decode(statusDetails(error, requestId)).details.map(({ type_url, value }) => ({
    type: type_url.replace('type.googleapis.com/', ''),
    value: base64(value),
  }));
  const body = { code: connectCode(error), message: error.message, details };
  // Connect has a table of its own from codes to HTTP statuses, that of gRPC's codes.
  return {
    status: STATUSES[error.status].http,
    type: 'application/json',
    body: Buffer.from(JSON.stringify(body)),
  };
}

const connect = (type: string, codec: Codec): Protocol => ({
  transport: 'connect',
  codec,
  type,
  headers: [CONNECT_VERSION, CONNECT_TIMEOUT],
  timeout: (header) => Number(header(CONNECT_TIMEOUT.name) ?? Infinity),
  failure: connectFailure,
});

/** The first byte of a frame, and the size of its prefix: that byte and the length. */
const MESSAGE = 0x00;
const TRAILERS = 0x80;
const PREFIX_BYTES = 5;

/** Writes the prefix for `length` bytes of content. */
function framePrefix(flags: number, length: number): Uint8Array {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** Unwraps a request, a single frame. */
function unwrapFrame(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const whole = bytes.length >= PREFIX_BYTES && bytes.readUInt32BE(1) === bytes.length - PREFIX_BYTES;
  if (whole && bytes[0] === MESSAGE) return bytes.subarray(PREFIX_BYTES);
  return fail('INVALID_PARAMETER', { key: 'body', reason: 'it must be one uncompressed gRPC-Web message' });
}

function trailers(lines: Readonly<Record<string, string | number>>): Uint8Array {
  const content = Buffer.from(
    Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  );
  return Buffer.concat([framePrefix(TRAILERS, content.length), content]);
}

const SUCCEEDED = trailers({ 'grpc-status': 0 });

function grpcWebFailure(error: AppError, requestId: string): Uint8Array {
  return trailers({
    'grpc-status': STATUSES[error.status].grpc,
    'grpc-message': encodeURIComponent(error.message),
    'grpc-status-details-bin': base64(statusDetails(error, requestId)),
  });
}

const NOTHING = new Uint8Array();

/** Wraps the chunks of an answer in one frame; its length is known only after the last chunk. */
function* wrapFrame(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const content: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    content.push(chunk);
    length += chunk.length;
    yield NOTHING;
  }
  yield framePrefix(MESSAGE, length);
  yield* content;
  yield SUCCEEDED;
}

/** Bytes per step of base64 encoding, a multiple of three. */
const BASE64_CHUNK_BYTES = 3 * 16_384;

function* base64Of(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let rest = Buffer.alloc(0);
  for (const chunk of chunks) {
    if (chunk.length === 0) yield chunk;
    for (let at = 0; at < chunk.length; at += BASE64_CHUNK_BYTES) {
      const bytes = Buffer.concat([rest, chunk.subarray(at, at + BASE64_CHUNK_BYTES)]);
      const whole = bytes.length - (bytes.length % 3);
      rest = bytes.subarray(whole);
      yield Buffer.from(bytes.toString('base64', 0, whole));
    }
  }
  yield Buffer.from(rest.toString('base64'));
}

function fromBase64(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  const digits = /^([A-Za-z\d+/]*)={0,2}$/.exec(text)?.[1];
  // One digit beyond a group of four is less than a byte.
  if (digits !== undefined && digits.length % 4 !== 1) return Buffer.from(digits, 'base64');
  return fail('INVALID_PARAMETER', {
    key: 'body',
    reason: 'it must be base64, with padding at its end alone',
  });
}

interface TransferForm {
  read(body: Uint8Array): Uint8Array;
  write(chunks: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

/** Plain bytes, and base64 for clients unable to handle bytes. */
const BINARY: TransferForm = { read: (body) => body, write: (chunks) => chunks };
const TEXT: TransferForm = { read: fromBase64, write: base64Of };

const grpcWeb = (type: string, inner: Codec, { read, write } = BINARY): Protocol => ({
  transport: 'grpc_web',
  codec: {
    decode: (message, sent) => inner.decode(message, unwrapFrame(read(sent))),
    encode: (message, bytes) => write(wrapFrame(inner.encode(message, bytes))),
  },
  type,
  headers: [GRPC_TIMEOUT],
  timeout: grpcTimeout,
  failure: (error, requestId) => ({
    status: 200,
    type,
    body: Buffer.concat([...write([grpcWebFailure(error, requestId)])]),
  }),
});

/** The protocols of `/<service>/<rpc>`, by content type. */
export const PROTOCOLS: ReadonlyMap<string, Protocol> = new Map(
  [
    connect('application/json', JSON_TEXT),
    connect('application/proto', PROTOBUF),
    grpcWeb('application/grpc-web', PROTOBUF),
    grpcWeb('application/grpc-web+proto', PROTOBUF),
    grpcWeb('application/grpc-web+json', JSON_TEXT),
    grpcWeb('application/grpc-web-text', PROTOBUF, TEXT),
    grpcWeb('application/grpc-web-text+proto', PROTOBUF, TEXT),
  ].map((protocol) => [protocol.type, protocol] as const),
);
