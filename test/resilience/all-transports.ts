// Clients of the system under test by every transport: gRPC, and each protocol of the HTTP listener.
import type { JsonObject } from '@bufbuild/protobuf';
import { createGrpcClient, failureOf, outcomeOfAnswer, OWN_CONNECTION } from '../harness/client.js';
import type { Outcome, RpcName } from '../harness/client.js';
import { encodeRequest } from '../harness/encoder.js';
import { createHttpClient } from '../harness/http-client.js';
import type { HttpClient, HttpOptions } from '../harness/http-client.js';
import { TRANSPORTS } from '../harness/transports.js';
import type { Transport } from '../harness/transports.js';
import type { System } from './system-under-test.js';

export interface NamedTransport {
  readonly name: string;
  call(rpc: RpcName, request: JsonObject, options: HttpOptions): Promise<Outcome>;
}

export interface AllTransports {
  readonly all: readonly NamedTransport[];
  /** Posts to the HTTP listener, for exports as text. */
  readonly post: HttpClient['post'];
  close(): void;
}

const encode = ({ codec }: Transport, rpc: RpcName, request: JsonObject): Uint8Array =>
  codec === 'JSON' ? Buffer.from(JSON.stringify(request)) : encodeRequest(rpc, request);

async function callBy(
  transport: Transport,
  http: HttpClient,
  rpc: RpcName,
  request: JsonObject,
  options: HttpOptions,
): Promise<Outcome> {
  const headers = { 'content-type': transport.contentType, ...options.headers };
  const body = transport.body(encode(transport, rpc, request));
  const answer = await http.post(transport.path(rpc), body, { ...options, headers });
  if (answer.code === 0) return { error: failureOf(answer.status, answer.text) };
  try {
    return transport.outcome(rpc, answer.bytes, answer.code === 200);
  } catch (error) {
    return { error: failureOf(`HTTP ${answer.code}`, String(error)) };
  }
}

/** Opens a client by every transport, with up to `connections` to the HTTP listener. */
export function openTransports({ addresses }: System, connections: number): AllTransports {
  const grpc = createGrpcClient(addresses.grpc, OWN_CONNECTION);
  const http = createHttpClient(addresses.http, connections);
  const overHttp = Object.entries(TRANSPORTS).map(([name, transport]): NamedTransport => ({
    name,
    call: (rpc, request, options) => callBy(transport, http, rpc, request, options),
  }));
  const overGrpc: NamedTransport = {
    name: 'gRPC',
    call: async (rpc, request, options) =>
      outcomeOfAnswer(rpc, await grpc.send(rpc, encodeRequest(rpc, request), options)),
  };
  return {
    all: [overGrpc, ...overHttp],
    post: http.post,
    close() {
      grpc.close();
      http.close();
    },
  };
}
