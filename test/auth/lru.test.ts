// The caches of keys and of roles: the least recently used entry makes room for a new one.
import { expect, test } from '@jest/globals';
import { createLru } from '../../src/auth/lru.js';

test.each<readonly [string, number | undefined, number]>([
  ['the 10,000 most recently used entries, by default,', undefined, 10_000],
  ['as many entries as its capacity', 3, 3],
])('%s are kept', (_, max, due) => {
  const cache = createLru<string>(max);
  for (let nth = 0; nth < due; nth++) cache.set(`key ${nth}`, `value ${nth}`);
  expect(cache.get('key 0')).toBe('value 0');
  cache.set('one more', 'its value');
  expect(cache.get('key 0')).toBe('value 0');
  expect(cache.get('key 1')).toBeUndefined();
  const rest = Array.from({ length: due - 2 }, (_each, nth) => cache.get(`key ${nth + 2}`));
  expect(rest).toEqual(rest.map((_each, nth) => `value ${nth + 2}`));
  expect(cache.get('one more')).toBe('its value');
});
