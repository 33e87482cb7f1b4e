/** Finds the caller by its token, gives the call the caller's scope, and notes both for the log (docs/secure.md «Authentication»). */
import type { Authenticate } from '../../auth/caller.js';
import type { Interceptor } from '../call-context.js';
import { loggedDomain, loggedUser } from '../../telemetry/logged-id.js';

export const authentication =
  ({ authenticate }: { readonly authenticate: Authenticate }): Interceptor =>
  (next) =>
  async (call) => {
    const { rpc, token, requestId } = call.incoming;
    const { signal, trace } = call;
    const caller = await authenticate({ token, verb: rpc, signal, origin: { requestId, trace } });
    call.noted({ user: loggedUser(caller.user) });
    return next({
      ...call,
      async scope(asked) {
        const scope = await caller.scope(asked);
        call.noted({ domain_id: loggedDomain(scope.domainId) });
        return scope;
      },
    });
  };
