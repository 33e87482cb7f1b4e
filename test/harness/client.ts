// A client that speaks JSON to the gRPC door, by the descriptors of the contract: nothing of the service's own codecs.
import { create, fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue, Registry } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { CallOptions, ServiceError } from '@grpc/grpc-js';
import { descriptors } from '../../src/wire/descriptors.js';

const SERVICE = 'spaceone.api.inventory.v1.Job';

export type RpcName = 'get' | 'list' | 'stat' | 'delete';

export interface Failure {
  readonly status: string;
  /** The error code, and the text behind it. */
  readonly code: string;
  readonly text: string;
  /** `{code, message, details}` of grpc-status-details-bin. */
  readonly details: JsonValue;
}

export type Outcome = { readonly response: JsonObject } | { readonly error: Failure };

/** The library's options; `signal` cancels the call. */
export type Options = CallOptions & { readonly signal?: AbortSignal };

export interface JsonClient {
  /** Sends proto3 JSON; a number of milliseconds for `deadline`. */
  call(rpc: RpcName, request: JsonObject, options?: Options): Promise<Outcome>;
  /** Sends bytes as they are. */
  send(rpc: RpcName, bytes: Uint8Array, options?: Options): Promise<Outcome>;
  close(): void;
}

function methodOf(rpc: RpcName) {
  const method = descriptors.getService(SERVICE)?.methods.find(({ name }) => name === rpc);
  if (method === undefined) throw new Error(`the contract has no ${rpc}`);
  return method;
}

const registry: Registry = descriptors;

function detailsOf(metadata: Metadata): JsonValue {
  const [bytes] = metadata.get('grpc-status-details-bin');
  const schema = descriptors.getMessage('google.rpc.Status');
  if (schema === undefined || !Buffer.isBuffer(bytes)) return null;
  return toJson(schema, fromBinary(schema, bytes), { registry, useProtoFieldName: true });
}

function failure(error: ServiceError): Failure {
  const [, code = '', text = error.details] = /^(ERROR_\w+): (.*)$/s.exec(error.details) ?? [];
  return { status: status[error.code], code, text, details: detailsOf(error.metadata) };
}

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return metadata;
}

/** Connects to `address`, and sends `token` with each call; messages of any size are taken. */
export function jsonClient(address: string, token?: string): JsonClient {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.max_receive_message_length': -1 });
  const send: JsonClient['send'] = (rpc, bytes, { signal, ...options } = {}) =>
    new Promise((resolve) => {
      const { output } = methodOf(rpc);
      const call = client.makeUnaryRequest(
        `/${SERVICE}/${rpc}`,
        (request: Uint8Array) => Buffer.from(request),
        (response) => response,
        bytes,
        metadataOf(token),
        options,
        (error, response) => {
          if (error !== null) {
            resolve({ error: failure(error) });
            return;
          }
          const message = response === undefined ? create(output) : fromBinary(output, response);
          const json = toJson(output, message, { registry, useProtoFieldName: true });
          resolve({
            response: typeof json === 'object' && json !== null && !Array.isArray(json) ? json : {},
          });
        },
      );
      signal?.addEventListener('abort', () => {
        call.cancel();
      });
    });
  return {
    send,
    call(rpc, request, options) {
      const { input } = methodOf(rpc);
      return send(rpc, toBinary(input, fromJson(input, request, { registry })), options);
    },
    close() {
      client.close();
    },
  };
}
