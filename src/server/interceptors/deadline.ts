/** Ends a call at its deadline or with its client, and refuses a call after its deadline (docs/configure.md «Deadlines»). */
import { raceAbort } from '../../limits/abort.js';
import type { Interceptor } from '../call-context.js';
import { beginDeadline } from '../deadline.js';
import type { DeadlineOptions } from '../deadline.js';
import { follow } from './follow.js';

/** An aborted call is answered at once, even while its work cannot be ended. */
export const deadline =
  (options: DeadlineOptions): Interceptor =>
  (next) =>
  (call) => {
    const { remaining, clear } = beginDeadline(call, options);
    const begin = () => {
      call.signal.throwIfAborted();
      return raceAbort(next({ ...call, remaining }), call.signal);
    };
    return follow(call, begin, {
      succeeded: clear,
      failed(error) {
        clear();
        return error;
      },
    });
  };
