/** Every way to call, behind one function: gRPC, the routes, Connect and gRPC-Web, each with its own bytes. */
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { JsonObject } from '@bufbuild/protobuf';
import type { RpcName } from '../harness/client.js';
import { descriptors, JOB_SERVICE } from '../../src/wire/descriptors.js';
import { grpcDoor, httpDoor } from './doors.js';
import type { Answer, CallTerms, HttpDoor } from './doors.js';
import { encoded } from './encoder.js';
import type { Subject } from './subject.js';

export interface Outcome {
  /** The name of a gRPC status, or what kept the answer from coming. */
  readonly status: string;
  readonly text: string;
  /** Of a call that succeeded. */
  readonly response: JsonObject;
}

export interface Transport {
  readonly name: string;
  call(rpc: RpcName, request: JsonObject, terms: CallTerms): Promise<Outcome>;
}

export interface Transports {
  readonly all: readonly Transport[];
  /** All jobs of a list as text, sent while they are read. */
  readonly exports: HttpDoor['post'];
  close(): void;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The object that a text is. */
export const objectIn = (text: string): JsonObject => objectOf(JSON.parse(text));

function messageOf(rpc: RpcName, bytes: Uint8Array): JsonObject {
  const output = JOB_SERVICE.methods.find(({ name }) => name === rpc)?.output;
  if (output === undefined) throw new Error(`the contract has no ${rpc}`);
  return objectOf(
    toJson(output, fromBinary(output, bytes), { registry: descriptors, useProtoFieldName: true }),
  );
}

const PREFIX = 5;

function framed(bytes: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** The content of the first frame. */
const unframed = (bytes: Buffer): Uint8Array =>
  bytes.subarray(PREFIX, PREFIX + (bytes.length < PREFIX ? 0 : bytes.readUInt32BE(1)));

interface Form {
  readonly name: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path: (rpc: RpcName) => string;
  readonly write: (rpc: RpcName, request: JsonObject) => string | Uint8Array;
  readonly read: (rpc: RpcName, bytes: Buffer) => JsonObject;
}

const onRoute = (rpc: RpcName): string => `/inventory/v1/job/${rpc}`;
const onRpc = (rpc: RpcName): string => `/${JOB_SERVICE.typeName}/${rpc}`;
const asJson = (_: RpcName, request: JsonObject): string => JSON.stringify(request);
const ofJson = (_: RpcName, bytes: Buffer): JsonObject => objectIn(bytes.toString());

const FORMS: readonly Form[] = [
  { name: 'JSON', type: 'application/json', path: onRoute, write: asJson, read: ofJson },
  { name: 'Connect JSON', type: 'application/json', path: onRpc, write: asJson, read: ofJson },
  { name: 'Connect proto', type: 'application/proto', path: onRpc, write: encoded, read: messageOf },
  ...['application/grpc-web+proto', 'application/grpc-web'].map((type) => ({
    name: type,
    type,
    path: onRpc,
    write: (rpc: RpcName, request: JsonObject) => framed(encoded(rpc, request)),
    read: (rpc: RpcName, bytes: Buffer) => messageOf(rpc, unframed(bytes)),
  })),
];

const outcomeOf = ({ status, text, bytes }: Answer, read: (bytes: Buffer) => JsonObject): Outcome => ({
  status,
  text,
  response: status === 'OK' ? read(bytes) : {},
});

/** Clients of a service by every transport. */
export function openTransports({ addresses }: Subject, connections: number): Transports {
  const grpc = grpcDoor(addresses.grpc);
  const http = httpDoor(addresses.http, connections);
  const overHttp = FORMS.map(({ name, type, path, write, read }): Transport => ({
    name,
    async call(rpc, request, terms) {
      const headers = { 'content-type': type, ...terms.headers };
      const answer = await http.post(path(rpc), write(rpc, request), { ...terms, headers });
      return outcomeOf(answer, (bytes) => read(rpc, bytes));
    },
  }));
  const overGrpc: Transport = {
    name: 'gRPC',
    call: async (rpc, request, terms) =>
      outcomeOf(await grpc.send(rpc, encoded(rpc, request), terms), (bytes) => messageOf(rpc, bytes)),
  };
  return {
    all: [overGrpc, ...overHttp],
    exports: http.post,
    close() {
      grpc.close();
      http.close();
    },
  };
}
