/**
 * Coalesces concurrent work with equal keys (docs/performance.md «Counts»). A caller never gets a result of work begun
 * before its call: of equal work one flight runs and one waits, and all callers in the meantime join the one that waits.
 */
import { raceAbort } from './abort.js';
import type { Deadline, WorkObserver } from './abort.js';

type Work<T> = (deadline: Deadline) => Promise<T>;

const isWaiting = ({ signal }: Deadline): boolean => !signal.aborted;

/** Reports the work shared by several calls to each of them. */
export function everyOf(observers: readonly WorkObserver[]): WorkObserver {
  return {
    begin(part) {
      const ends = observers.map((each) => each.begin(part));
      return () => {
        for (const end of ends) end();
      };
    },
    results(count) {
      for (const each of observers) each.results(count);
    },
  };
}

/**
 * The longest of the deadlines, aborted with the last of them and in the trace of the first; disposing it stops
 * following them.
 */
function longestOf(deadlines: readonly Deadline[]): Deadline & Disposable {
  const all = new AbortController();
  const unfollow = deadlines.map(({ signal }) => {
    const leave = (): void => {
      if (!deadlines.some(isWaiting)) all.abort(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    return () => {
      signal.removeEventListener('abort', leave);
    };
  });
  return {
    signal: all.signal,
    remaining: () => Math.max(1, ...deadlines.filter(isWaiting).map((deadline) => deadline.remaining())),
    observer: everyOf(deadlines.flatMap(({ observer }) => observer ?? [])),
    traceparent: deadlines[0]?.traceparent,
    [Symbol.dispose]() {
      for (const each of unfollow) each();
    },
  };
}

/** Work yet to begin, with the deadlines of its callers. */
interface Flight<T> {
  readonly callers: Deadline[];
  readonly result: Promise<T>;
}

/** Runs `work`, or joins a flight with an equal key; equal keys mean equal work. Errors: those of the work, or the abort of `deadline`. */
export type Coalesce<T> = (key: string, deadline: Deadline, work: Work<T>) => Promise<T>;

/** Coalesces work of one kind, except that of a call to be explained; `called` receives whether a call leads a flight or joins one. */
export function createCoalescer<T>(called: (how: 'led' | 'joined') => void = () => undefined): Coalesce<T> {
  const waiting = new Map<string, Flight<T>>();
  /** Promises that resolve when the running work of a key ends or fails. */
  const running = new Map<string, Promise<void>>();

  function begin(key: string, callers: readonly Deadline[], work: Work<T>): Promise<T> {
    const longest = longestOf(callers);
    const result = work(longest);
    const end = (): void => {
      longest[Symbol.dispose]();
      running.delete(key);
    };
    running.set(key, result.then(end, end));
    return result;
  }

  /** Begins once no equal work runs, unless all callers have left before. */
  async function depart(key: string, callers: readonly Deadline[], work: Work<T>): Promise<T> {
    await running.get(key);
    waiting.delete(key);
    const remaining = callers.filter(isWaiting);
    if (remaining.length === 0) throw new Error('no caller waits any more');
    return begin(key, remaining, work);
  }

  function open(key: string, work: Work<T>): Flight<T> {
    const callers: Deadline[] = [];
    const flight = { callers, result: depart(key, callers, work) };
    waiting.set(key, flight);
    return flight;
  }

  return (key, deadline, work) => {
    if (deadline.explain !== undefined) return work(deadline);
    const flight = waiting.get(key);
    called(flight === undefined ? 'led' : 'joined');
    const { callers, result } = flight ?? open(key, work);
    callers.push(deadline);
    return raceAbort(result, deadline.signal);
  };
}
