// The memory of all requests and answers: what is taken of it is given back once, and never after.
import { expect, test } from '@jest/globals';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';

test('a lease that is disposed gives back all that it took', () => {
  const all = createMemoryBudget(100);
  const lease = all.reserve();
  lease.grow(30);
  lease.grow(40);
  expect(all.used()).toBe(70);
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  expect(all.used()).toBe(0);
});

test('a lease that is disposed takes nothing more', () => {
  const all = createMemoryBudget(100);
  const lease = all.reserve();
  lease[Symbol.dispose]();
  expect(() => {
    lease.grow(1);
  }).toThrow('given back');
  expect(all.used()).toBe(0);
});

test('what does not fit is refused for a while, and takes nothing', () => {
  const all = createMemoryBudget(100);
  using lease = all.reserve();
  lease.grow(60);
  const other = all.reserve();
  const reason =
    'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = bytes of all requests and answers at once, max = 100)';
  expect(() => {
    other.grow(41);
  }).toThrow(expect.objectContaining({ message: reason, retryAfter: 1000 }));
  expect(all.used()).toBe(60);
});
