/** Writes one line to the log for each call, when its answer has ended (docs/monitor.md «Log»). */
import type { MonotonicClock } from '../../clock.js';
import type { Rpc } from '../../rpcs.js';
import type { Interceptor } from '../call-context.js';
import { logFailure } from '../logged-failure.js';
import type { CallLog } from '../logged-failure.js';
import { follow } from './follow.js';
import { createWorkTimes } from './work-times.js';

interface LeveledLog extends CallLog {
  debug(about: object, message: string): void;
}

export interface CallLogOptions {
  readonly log: LeveledLog;
  /** Methods whose successful calls are logged at debug. */
  readonly quietMethods: ReadonlySet<Rpc>;
  readonly monotonicNow: MonotonicClock;
}

export const callLog =
  ({ log, quietMethods, monotonicNow }: CallLogOptions): Interceptor =>
  (next) =>
  (call) => {
    const begun = monotonicNow();
    const times = createWorkTimes(monotonicNow);
    const { requestId, rpc, peer, transport } = call.incoming;
    const notes: Record<string, unknown> = {};
    const noted = (more: object): void => {
      Object.assign(notes, more);
    };
    const about = (): object => ({
      request_id: requestId,
      rpc,
      transport: call.format === undefined ? transport : 'export',
      peer,
      ms: Math.round(monotonicNow() - begun),
      ...times.fields(),
      ...notes,
    });
    return follow(call, () => next({ ...call, noted, observer: times.observer }), {
      succeeded(bytes) {
        const level = quietMethods.has(rpc) ? 'debug' : 'info';
        log[level]({ ...about(), status: 'OK', bytes }, 'call');
      },
      failed(error) {
        logFailure(error, about(), log);
        return error;
      },
    });
  };
