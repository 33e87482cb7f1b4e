/** A least-recently-used cache: made-up names cannot fill the memory. */

/** The default capacity. */
export const MAX_ENTRIES = 10_000;

export interface Lru<Value> {
  /** Answers the value of `key`, and counts as its use. */
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** Creates a cache of at most `max` entries. */
export function createLru<Value>(max = MAX_ENTRIES): Lru<Value> {
  /** In order of use, the least recent first. */
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
