// The published Connect client for browsers, by either of its protocols, with outcomes as those of the gRPC client.
import { fromJson, toJson } from '@bufbuild/protobuf';
import type { DescMethod, DescMethodUnary, JsonObject } from '@bufbuild/protobuf';
import { ConnectError } from '@connectrpc/connect';
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import { status } from '@grpc/grpc-js';
import { descriptors, JOB_SERVICE } from '../../src/wire/descriptors.js';
import type { Failure, Outcome, RpcName } from './client.js';

const sending =
  (token: string): Interceptor =>
  (next) =>
  (request) => {
    request.header.set('token', token);
    return next(request);
  };

const to = (address: string, token: string | undefined) => ({
  baseUrl: `http://${address}`,
  interceptors: token === undefined ? [] : [sending(token)],
});

/** The client's transports to `address`, with `token` in each call. */
export const TRANSPORTS = {
  'Connect with JSON': (address: string, token?: string) => createConnectTransport(to(address, token)),
  'Connect with protobuf': (address: string, token?: string) =>
    createConnectTransport({ ...to(address, token), useBinaryFormat: true }),
  'gRPC-Web': (address: string, token?: string) => createGrpcWebTransport(to(address, token)),
} as const satisfies Record<string, (address: string, token?: string) => Transport>;

const isUnary = (method: DescMethod): method is DescMethod & DescMethodUnary => method.methodKind === 'unary';

function methodOf(rpc: RpcName): DescMethodUnary {
  const method = JOB_SERVICE.methods.filter(isUnary).find(({ name }) => name === rpc);
  if (method === undefined) throw new Error(`the contract has no unary ${rpc}`);
  return method;
}

function failure(reason: unknown): Failure {
  const { code, rawMessage, details } = ConnectError.from(reason);
  const [, errorCode = '', text = rawMessage] = /^(ERROR_\w+): (.*)$/s.exec(rawMessage) ?? [];
  const types = details.map((detail) => ('type' in detail ? detail.type : detail.desc.typeName));
  return { status: status[code] ?? '', code: errorCode, text, details: types };
}

/** Calls an rpc with proto3 JSON, of which the client makes what its protocol asks for. */
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
    const response = toJson(method.output, message, { registry, useProtoFieldName: true });
    return { response: Object.fromEntries(Object.entries(response ?? {})) };
  } catch (reason) {
    return { error: failure(reason) };
  }
}
