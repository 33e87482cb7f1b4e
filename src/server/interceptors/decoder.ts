/** Decodes the request within a slice of the event loop (docs/configure.md «Fairness»). */
import { runThenYield } from '../../limits/yield.js';
import type { TimeSlicer } from '../../limits/yield.js';
import type { Interceptor } from '../call-context.js';
import { decodeRequest } from '../decode.js';

export const decoder =
  ({ timeSlicer }: { readonly timeSlicer: TimeSlicer }): Interceptor =>
  (next) =>
  async (call) => {
    // Its turn may come after its caller has left.
    call.signal.throwIfAborted();
    const request = await runThenYield(timeSlicer, () => decodeRequest(call.incoming));
    return next({ ...call, request });
  };
