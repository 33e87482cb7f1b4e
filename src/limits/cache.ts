/** Bounded caches: entries expire, and the least recently used ones make room for others. */
import type { MonotonicClock } from '../clock.js';

export interface Cache<Value> {
  /** Returns the value of `key`, and counts as its use; undefined if it has expired. */
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

export interface CacheOptions<Value> {
  /** Milliseconds to keep an entry; Infinity: as long as there is room. */
  readonly ttlMs: number;
  readonly monotonicNow: MonotonicClock;
  /** The weight of all entries, at most. */
  readonly capacity: number;
  /** The weight of an entry; by default each weighs 1. */
  readonly weightOf?: (value: Value) => number;
}

interface Entry<Value> {
  readonly value: Value;
  readonly weight: number;
  readonly until: number;
}

/** Creates a cache. Expired entries are dropped by a `set`, at the latest by the first one `ttlMs` after their last use. */
export function createCache<Value>({
  ttlMs,
  monotonicNow,
  capacity,
  weightOf = () => 1,
}: CacheOptions<Value>): Cache<Value> {
  /** In order of use, the least recent first. */
  const entries = new Map<string, Entry<Value>>();
  let weight = 0;

  const isExpired = ({ until }: Entry<Value>): boolean => until <= monotonicNow();

  function remove(key: string): void {
    weight -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  }

  function add(key: string, entry: Entry<Value>): void {
    remove(key);
    entries.set(key, entry);
    weight += entry.weight;
  }

  function dropFirst(): void {
    for (const [key, entry] of entries) {
      if (!isExpired(entry) && weight <= capacity) return;
      remove(key);
    }
  }

  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined || isExpired(entry)) return undefined;
      add(key, entry);
      return entry.value;
    },
    set(key, value) {
      add(key, { value, weight: weightOf(value), until: monotonicNow() + ttlMs });
      dropFirst();
    },
    delete: remove,
  };
}
