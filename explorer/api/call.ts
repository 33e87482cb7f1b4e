/** A call of the Job service as data: the request, and the parser of its answer. */
import type { JobService } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import type { Json } from './json.js';

/** The methods that a page calls: it changes nothing. */
export type Rpc = Exclude<keyof JobService, 'delete'>;

export interface Call<T = unknown> {
  /** The purpose of the call, in words for the reader of the page. */
  readonly title: string;
  readonly rpc: Rpc;
  readonly request: object;
  readonly read: (answer: Json) => T;
}

/** The path of a method over HTTP. */
export const pathOf = (rpc: Rpc): string => `/inventory/v1/job/${rpc}`;

const GRPC_PATHS: { readonly [Name in Rpc]: JobService[Name]['path'] } = {
  get: '/spaceone.api.inventory.v1.Job/get',
  list: '/spaceone.api.inventory.v1.Job/list',
  stat: '/spaceone.api.inventory.v1.Job/stat',
};

/** The full name of a method, as gRPC tools take it: `package.Service/method`. */
export const grpcMethodOf = (rpc: Rpc): string => GRPC_PATHS[rpc].slice(1);
