/** The times of a call's parts and the number of its results, for its log line (docs/monitor.md «Log»). */
import type { MonotonicClock } from '../../clock.js';
import type { WorkObserver, WorkPart } from '../../limits/abort.js';

/** The time in which a part runs, counted once where several run side by side. */
interface PartTime {
  begin(): () => void;
  ms(): number;
}

function createPartTime(monotonicNow: MonotonicClock): PartTime {
  let [running, since, sum] = [0, 0, 0];
  const elapsed = (): number => (running === 0 ? 0 : monotonicNow() - since);
  return {
    begin() {
      if (running === 0) since = monotonicNow();
      running += 1;
      return () => {
        if (running === 1) sum += elapsed();
        running -= 1;
      };
    },
    ms: () => sum + elapsed(),
  };
}

export interface WorkTimes {
  readonly observer: WorkObserver;
  /** The time of a part so far; undefined: it has not begun. */
  ms(part: WorkPart): number | undefined;
  /** The fields for the log line; a part that has not begun has no field. */
  fields(): object;
}

export function createWorkTimes(monotonicNow: MonotonicClock): WorkTimes {
  const times = new Map<WorkPart, PartTime>();
  let results: number | undefined;
  const timeOf = (part: WorkPart): PartTime => {
    const time = times.get(part) ?? createPartTime(monotonicNow);
    times.set(part, time);
    return time;
  };
  const ms = (part: WorkPart): number | undefined => {
    const time = times.get(part)?.ms();
    return time === undefined ? undefined : Math.round(time);
  };
  return {
    observer: {
      begin: (part) => timeOf(part).begin(),
      results(count) {
        results = count;
      },
    },
    ms,
    fields: () => ({ queued_ms: ms('queue'), db_ms: ms('database'), results }),
  };
}
