/** Spreads large requests over rounds of the event loop: one of them is decoded in each (docs/configure.md «Fairness»). */
import type { TimeSlicer } from '../../limits/yield.js';
import type { Interceptor } from '../call-context.js';

const LARGE_BYTES = 65_536;

export const largeRequests =
  ({ timeSlicer }: { readonly timeSlicer: TimeSlicer }): Interceptor =>
  (next) =>
  (call) =>
    call.incoming.request.length > LARGE_BYTES
      ? timeSlicer()
          .next()
          .then(() => next(call))
      : next(call);
