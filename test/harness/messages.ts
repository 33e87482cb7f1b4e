// Requests and responses between JSON and protobuf by the published codec: nothing of the service's own codecs.
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { DescMethod, DescMethodUnary, JsonObject } from '@bufbuild/protobuf';
import { descriptors, JOB_SERVICE } from '../../src/wire/descriptors.js';
import { objectOf } from './json.js';

export type RpcName = 'get' | 'list' | 'stat' | 'delete';

const registry = descriptors;

const isUnary = (method: DescMethod): method is DescMethod & DescMethodUnary => method.methodKind === 'unary';

export function methodOf(rpc: RpcName): DescMethodUnary {
  const method = JOB_SERVICE.methods.filter(isUnary).find(({ name }) => name === rpc);
  if (method === undefined) throw new Error(`the contract has no unary ${rpc}`);
  return method;
}

export const pathOf = (rpc: RpcName): string => `/${JOB_SERVICE.typeName}/${rpc}`;

/** The bytes of a request in proto3 JSON. */
export function requestBytes(rpc: RpcName, request: JsonObject): Uint8Array {
  const { input } = methodOf(rpc);
  return toBinary(input, fromJson(input, request, { registry }));
}

/** A response as proto3 JSON, with the field names of the .proto files. */
export function responseOf(rpc: RpcName, bytes: Uint8Array): JsonObject {
  const { output } = methodOf(rpc);
  return objectOf(toJson(output, fromBinary(output, bytes), { registry, useProtoFieldName: true }));
}
