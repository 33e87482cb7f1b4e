/** Creates the calls for all transports: the interceptors, and behind them the rpcs of the service (docs/architecture.md «One chain»). */
import type { AppError } from '../../errors.js';
import type { ExportFormat } from '../../job/export-formats.js';
import type { Call, JobService } from '../../job/call.js';
import { createCallContext } from '../call-context.js';
import type { AbortableCalls, CallContext, Handler, Incoming } from '../call-context.js';
import { chain, createInterceptors } from './chain.js';
import type { InterceptorOptions } from './chain.js';

export interface CallsOptions extends InterceptorOptions {
  readonly service: JobService;
  /** Milliseconds since 1970, for dates relative to now. */
  readonly now: () => number;
}

type Chunks = AsyncGenerator<Uint8Array, void>;

/** The part of a call that the service needs. */
const serviceCall = (
  { signal, remaining, observer, traceparent, explain, scope, noted }: CallContext,
  now: number,
): Call => ({
  signal,
  remaining,
  observer,
  traceparent,
  explain,
  scope,
  noted,
  now: new Date(now),
});

const respond =
  ({ service, now }: CallsOptions): Handler<Uint8Array> =>
  (context) => {
    const { request } = context;
    const call = serviceCall(context, now());
    switch (request?.rpc) {
      case 'get':
        return service.get(request.message, call);
      case 'list':
        return service.list(request.message, call);
      case 'stat':
        return service.stat(request.message, call);
      case 'delete':
        return service.delete(request.message, call);
      case undefined:
        throw new Error('the request has not been decoded');
    }
  };

const exportJobs =
  ({ service, now }: CallsOptions): Handler<Chunks> =>
  (context) => {
    const { request, format } = context;
    if (request?.rpc !== 'list' || format === undefined) throw new Error('only a list can be exported');
    return Promise.resolve(service.export(request.message, format, serviceCall(context, now())));
  };

async function* chunksOf(handle: Handler<Chunks>, call: CallContext, ended: () => void): Chunks {
  try {
    yield* await handle(call);
  } finally {
    ended();
  }
}

export function createCalls(options: CallsOptions): AbortableCalls {
  const interceptors = createInterceptors(options);
  const unary = chain(interceptors, respond(options));
  const exported = chain(interceptors, exportJobs(options));
  const running = new Set<CallContext>();
  let ended: AppError | undefined;
  function begin(incoming: Incoming, format?: ExportFormat): CallContext {
    const call = createCallContext(incoming, format);
    running.add(call);
    if (ended !== undefined) call.abort(ended);
    return call;
  }
  return {
    async unary(incoming) {
      const call = begin(incoming);
      try {
        return await unary(call);
      } finally {
        running.delete(call);
      }
    },
    stream(incoming, format) {
      const call = begin(incoming, format);
      return { chunks: chunksOf(exported, call, () => running.delete(call)), aborted: call.signal };
    },
    abortAll(reason) {
      ended = reason;
      for (const { abort } of running) abort(reason);
    },
  };
}
