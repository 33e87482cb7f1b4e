/** Choices drawn from a seeded sequence: the same seed is the same trial. */
import { random } from '../harness/random.js';
import type { Random } from '../harness/random.js';

/** What the trial of `seed` draws from for its `nth` part, whatever happens in the parts before. */
export const drawn = (seed: number, nth: number): Random =>
  random((seed ^ Math.imul(nth + 1, 0x9e3779b1)) | 0);

export const below = (next: Random, limit: number): number => Math.floor(next() * limit);

/** One of `from`, which has some. */
export function pick<T>(next: Random, from: readonly T[]): T {
  const picked = from[below(next, from.length)];
  if (picked === undefined) throw new Error('there is nothing to pick from');
  return picked;
}

export const several = <T>(next: Random, most: number, each: () => T): T[] =>
  Array.from({ length: below(next, most + 1) }, each);

export interface Weighed {
  readonly weight: number;
}

/** One of `from`, the heavier the likelier. */
export function weighed<T extends Weighed>(next: Random, from: readonly T[]): T {
  let left = next() * from.reduce((sum, { weight }) => sum + weight, 0);
  const found = from.find(({ weight }) => (left -= weight) < 0);
  return found ?? pick(next, from);
}

/** The fields of `all` that there are this time, each by the chance beside it. */
export const some = <T>(
  next: Random,
  all: readonly (readonly [string, number, () => T])[],
): Record<string, T> =>
  Object.fromEntries(all.flatMap(([name, chance, make]) => (next() < chance ? [[name, make()]] : [])));
