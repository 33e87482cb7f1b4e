/** Shares running work among its callers: who asks for the same while it runs waits for its result. */
import { raceAbort } from './abort.js';

/** Work in progress and the number of its waiters. */
interface Flight<T> {
  readonly result: Promise<T>;
  readonly abandoned: AbortController;
  waiters: number;
}

type Work<T> = (abandoned: AbortSignal) => Promise<T>;

/** Begins `work`, or joins what runs with an equal key. Errors: those of the work, or the reason of `signal`. */
export type Singleflight<T> = (key: string, work: Work<T>, signal: AbortSignal) => Promise<T>;

const ABANDONED = new Error('nobody waits for this work any more');

/** Creates a singleflight; work is aborted when the last of its waiters leaves, for its reason. */
export function createSingleflight<T>(): Singleflight<T> {
  const flights = new Map<string, Flight<T>>();

  function begin(key: string, work: Work<T>): Flight<T> {
    const abandoned = new AbortController();
    const flight = { result: work(abandoned.signal), abandoned, waiters: 0 };
    flights.set(key, flight);
    return flight;
  }

  return async (key, work, signal) => {
    const flight = flights.get(key) ?? begin(key, work);
    flight.waiters += 1;
    try {
      return await raceAbort(flight.result, signal);
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0) {
        flights.delete(key);
        flight.abandoned.abort(signal.aborted ? signal.reason : ABANDONED);
      }
    }
  };
}
