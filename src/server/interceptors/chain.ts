/** The interceptors of every call in their order; tracing or metrics would be one more line here. */
import type { Authenticate } from '../../auth/caller.js';
import type { MemoryBudget } from '../../limits/memory-budget.js';
import type { Yielding } from '../../limits/yield.js';
import type { Answer, Handler, Interceptor } from '../call-context.js';
import type { DeadlineOptions } from '../deadline.js';
import { authentication } from './authentication.js';
import { callLog } from './call-log.js';
import type { CallLogOptions } from './call-log.js';
import { deadline } from './deadline.js';
import { decoding } from './decoding.js';
import { errors } from './errors.js';
import { largeRequests } from './large-requests.js';
import { loadShedding } from './load-shedding.js';
import { readiness } from './readiness.js';
import { responseMemory } from './response-memory.js';

export interface InterceptorOptions extends CallLogOptions, DeadlineOptions {
  readonly authenticate: Authenticate;
  /** For requests and answers together. */
  readonly memory: MemoryBudget;
  readonly yielding: Yielding;
}

/** From the outermost to the one next to the service. */
export const createInterceptors = (options: InterceptorOptions): readonly Interceptor[] => [
  callLog(options),
  errors,
  responseMemory(options),
  deadline(options),
  loadShedding(options),
  authentication(options),
  readiness(options),
  largeRequests(options),
  decoding(options),
];

/** Wraps `handler` in `interceptors`, the first of which is the outermost. */
export const chain = <Kind extends Answer>(
  interceptors: readonly Interceptor[],
  handler: Handler<Kind>,
): Handler<Kind> => interceptors.reduceRight((next: Handler<Kind>, intercept) => intercept(next), handler);
