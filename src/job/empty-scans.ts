/**
 * Remembers scans for malformed text that found none: such a scan is not repeated while nothing has been written and, under
 * heavy writes, at most once a second (docs/query.md «Text that is not UTF-8»).
 */
import type { MonotonicClock } from '../clock.js';

const MAX_ENTRIES = 1000;
/** Consecutive empty scans after which the database counts as written to heavily. */
const MANY_SCANS = 8;
/** Scans further apart than this are not consecutive. */
const MAX_PAUSE_MS = 10_000;
/** Milliseconds for which an empty scan counts under heavy writes. */
const TTL_UNDER_WRITES_MS = 1000;

interface Scan {
  readonly lastWrite: string | undefined;
  readonly time: number;
  /** Consecutive empty scans, this one included. */
  readonly consecutive: number;
}

export interface EmptyScans {
  /** True where the scan of `key` would find nothing; `lastWrite` identifies the last write, undefined: it is not known. */
  has(key: string, lastWrite: string | undefined): boolean;
  /** Records a scan of `key` that began after `lastWrite`. */
  record(key: string, lastWrite: string | undefined, isEmpty: boolean): void;
}

/** Remembers up to a thousand scans; the oldest are forgotten first. */
export function createEmptyScans(monotonicNow: MonotonicClock): EmptyScans {
  const scans = new Map<string, Scan>();
  return {
    has(key, lastWrite) {
      const last = scans.get(key);
      if (last === undefined) return false;
      if (lastWrite !== undefined && lastWrite === last.lastWrite) return true;
      return last.consecutive >= MANY_SCANS && monotonicNow() - last.time < TTL_UNDER_WRITES_MS;
    },
    record(key, lastWrite, isEmpty) {
      const last = scans.get(key);
      scans.delete(key);
      if (!isEmpty) return;
      const time = monotonicNow();
      const follows = last !== undefined && time - last.time < MAX_PAUSE_MS;
      scans.set(key, { lastWrite, time, consecutive: follows ? last.consecutive + 1 : 1 });
      const [oldest] = scans.keys();
      if (scans.size > MAX_ENTRIES && oldest !== undefined) scans.delete(oldest);
    },
  };
}
