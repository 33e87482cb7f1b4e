/** The interceptors of every call, in order (docs/architecture.md «One chain»). */
import type { Authenticate } from '../../auth/caller.js';
import type { MemoryBudget } from '../../limits/memory-budget.js';
import type { TimeSlicer } from '../../limits/yield.js';
import type { Tracer } from '../../telemetry/traces/tracer.js';
import type { Answer, Handler, Interceptor } from '../call-context.js';
import type { DeadlineOptions } from '../deadline.js';
import { authentication } from './authentication.js';
import { callLog } from './call-log.js';
import type { CallLogOptions } from './call-log.js';
import { callMetrics } from './call-metrics.js';
import type { CallMetricsOptions } from './call-metrics.js';
import { deadline } from './deadline.js';
import { decoder } from './decoder.js';
import { errors } from './errors.js';
import { explanations } from './explanations.js';
import type { ExplanationsOptions } from './explanations.js';
import { largeRequests } from './large-requests.js';
import { loadShedder } from './load-shedder.js';
import { readiness } from './readiness.js';
import { responseMemory } from './response-memory.js';
import { spans } from './spans.js';

export interface InterceptorOptions
  extends CallLogOptions, CallMetricsOptions, DeadlineOptions, ExplanationsOptions {
  readonly authenticate: Authenticate;
  /** For requests and answers together. */
  readonly memory: MemoryBudget;
  readonly timeSlicer: TimeSlicer;
  readonly tracer?: Tracer;
}

/** From the outermost to the one next to the service. */
export const createInterceptors = (options: InterceptorOptions): readonly Interceptor[] => [
  callLog(options),
  spans(options),
  callMetrics(options),
  explanations(options),
  errors,
  responseMemory(options),
  deadline(options),
  loadShedder(options),
  authentication(options),
  readiness(options),
  largeRequests(options),
  decoder(options),
];

/** Wraps `handler` in `interceptors`, the first one outermost. */
export const chain = <Kind extends Answer>(
  interceptors: readonly Interceptor[],
  handler: Handler<Kind>,
): Handler<Kind> => interceptors.reduceRight((next: Handler<Kind>, intercept) => intercept(next), handler);
