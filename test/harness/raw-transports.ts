// Requests as they lie on the wire, through each transport: bytes of protobuf, or the text of JSON.
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { descriptors, JOB_SERVICE } from '../../src/wire/descriptors.js';
import type { Failure, Outcome, RpcName } from './client.js';
import { outcomeOf } from './http-client.js';
import { framed } from './raw-grpc.js';

/** Sends a request as it is to the HTTP listener at `address`. */
export type RawTransport = (address: string, rpc: RpcName, request: Uint8Array) => Promise<Outcome>;

const FRAME = 5;

/** The status that a protocol calls `code`. */
const statusNamed = (code: string): string => (code === 'canceled' ? 'CANCELLED' : code.toUpperCase());

function failure(name: string, message: string): Failure {
  const [, code = '', text = message] = /^(ERROR_\w+): (.*)$/s.exec(message) ?? [];
  return { status: name, code, text, details: null };
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectOf = (value: JsonValue): JsonObject => (isObject(value) ? value : {});

function responseOf(rpc: RpcName, bytes: Uint8Array): Outcome {
  const output = JOB_SERVICE.methods.find(({ name }) => name === rpc)?.output;
  if (output === undefined) throw new Error(`the contract has no ${rpc}`);
  const json = toJson(output, fromBinary(output, bytes), { registry: descriptors, useProtoFieldName: true });
  return { response: objectOf(json) };
}

/** A request, and the body of what comes back. */
async function posted(
  address: string,
  path: string,
  type: string,
  body: Uint8Array,
): Promise<{ readonly ok: boolean; readonly body: Buffer }> {
  const headers = { 'content-type': type };
  const response = await fetch(`http://${address}${path}`, {
    method: 'POST',
    headers,
    body: Buffer.from(body),
  });
  return { ok: response.ok, body: Buffer.from(await response.arrayBuffer()) };
}

const pathOf = (rpc: RpcName): string => `/${JOB_SERVICE.typeName}/${rpc}`;

const textOf = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

function connectFailure(body: Buffer): Outcome {
  const told: unknown = JSON.parse(body.toString());
  const { code, message } = isObject(told) ? told : {};
  return { error: failure(statusNamed(textOf(code)), textOf(message)) };
}

const route: RawTransport = async (address, rpc, request) => {
  const { ok, body } = await posted(address, `/inventory/v1/job/${rpc}`, 'application/json', request);
  return outcomeOf(body.toString(), ok);
};

const connectJson: RawTransport = async (address, rpc, request) => {
  const { ok, body } = await posted(address, pathOf(rpc), 'application/json', request);
  return ok ? outcomeOf(body.toString(), ok) : connectFailure(body);
};

const connectProto: RawTransport = async (address, rpc, request) => {
  const { ok, body } = await posted(address, pathOf(rpc), 'application/proto', request);
  return ok ? responseOf(rpc, body) : connectFailure(body);
};

/** What stands in the frames of a gRPC-Web answer: a message where there is one, and the trailers. */
function unframed(body: Buffer): {
  readonly message: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
} {
  const length = body[0] === 0 ? body.readUInt32BE(1) : -FRAME;
  const message = body.subarray(FRAME, Math.max(FRAME, FRAME + length));
  const lines = body.subarray(FRAME + length + FRAME).toString();
  const pairs = lines.split('\r\n').map((line) => line.split(': ', 2));
  return { message, trailers: new Map(pairs.map(([name = '', value = '']) => [name, value])) };
}

const grpcWeb =
  (type: string, read: (rpc: RpcName, message: Buffer) => Outcome): RawTransport =>
  async (address, rpc, request) => {
    const { body } = await posted(address, pathOf(rpc), type, framed(request));
    const { message, trailers } = unframed(body);
    const code = Number(trailers.get('grpc-status'));
    if (code === 0) return read(rpc, message);
    return { error: failure(status[code] ?? '', decodeURIComponent(trailers.get('grpc-message') ?? '')) };
  };

/** The transports that take bytes of protobuf, beside gRPC. */
export const BYTES: Readonly<Record<string, RawTransport>> = {
  'Connect with protobuf': connectProto,
  'gRPC-Web': grpcWeb('application/grpc-web+proto', responseOf),
};

/** The transports that take JSON. */
export const TEXT: Readonly<Record<string, RawTransport>> = {
  HTTP: route,
  'Connect with JSON': connectJson,
  'gRPC-Web with JSON': grpcWeb('application/grpc-web+json', (_, message) =>
    outcomeOf(message.toString(), true),
  ),
};
