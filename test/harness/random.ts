// Random numbers and choices from a seed: the same seed draws the same sequence.

export type Random = () => number;

/** Draws numbers from 0 to 1 (mulberry32). */
export function random(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The sequence of the `nth` part of a run, independent of the draws in the parts before. */
export const drawn = (seed: number, nth: number): Random =>
  random((seed ^ Math.imul(nth + 1, 0x9e3779b1)) | 0);

/** An integer from 0, less than `limit`. */
export const below = (next: Random, limit: number): number => Math.floor(next() * limit);

/** One of `from`. Errors: there is none. */
export function pick<T>(next: Random, from: readonly T[]): T {
  const picked = from[below(next, from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

/** Up to `max` values. */
export const several = <T>(next: Random, max: number, each: () => T): T[] =>
  Array.from({ length: below(next, max + 1) }, each);

export interface Weighed {
  readonly weight: number;
}

/** One of `from`, in proportion to the weights. */
export function weighed<T extends Weighed>(next: Random, from: readonly T[]): T {
  let left = next() * from.reduce((sum, { weight }) => sum + weight, 0);
  const found = from.find(({ weight }) => (left -= weight) < 0);
  return found ?? pick(next, from);
}

/** An object with some of the fields `all`, each by the chance beside it. */
export const some = <T>(
  next: Random,
  all: readonly (readonly [string, number, () => T])[],
): Record<string, T> =>
  Object.fromEntries(all.flatMap(([name, chance, make]) => (next() < chance ? [[name, make()]] : [])));

export const shuffled = <T>(items: readonly T[], next: Random): T[] =>
  items
    .map((item) => ({ item, key: next() }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item);

export const randomBytes = (next: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => below(next, 256)));

export const randomHex = (next: Random, digits: number): string =>
  Array.from({ length: digits }, () => below(next, 16).toString(16)).join('');
