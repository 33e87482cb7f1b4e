// The gRPC client: requests as bytes or as JSON, answers as bytes or as outcomes.
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { CallOptions, ChannelOptions, ServiceError } from '@grpc/grpc-js';
import { descriptors } from '../../src/wire/descriptors.js';
import { pathOf, requestBytes, responseOf } from './messages.js';
import type { RpcName } from './messages.js';

export type { RpcName } from './messages.js';

export interface Failure {
  readonly status: string;
  /** The error code, and the text after it. */
  readonly code: string;
  readonly text: string;
  /** `{code, message, details}` of grpc-status-details-bin. */
  readonly details: JsonValue;
}

export type Outcome = { readonly response: JsonObject } | { readonly error: Failure };

/** The end of a call: OK, or the name of its status. */
export const statusOf = (outcome: Outcome): string => ('error' in outcome ? outcome.error.status : 'OK');

/** Splits `ERROR_CODE: text`. */
export function failureOf(status: string, message: string, details: JsonValue = null): Failure {
  const [, code = '', text = message] = /^(ERROR_\w+): (.*)$/s.exec(message) ?? [];
  return { status, code, text, details };
}

/** An answer before it is decoded. */
export interface Answer {
  /** The name of a gRPC status, or the reason for a missing answer. */
  readonly status: string;
  /** The message of a failure. */
  readonly text: string;
  /** The bytes of a message, or of the details of a failure. */
  readonly bytes: Buffer;
}

export type Headers = Readonly<Record<string, string>>;

/** The options of grpc-js, or `timeoutMs` in place of a deadline; aborting `signal` cancels the call. */
export type Options = CallOptions & {
  readonly headers?: Headers;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
};

export interface GrpcClient {
  /** Sends bytes unchanged; never rejects. */
  send(rpc: RpcName, bytes: Uint8Array, options?: Options): Promise<Answer>;
  close(): void;
}

/** Errors carry the request id of their call: with one id, equal calls fail equally. */
export const REQUEST_ID: Headers = { 'x-request-id': 'one-of-a-test' };

const EMPTY = Buffer.alloc(0);
const unchanged = (bytes: Buffer): Buffer => bytes;
const UNLIMITED = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 } as const;

/** Gives a client a connection of its own, instead of one shared with others in this process. */
export const OWN_CONNECTION: ChannelOptions = { 'grpc.use_local_subchannel_pool': 1 };

function metadataOf(headers: Headers): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function failed({ code, details, metadata }: ServiceError): Answer {
  const [bytes] = metadata.get('grpc-status-details-bin');
  return { status: status[code], text: details, bytes: Buffer.isBuffer(bytes) ? bytes : EMPTY };
}

/** Does `work` without the stacks of its errors: the library makes one for each call, and jest maps it to the sources. */
function withoutStacks<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Connects to the gRPC listener at `address`, without limits on the sizes of messages. */
export function createGrpcClient(address: string, options: ChannelOptions = {}): GrpcClient {
  const client = new Client(address, credentials.createInsecure(), { ...UNLIMITED, ...options });
  return {
    send: (rpc, bytes, { headers = {}, signal, timeoutMs, ...options } = {}) =>
      new Promise((resolve) => {
        const call = withoutStacks(() =>
          client.makeUnaryRequest(
            pathOf(rpc),
            unchanged,
            unchanged,
            Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes),
            metadataOf(headers),
            timeoutMs === undefined ? options : { ...options, deadline: Date.now() + timeoutMs },
            (error, answer = EMPTY) => {
              resolve(error === null ? { status: 'OK', text: '', bytes: answer } : failed(error));
            },
          ),
        );
        signal?.addEventListener('abort', () => {
          call.cancel();
        });
      }),
    close() {
      client.close();
    },
  };
}

export interface JsonClient {
  /** Sends proto3 JSON; `deadline` is a time in milliseconds. */
  call(rpc: RpcName, request: JsonObject, options?: Options): Promise<Outcome>;
  /** Sends bytes unchanged. */
  send(rpc: RpcName, bytes: Uint8Array, options?: Options): Promise<Outcome>;
  close(): void;
}

function detailsIn(bytes: Uint8Array): JsonValue {
  const schema = descriptors.getMessage('google.rpc.Status');
  if (schema === undefined || bytes.length === 0) return null;
  return toJson(schema, fromBinary(schema, bytes), { registry: descriptors, useProtoFieldName: true });
}

/** Decodes an answer to `rpc`. */
export function outcomeOfAnswer(rpc: RpcName, { status, text, bytes }: Answer): Outcome {
  return status === 'OK'
    ? { response: responseOf(rpc, bytes) }
    : { error: failureOf(status, text, detailsIn(bytes)) };
}

/** Connects to `address` and sends `token` with each call. */
export function jsonClient(address: string, token?: string): JsonClient {
  const client = createGrpcClient(address);
  const own = token === undefined ? REQUEST_ID : { ...REQUEST_ID, token };
  const send: JsonClient['send'] = async (rpc, bytes, options) => {
    const headers = { ...own, ...options?.headers };
    return outcomeOfAnswer(rpc, await client.send(rpc, bytes, { ...options, headers }));
  };
  return {
    send,
    call: async (rpc, request, options) => send(rpc, requestBytes(rpc, request), options),
    close: client.close,
  };
}
