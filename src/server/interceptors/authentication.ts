/** Finds the caller by its token, and gives the call the caller's scope (docs/secure.md «Authentication»). */
import type { Authenticate } from '../../auth/caller.js';
import type { Interceptor } from '../call-context.js';

export const authentication =
  ({ authenticate }: { readonly authenticate: Authenticate }): Interceptor =>
  (next) =>
  async (call) => {
    const { rpc, token } = call.incoming;
    const caller = await authenticate({ token, verb: rpc, signal: call.signal });
    return next({ ...call, scope: (asked) => caller.scope(asked) });
  };
