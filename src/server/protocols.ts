/**
 * The protocols of the HTTP door, one for each content type: how a message is written, how a deadline is told and how
 * a failure looks (docs/http.md «Protocols»). Connect and gRPC-Web are those of unary calls.
 */
import type { AppError } from '../errors.js';
import { fail, STATUSES } from '../errors.js';
import { Status } from '../gen/google/rpc/status.js';
import { JSON_TEXT, PROTOBUF } from '../wire/codec.js';
import type { Codec } from '../wire/codec.js';
import { messageNamed } from '../wire/descriptors.js';
import { statusDetails } from './details.js';

/** What is answered: an HTTP status, a content type and a body. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

export type HeaderOf = (name: string) => string | undefined;

export interface Protocol {
  readonly codec: Codec;
  /** The content type of an answer. */
  readonly type: string;
  /** Milliseconds that the client gives its call; Infinity: it does not say. */
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

/** The grpc-timeout header. */
function grpcTimeout(header: HeaderOf): number {
  const [, count, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(header('grpc-timeout') ?? '') ?? [];
  return count === undefined ? Infinity : Number(count) * (UNITS.get(unit) ?? 0);
}

const STATUS_MESSAGE = messageNamed('google.rpc.Status');

/** The contract's routes: JSON, and google.rpc.Status as JSON for a failure. */
export const ROUTE_JSON: Protocol = {
  codec: JSON_TEXT,
  type: 'application/json',
  timeout: grpcTimeout,
  failure: (error) => ({
    status: error.http,
    type: 'application/json',
    body: JSON_TEXT.encode(STATUS_MESSAGE, statusDetails(error)),
  }),
};

/** The connect-timeout-ms header. */
function connectTimeout(header: HeaderOf): number {
  const sent = header('connect-timeout-ms') ?? '';
  return /^\d{1,10}$/.test(sent) ? Number(sent) : Infinity;
}

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
  return { status: error.http, type: 'application/json', body: Buffer.from(JSON.stringify(body)) };
}

const connect = (type: string, codec: Codec): Protocol => ({
  codec,
  type,
  timeout: connectTimeout,
  failure: connectFailure,
});

/** The first byte of a frame, and the bytes before its content: that byte, and the length. */
const MESSAGE = 0x00;
const TRAILERS = 0x80;
const PREFIX = 5;

function frame(flags: number, content: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt8(flags, 0);
  prefix.writeUInt32BE(content.length, 1);
  return Buffer.concat([prefix, content]);
}

/** The content of the one frame that a request is. */
function unframed(body: Uint8Array): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const whole = bytes.length >= PREFIX && bytes.readUInt32BE(1) === bytes.length - PREFIX;
  if (whole && bytes[0] === MESSAGE) return bytes.subarray(PREFIX);
  return fail('INVALID_PARAMETER', { key: 'body', reason: 'it must be one uncompressed gRPC-Web message' });
}

const trailers = (lines: Readonly<Record<string, string | number>>): Uint8Array =>
  frame(
    TRAILERS,
    Buffer.from(
      Object.entries(lines)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join(''),
    ),
  );

const SUCCEEDED = trailers({ 'grpc-status': 0 });

function grpcWebFailure(error: AppError): Uint8Array {
  return trailers({
    'grpc-status': STATUSES[error.status].grpc,
    'grpc-message': encodeURIComponent(error.message),
    'grpc-status-details-bin': base64(statusDetails(error)),
  });
}

/** Bytes as they are; and as base64, for clients that cannot take bytes. */
const BINARY = { read: (body: Uint8Array) => body, write: (body: Uint8Array) => body };
const TEXT = {
  read: (body: Uint8Array) => Buffer.from(Buffer.from(body).toString('latin1'), 'base64'),
  write: (body: Uint8Array) => Buffer.from(Buffer.from(body).toString('base64')),
};

const grpcWeb = (type: string, inner: Codec, { read, write } = BINARY): Protocol => ({
  codec: {
    decode: (message, sent) => inner.decode(message, unframed(read(sent))),
    encode: (message, bytes) =>
      write(Buffer.concat([frame(MESSAGE, inner.encode(message, bytes)), SUCCEEDED])),
  },
  type,
  timeout: grpcTimeout,
  failure: (error) => ({ status: 200, type, body: write(grpcWebFailure(error)) }),
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
