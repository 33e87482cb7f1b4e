/** Counts and times each call, once for all transports (docs/monitor.md «Metrics»). */
import type { MonotonicClock } from '../../clock.js';
import { NO_METER } from '../../telemetry/metrics/registry.js';
import type { Meter } from '../../telemetry/metrics/registry.js';
import type { Interceptor } from '../call-context.js';
import { countAnswer, countBegin, countFailure } from './call-counts.js';
import { follow } from './follow.js';

export interface CallMetricsOptions {
  readonly meter?: Meter;
  readonly monotonicNow: MonotonicClock;
}

export const callMetrics =
  ({ meter = NO_METER, monotonicNow }: CallMetricsOptions): Interceptor =>
  (next) =>
  (call) => {
    const begun = monotonicNow();
    countBegin(meter, call);
    return follow(call, () => next(call), {
      succeeded(bytes) {
        countAnswer(meter, call, monotonicNow() - begun, bytes);
      },
      failed(error) {
        countFailure(meter, call, monotonicNow() - begun, error);
        return error;
      },
    });
  };
