/** The HTTP routes of the contract: read off its google.api.http options, and listed nowhere else (docs/http.md). */
import { toJson } from '@bufbuild/protobuf';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { MethodOptionsSchema } from '@bufbuild/protobuf/wkt';
import { JOB_SERVICE, RPCS } from './call.js';
import type { Rpc } from './call.js';
import { descriptors } from './descriptors.js';

export interface Route {
  readonly path: string;
  readonly rpc: Rpc;
  readonly input: DescMessage;
  readonly output: DescMessage;
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

function routeOf(method: DescMethod): Route[] {
  const path = postPath(method);
  const rpc = RPCS.find((name) => name === method.name);
  return path === undefined || rpc === undefined
    ? []
    : [{ path, rpc, input: method.input, output: method.output }];
}

export const ROUTES: readonly Route[] = (descriptors.getService(JOB_SERVICE)?.methods ?? []).flatMap(routeOf);
