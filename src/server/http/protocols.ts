/**
 * The protocols of the HTTP door, one for each content type: how a message is written, how a deadline is told and how
 * a failure looks (docs/http.md «Protocols»). Connect and gRPC-Web are those of unary calls.
 */
import type { AppError } from '../../errors.js';
import { fail, STATUSES } from '../../errors.js';
import { Status } from '../../gen/google/rpc/status.js';
import { JSON_TEXT, PROTOBUF } from '../../wire/codec.js';
import type { Codec } from '../../wire/codec.js';
import { messageNamed } from '../../wire/descriptors.js';
import { statusDetails } from '../details.js';
import { CONNECT_TIMEOUT, CONNECT_VERSION, GRPC_TIMEOUT } from '../headers.js';
import type { HeaderForm, HeaderOf } from '../headers.js';

/** What is answered: an HTTP status, a content type and a body. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

export interface Protocol {
  readonly codec: Codec;
  /** The content type of an answer. */
  readonly type: string;
  readonly headers: readonly HeaderForm[];
  /** Milliseconds that the client gives its call, by headers of these forms; Infinity: it does not say. */
  timeout(header: HeaderOf): number;
  failure(error: AppError): Reply;
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

/** The contract's routes: JSON, and google.rpc.Status as JSON for a failure. */
export const ROUTE_JSON: Protocol = {
  codec: JSON_TEXT,
  type: 'application/json',
  headers: [GRPC_TIMEOUT],
  timeout: grpcTimeout,
  failure: (error) => ({
    status: error.http,
    type: 'application/json',
    body: Buffer.concat([...JSON_TEXT.encode(STATUS_MESSAGE, statusDetails(error))]),
  }),
};

/** Base64 without padding, as both protocols put details. */
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '');

/** What Connect calls a status: as gRPC does in lower case, but for one. */
const connectCode = ({ status }: AppError): string =>
  status === 'CANCELLED' ? 'canceled' : status.toLowerCase();

function connectFailure(error: AppError): Reply {
  const details = Status.decode(statusDetails(error)).details.map(({ type_url, value }) => ({
    type: type_url.replace('type.googleapis.com/', ''),
    value: base64(value),
  }));
  const body = { code: connectCode(error), message: error.message, details };
  // Connect has a table of its own from codes to statuses, the one of gRPC's codes over HTTP.
  return {
    status: STATUSES[error.status].http,
    type: 'application/json',
    body: Buffer.from(JSON.stringify(body)),
  };
}

const connect = (type: string, codec: Codec): Protocol => ({
  codec,
  type,
  headers: [CONNECT_VERSION, CONNECT_TIMEOUT],
  timeout: (header) => Number(header(CONNECT_TIMEOUT.name) ?? Infinity),
  failure: connectFailure,
});

/** The first byte of a frame, and the bytes before its content: that byte, and the length. */
const MESSAGE = 0x00;
const TRAILERS = 0x80;
const PREFIX = 5;

/** What comes before `length` bytes of content. */
function prefixOf(flags: number, length: number): Uint8Array {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

/** The content of the one frame that a request is. */
function unframed(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const whole = bytes.length >= PREFIX && bytes.readUInt32BE(1) === bytes.length - PREFIX;
  if (whole && bytes[0] === MESSAGE) return bytes.subarray(PREFIX);
  return fail('INVALID_PARAMETER', { key: 'body', reason: 'it must be one uncompressed gRPC-Web message' });
}

function trailers(lines: Readonly<Record<string, string | number>>): Uint8Array {
  const content = Buffer.from(
    Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(''),
  );
  return Buffer.concat([prefixOf(TRAILERS, content.length), content]);
}

const SUCCEEDED = trailers({ 'grpc-status': 0 });

function grpcWebFailure(error: AppError): Uint8Array {
  return trailers({
    'grpc-status': STATUSES[error.status].grpc,
    'grpc-message': encodeURIComponent(error.message),
    'grpc-status-details-bin': base64(statusDetails(error)),
  });
}

const NOTHING = new Uint8Array();

/** An answer: the chunks as one frame, whose length is known when they are all made. */
function* framed(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const content: Uint8Array[] = [];
  let length = 0;
  for (const chunk of chunks) {
    content.push(chunk);
    length += chunk.length;
    yield NOTHING;
  }
  yield prefixOf(MESSAGE, length);
  yield* content;
  yield SUCCEEDED;
}

/** Bytes that are written as base64 at once; three are four characters. */
const GROUPS = 3 * 16_384;

function* base64Of(chunks: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  let rest = Buffer.alloc(0);
  for (const chunk of chunks) {
    if (chunk.length === 0) yield chunk;
    for (let at = 0; at < chunk.length; at += GROUPS) {
      const bytes = Buffer.concat([rest, chunk.subarray(at, at + GROUPS)]);
      const whole = bytes.length - (bytes.length % 3);
      rest = bytes.subarray(whole);
      yield Buffer.from(bytes.toString('base64', 0, whole));
    }
  }
  yield Buffer.from(rest.toString('base64'));
}

interface Form {
  read(body: Uint8Array): Uint8Array;
  write(chunks: Iterable<Uint8Array>): Iterable<Uint8Array>;
}

/** Bytes as they are; and as base64, for clients that cannot take bytes. */
const BINARY: Form = { read: (body) => body, write: (chunks) => chunks };
const TEXT: Form = {
  read: (body) => Buffer.from(Buffer.from(body).toString('latin1'), 'base64'),
  write: base64Of,
};

const grpcWeb = (type: string, inner: Codec, { read, write } = BINARY): Protocol => ({
  codec: {
    decode: (message, sent) => inner.decode(message, unframed(read(sent))),
    encode: (message, bytes) => write(framed(inner.encode(message, bytes))),
  },
  type,
  headers: [GRPC_TIMEOUT],
  timeout: grpcTimeout,
  failure: (error) => ({ status: 200, type, body: Buffer.concat([...write([grpcWebFailure(error)])]) }),
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
