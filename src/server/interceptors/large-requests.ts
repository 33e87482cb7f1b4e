/** Spreads large requests over rounds of the event loop: one of them is decoded in each (docs/operations.md «Fairness»). */
import type { Yielding } from '../../limits/yield.js';
import type { Interceptor } from '../call-context.js';

const LARGE_BYTES = 65_536;

export const largeRequests =
  ({ yielding }: { readonly yielding: Yielding }): Interceptor =>
  (next) =>
  async (call) => {
    if (call.incoming.request.length > LARGE_BYTES) await yielding().next();
    return next(call);
  };
