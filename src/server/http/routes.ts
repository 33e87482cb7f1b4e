/**
 * The routes of the HTTP listener with their protocols: those of the contract's google.api.http options, and the paths of
 * gRPC. They are listed nowhere else (docs/http.md).
 */
import { toJson } from '@bufbuild/protobuf';
import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptionsSchema } from '@bufbuild/protobuf/wkt';
import type { ExportFormat } from '../../job/export-formats.js';
import { descriptors, JOB_SERVICE } from '../../wire/descriptors.js';
import { RPCS } from '../../rpcs.js';
import type { Rpc } from '../../rpcs.js';
import { PROTOCOLS, ROUTE_JSON } from './protocols.js';
import type { Protocol } from './protocols.js';

export interface Route {
  readonly path: string;
  readonly rpc: Rpc;
  readonly method: DescMethod;
  /** Returns the protocol of a content type in lower case, without parameters. */
  protocol(type: string): Protocol | undefined;
  /** The accepted content types, in words. */
  readonly accepted: string;
  /** The export formats by content type. */
  readonly exports: ReadonlyMap<string, ExportFormat>;
}

/** Returns the path of POST in a method's options, if any. */
function postPath({ proto }: DescMethod): string | undefined {
  if (proto.options === undefined) return undefined;
  const options = toJson(MethodOptionsSchema, proto.options, { registry: descriptors });
  const rule =
    typeof options === 'object' &&
    options !== null &&
    !Array.isArray(options) &&
    options['[google.api.http]'];
  return typeof rule === 'object' && rule !== null && !Array.isArray(rule) && typeof rule['post'] === 'string'
    ? rule['post']
    : undefined;
}

const isJson = (type: string): boolean => /^application\/(?:[\w.-]+\+)?json$/.test(type);

interface Callable {
  readonly rpc: Rpc;
  readonly method: DescMethod;
}

const CALLABLE: readonly Callable[] = JOB_SERVICE.methods.flatMap((method) => {
  const rpc = RPCS.find((name) => name === method.name);
  return rpc === undefined ? [] : [{ rpc, method }];
});

const NO_EXPORTS: ReadonlyMap<string, ExportFormat> = new Map();
const EXPORTS: ReadonlyMap<string, ExportFormat> = new Map([
  ['application/x-ndjson', 'ndjson'],
  ['text/csv', 'csv'],
]);

/** The contract's routes. */
export const ROUTES: readonly Route[] = CALLABLE.flatMap(({ rpc, method }) => {
  const path = postPath(method);
  const protocol = (type: string): Protocol | undefined => (isJson(type) ? ROUTE_JSON : undefined);
  const accepted = 'application/json';
  return path === undefined
    ? []
    : [{ path, rpc, method, protocol, accepted, exports: rpc === 'list' ? EXPORTS : NO_EXPORTS }];
});

/** The paths of gRPC, for Connect and gRPC-Web. */
export const RPC_PATHS: readonly Route[] = CALLABLE.map(({ rpc, method }) => ({
  path: `/${JOB_SERVICE.typeName}/${method.name}`,
  rpc,
  method,
  protocol: (type) => PROTOCOLS.get(type),
  accepted: [...PROTOCOLS.keys()].join(', '),
  exports: NO_EXPORTS,
}));
