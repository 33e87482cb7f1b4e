// Bounded caches: what is kept, for how long, and what makes room.
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { createCache } from '../../src/limits/cache.js';
import { collectGarbage } from '../harness/garbage.js';

const TTL_MS = 1000;
const CAPACITY = 10;

/** Creates a cache of texts with a clock to set; a text weighs its length. */
function createTexts(ttlMs = TTL_MS) {
  const clock = { now: 0 };
  const monotonicNow = (): number => clock.now;
  const weightOf = ({ length }: string): number => length;
  return { clock, ...createCache<string>({ ttlMs, capacity: CAPACITY, monotonicNow, weightOf }) };
}

const keptOf = ({ get }: { get(key: string): unknown }, keys: string): string =>
  Array.from(keys)
    .filter((key) => get(key) !== undefined)
    .join('');

test.each<readonly [string, readonly (readonly [string, string])[], string]>([
  [
    'as many entries as fit are kept',
    [
      ['a', 'xxxxx'],
      ['b', 'xxxxx'],
    ],
    'ab',
  ],
  [
    'the oldest entry makes room',
    [
      ['a', 'xxxxx'],
      ['b', 'xxxxx'],
      ['c', 'x'],
    ],
    'bc',
  ],
  [
    'several entries make room for a heavy one',
    [
      ['a', 'x'],
      ['b', 'x'],
      ['c', 'xxxxxxxxxx'],
    ],
    'c',
  ],
  [
    'an entry heavier than the cache is not kept',
    [
      ['a', 'x'],
      ['b', 'xxxxxxxxxxx'],
    ],
    '',
  ],
  [
    'a replaced entry no longer weighs',
    [
      ['a', 'xxxxxxxxxx'],
      ['a', 'x'],
      ['b', 'xxxxxxxxx'],
    ],
    'ab',
  ],
])('%s', (_, entries, kept) => {
  const cache = createTexts();
  for (const [key, text] of entries) cache.set(key, text);
  expect(keptOf(cache, 'abc')).toBe(kept);
});

test('a used entry outlasts one that was set later', () => {
  const cache = createTexts();
  cache.set('a', 'xxxxx');
  cache.set('b', 'xxxxx');
  cache.get('a');
  cache.set('c', 'x');
  expect(keptOf(cache, 'abc')).toBe('ac');
});

test('a deleted entry no longer weighs', () => {
  const cache = createTexts();
  cache.set('a', 'xxxxx');
  cache.delete('a');
  cache.set('b', 'xxxxxxxxxx');
  expect(keptOf(cache, 'ab')).toBe('b');
});

test('an entry lasts for its time, however often it is used', () => {
  const cache = createTexts();
  cache.set('a', 'x');
  cache.clock.now = TTL_MS - 1;
  expect(cache.get('a')).toBe('x');
  cache.clock.now = TTL_MS;
  expect(cache.get('a')).toBeUndefined();
});

test('an entry without an end is kept', () => {
  const cache = createTexts(Infinity);
  cache.set('a', 'x');
  cache.clock.now = Number.MAX_SAFE_INTEGER;
  expect(cache.get('a')).toBe('x');
});

test('entries weigh 1 each by default', () => {
  const cache = createCache<string>({ ttlMs: TTL_MS, capacity: 2, monotonicNow: () => 0 });
  for (const key of 'abc') cache.set(key, 'a long text');
  expect(keptOf(cache, 'abc')).toBe('bc');
});

test('a set frees the memory of expired entries', async () => {
  const clock = { now: 0 };
  const cache = createCache<object>({ ttlMs: TTL_MS, capacity: CAPACITY, monotonicNow: () => clock.now });
  const expired = ['a', 'b', 'c'].map((key) => {
    const value = {};
    cache.set(key, value);
    return new WeakRef(value);
  });
  clock.now = TTL_MS;
  cache.set('d', {});
  // A WeakRef holds its object until the end of the current turn.
  await setImmediate();
  collectGarbage();
  expect(expired.map((value) => value.deref())).toEqual([undefined, undefined, undefined]);
  expect(cache.get('d')).toEqual({});
});
