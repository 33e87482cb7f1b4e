/** A map that keeps the entries used last, so that made-up names cannot fill the memory. */

/** Entries of a cache in this folder. */
export const MAX_ENTRIES = 10_000;

export interface Lru<Value> {
  /** The value of `key`, which has been used by this. */
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** Keeps `max` entries at most. */
export function createLru<Value>(max = MAX_ENTRIES): Lru<Value> {
  /** The one used longest ago first. */
  const entries = new Map<string, Value>();

  function set(key: string, value: Value): void {
    entries.delete(key);
    entries.set(key, value);
    const [oldest] = entries.size > max ? entries.keys() : [];
    if (oldest !== undefined) entries.delete(oldest);
  }

  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => void entries.delete(key),
  };
}
