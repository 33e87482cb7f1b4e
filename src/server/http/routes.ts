/**
 * The paths of the HTTP door, and the protocols that are spoken there: the routes of the contract's google.api.http
 * options, and the paths of gRPC. Nothing else lists them (docs/http.md).
 */
import { toJson } from '@bufbuild/protobuf';
import type { DescMethod } from '@bufbuild/protobuf';
import { MethodOptionsSchema } from '@bufbuild/protobuf/wkt';
import type { ExportFormat } from '../../job/export-formats.js';
import { descriptors, JOB_SERVICE } from '../../wire/descriptors.js';
import { RPCS } from '../call-context.js';
import type { Rpc } from '../call-context.js';
import { PROTOCOLS, ROUTE_JSON } from './protocols.js';
import type { Protocol } from './protocols.js';

export interface Route {
  readonly path: string;
  readonly rpc: Rpc;
  readonly method: DescMethod;
  /** What is spoken under a content type, which comes in lower case and without parameters. */
  protocol(type: string): Protocol | undefined;
  /** The content types that are due, for people. */
  readonly due: string;
  /** The content types of answers that are rows, sent while they are read. */
  readonly exports: ReadonlyMap<string, ExportFormat>;
}

/** The path that a method is posted to, where its options name one. */
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

/** The routes of the contract. */
export const ROUTES: readonly Route[] = CALLABLE.flatMap(({ rpc, method }) => {
  const path = postPath(method);
  const protocol = (type: string): Protocol | undefined => (isJson(type) ? ROUTE_JSON : undefined);
  const due = 'application/json';
  return path === undefined
    ? []
    : [{ path, rpc, method, protocol, due, exports: rpc === 'list' ? EXPORTS : NO_EXPORTS }];
});

/** The paths of gRPC, for Connect and gRPC-Web. */
export const RPC_PATHS: readonly Route[] = CALLABLE.map(({ rpc, method }) => ({
  path: `/${JOB_SERVICE.typeName}/${method.name}`,
  rpc,
  method,
  protocol: (type) => PROTOCOLS.get(type),
  due: [...PROTOCOLS.keys()].join(', '),
  exports: NO_EXPORTS,
}));
