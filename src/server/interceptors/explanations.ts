/** Explains a call whose caller asks for it: its times and its operations on the database (docs/monitor.md «Explain»). */
import type { MonotonicClock } from '../../clock.js';
import type { Explanations } from '../../limits/abort.js';
import { everyOf } from '../../limits/coalesce.js';
import type { Interceptor } from '../call-context.js';
import { writeExplanation } from '../explanation.js';
import { follow } from './follow.js';
import { createWorkTimes } from './work-times.js';

export interface ExplanationsOptions {
  /** False: nobody may ask. */
  readonly explain?: boolean;
  readonly monotonicNow: MonotonicClock;
}

/** Each of them runs twice. */
const MAX_OPERATIONS = 10;

/** Operations are explained only as they run, after authentication and within the scope; those of an export are not. */
export const explanations =
  ({ explain: isOn = false, monotonicNow }: ExplanationsOptions): Interceptor =>
  (next) =>
  (call) => {
    const { explained } = call.incoming;
    if (explained === undefined || !isOn || call.format !== undefined) return next(call);
    const { observer, ms } = createWorkTimes(monotonicNow);
    const operations: (object | undefined)[] = [];
    const observers = [observer, ...(call.observer === undefined ? [] : [call.observer])];
    const explain: Explanations = {
      begin() {
        if (operations.length === MAX_OPERATIONS) return undefined;
        const index = operations.push(undefined) - 1;
        return (operation) => void (operations[index] = operation);
      },
    };
    return follow(call, () => next({ ...call, explain, observer: everyOf(observers) }), {
      succeeded() {
        const times = { queued_ms: ms('queue'), database_ms: ms('database'), encoding_ms: ms('encoding') };
        explained(
          writeExplanation(
            times,
            operations.filter((operation) => operation !== undefined),
          ),
        );
      },
      failed: (error) => error,
    });
  };
