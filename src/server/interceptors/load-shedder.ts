/** Refuses calls while the event loop is overloaded (docs/configure.md «Overload»). */
import { crowded } from '../../errors.js';
import { MAX_LATENESS_MS } from '../../limits/load-shedding.js';
import type { Load } from '../../limits/load-shedding.js';
import type { Interceptor } from '../call-context.js';

export const loadShedder =
  ({ load }: { readonly load: Load }): Interceptor =>
  (next) =>
  (call) => {
    if (!load.admits()) throw crowded('event_loop', MAX_LATENESS_MS);
    return next(call);
  };
