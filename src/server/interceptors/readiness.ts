/** Refuses calls while the service does not serve (docs/monitor.md «Health»). */
import { notServing } from '../../errors.js';
import type { Reason } from '../../reasons.js';
import type { Interceptor } from '../call-context.js';

/** `unready` answers the reason for not serving; undefined while serving. */
export const readiness =
  ({ unready }: { readonly unready: () => Reason | undefined }): Interceptor =>
  (next) =>
  (call) => {
    const reason = unready();
    if (reason !== undefined) throw notServing(reason);
    return next(call);
  };
