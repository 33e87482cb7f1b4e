// The published Connect client for browsers, by each of its protocols, with the outcomes of the gRPC client.
import { fromJson, toJson } from '@bufbuild/protobuf';
import type { JsonObject } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { status } from '@grpc/grpc-js';
import { descriptors } from '../../src/wire/descriptors.js';
import { failureOf } from './client.js';
import type { Failure, Outcome, RpcName } from './client.js';
import { objectOf } from './json.js';
import { methodOf } from './messages.js';

const withToken =
  (token: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set('token', token);
    return next(request);
  };

const optionsFor = (address: string, token: string | undefined) => ({
  baseUrl: `http://${address}`,
  interceptors: token === undefined ? [] : [withToken(token)],
});

/** The transports of the client to `address`, with `token` in each call. */
export const TRANSPORTS = {
  'Connect with JSON': (address: string, token?: string) =>
    createConnectTransport(optionsFor(address, token)),
  'Connect with protobuf': (address: string, token?: string) =>
    createConnectTransport({ ...optionsFor(address, token), useBinaryFormat: true }),
  'gRPC-Web': (address: string, token?: string) => createGrpcWebTransport(optionsFor(address, token)),
} as const satisfies Record<string, (address: string, token?: string) => Transport>;

function failureIn(reason: unknown): Failure {
  const { code, rawMessage, details } = ConnectError.from(reason);
  const types = details.map((detail) => ('type' in detail ? detail.type : detail.desc.typeName));
  return failureOf(status[code] ?? '', rawMessage, types);
}

/** Calls an rpc with proto3 JSON; the client encodes it as its protocol requires. */
export async function callConnect(
  transport: Transport,
  rpc: RpcName,
  request: JsonObject,
  options: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<Outcome> {
  const method = methodOf(rpc);
  const registry = descriptors;
  try {
    const sent = fromJson(method.input, request, { registry });
    const { message } = await transport.unary(method, options.signal, options.timeoutMs, undefined, sent);
    return { response: objectOf(toJson(method.output, message, { registry, useProtoFieldName: true })) };
  } catch (reason) {
    return { error: failureIn(reason) };
  }
}
