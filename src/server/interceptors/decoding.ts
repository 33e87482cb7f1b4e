/** Decodes the request within a slice of the event loop (docs/operations.md «Fairness»). */
import { runThenYield } from '../../limits/yield.js';
import type { Yielding } from '../../limits/yield.js';
import type { Interceptor } from '../call-context.js';
import { decodeRequest } from '../decode.js';

export const decoding =
  ({ yielding }: { readonly yielding: Yielding }): Interceptor =>
  (next) =>
  async (call) => {
    const request = await runThenYield(yielding, () => decodeRequest(call.incoming));
    return next({ ...call, request });
  };
