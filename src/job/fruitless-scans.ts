/**
 * Remembers scans for malformed text that found none: such a scan is not repeated while nothing has been written and, under
 * many writes, at most once a second (docs/query.md «Text that is not UTF-8»).
 */
import type { MonotonicClock } from '../clock.js';

const MAX_ENTRIES = 1000;
/** Fruitless scans in a row after which writes count as many, and the longest pause between two scans in a row. */
const MANY_SCANS = 8;
const IN_A_ROW_MS = 10_000;
/** Milliseconds for which a fruitless scan counts under many writes. */
const TTL_UNDER_WRITES_MS = 1000;

interface Scan {
  readonly lastWrite: string | undefined;
  readonly time: number;
  /** Fruitless scans in a row, this one included. */
  readonly inARow: number;
}

export interface FruitlessScans {
  /** True where the scan of `key` would find nothing; `lastWrite` identifies the last write, undefined: it is not known. */
  has(key: string, lastWrite: string | undefined): boolean;
  /** Records a scan of `key` that began after `lastWrite`. */
  record(key: string, lastWrite: string | undefined, isFruitless: boolean): void;
}

/** Remembers up to a thousand scans; the oldest are forgotten first. */
export function createFruitlessScans(monotonicNow: MonotonicClock): FruitlessScans {
  const scans = new Map<string, Scan>();
  return {
    has(key, lastWrite) {
      const last = scans.get(key);
      if (last === undefined) return false;
      if (lastWrite !== undefined && lastWrite === last.lastWrite) return true;
      return last.inARow >= MANY_SCANS && monotonicNow() - last.time < TTL_UNDER_WRITES_MS;
    },
    record(key, lastWrite, isFruitless) {
      const last = scans.get(key);
      scans.delete(key);
      if (!isFruitless) return;
      const time = monotonicNow();
      const follows = last !== undefined && time - last.time < IN_A_ROW_MS;
      scans.set(key, { lastWrite, time, inARow: follows ? last.inARow + 1 : 1 });
      const [oldest] = scans.keys();
      if (scans.size > MAX_ENTRIES && oldest !== undefined) scans.delete(oldest);
    },
  };
}
