/** A call on its way from a transport through the interceptors to the service (docs/architecture.md «One chain»). */
import { appError } from '../errors.js';
import type { AppError } from '../errors.js';
import type {
  GetJobRequest,
  JobRequest,
  JobsQuery,
  JobStatQuery,
} from '../gen/spaceone/api/inventory/v1/job.js';
import type { ExportFormat } from '../job/export-formats.js';
import type { Call } from '../job/call.js';
import type { Rpc } from '../rpcs.js';
import type { TraceContext } from '../telemetry/traces/trace-context.js';
import type { Codec } from '../wire/codec.js';

/** The size limit of a request, the same for every transport. */
export const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

/** The time in milliseconds for a request of one message to arrive, the same for every transport. */
export const ARRIVAL_TIMEOUT_MS = 30_000;

export type Transport = 'grpc' | 'json' | 'connect' | 'grpc_web';

/** The reason of each `responseDone`. One for all: an abort without a reason makes an error with a stack for each call. */
export const RESPONSE_DONE = new Error('the response is done');

/** A call as its transport received it. */
export interface Incoming {
  readonly transport: Transport;
  readonly rpc: Rpc;
  readonly request: Uint8Array;
  /** The encoding of the request. */
  readonly codec: Codec;
  readonly token: string | undefined;
  readonly requestId: string;
  /** The trace of the caller, if it has one. */
  readonly trace?: TraceContext | undefined;
  /** Takes the explanation of the call, as JSON; undefined: its caller asks for none. */
  readonly explained?: ((explanation: string) => void) | undefined;
  /** `address:port` of the client, or of the proxy before it. */
  readonly peer: string;
  /** The end of the client's deadline in milliseconds of the monotonic clock; Infinity without a deadline. */
  readonly deadline: number;
  /** Aborted when the client goes away. */
  readonly clientAborted: AbortSignal;
  /** Aborted when the client has taken the answer, or never will. */
  readonly responseDone: AbortSignal;
}

/** The request message of each rpc. */
export interface Requests {
  readonly get: GetJobRequest;
  readonly list: JobsQuery;
  readonly stat: JobStatQuery;
  readonly delete: JobRequest;
}

export type DecodedRequest = {
  readonly [Name in Rpc]: { readonly rpc: Name; readonly message: Requests[Name] };
}[Rpc];

/** A call as the interceptors see it. Each interceptor adds its part in a copy; the initial parts are the strictest. */
export interface CallContext extends Omit<Call, 'now'> {
  readonly incoming: Incoming;
  /** The format of an export; undefined for a unary call. */
  readonly format: ExportFormat | undefined;
  /** The trace for work below the call; undefined: none. */
  readonly trace: TraceContext | undefined;
  /** Set by decoding. */
  readonly request: DecodedRequest | undefined;
  /** Ends the call and its work with `reason`. */
  abort(reason: AppError): void;
}

/** The bytes of a response, or the chunks of an export. */
export type Answer = Uint8Array | AsyncGenerator<Uint8Array, void>;

/** Answers a call. Errors: of any kind; the outermost interceptors make AppErrors of them. */
export type Handler<Kind extends Answer> = (call: CallContext) => Promise<Kind>;

/** Wraps the handler behind it, of unary calls and of exports alike. */
export type Interceptor = <Kind extends Answer>(next: Handler<Kind>) => Handler<Kind>;

/** An export in progress. */
export interface Stream {
  /** Errors: AppError, and nothing else. */
  readonly chunks: AsyncGenerator<Uint8Array, void>;
  /** Aborted when the call is; a reader between two chunks would not notice otherwise. */
  readonly aborted: AbortSignal;
}

/** The service as the transports see it. */
export interface Calls {
  /** Answers the bytes of a response. Errors: AppError, and nothing else. */
  unary(incoming: Incoming): Promise<Uint8Array>;
  /** Streams all jobs of a list as `format`. */
  stream(incoming: Incoming, format: ExportFormat): Stream;
}

export interface AbortableCalls extends Calls {
  /** Ends the running calls and their work with `reason`, and every later call at its beginning. */
  abortAll(reason: AppError): void;
}

/** Creates the context of a call. Its scope refuses everything until authentication replaces it. */
export function createCallContext(incoming: Incoming, format?: ExportFormat): CallContext {
  const controller = new AbortController();
  return {
    incoming,
    format,
    trace: undefined,
    request: undefined,
    signal: controller.signal,
    abort(reason) {
      controller.abort(reason);
    },
    remaining: () => 1,
    scope: () => Promise.reject(appError('PERMISSION_DENIED', {})),
    noted: () => undefined,
  };
}
