// Reservations of memory: each is rereservationd once, and cannot grow afterwards.
import { expect, test } from '@jest/globals';
import { createMemoryBudget } from '../../src/limits/memory-budget.js';

test('a disposed reservation rereservations all its bytes', () => {
  const all = createMemoryBudget(100);
  const reservation = all.reserve();
  reservation.grow(30);
  reservation.grow(40);
  expect(all.used()).toBe(70);
  reservation[Symbol.dispose]();
  reservation[Symbol.dispose]();
  expect(all.used()).toBe(0);
});

test('a disposed reservation cannot grow', () => {
  const all = createMemoryBudget(100);
  const reservation = all.reserve();
  reservation[Symbol.dispose]();
  expect(() => {
    reservation.grow(1);
  }).toThrow('a disposed reservation cannot grow');
  expect(all.used()).toBe(0);
});

test('bytes beyond the budget are refused, with a time to retry, and reserve nothing', () => {
  const all = createMemoryBudget(100);
  using reservation = all.reserve();
  reservation.grow(60);
  const other = all.reserve();
  const reason =
    'ERROR_LIMIT_EXCEEDED: Limit exceeded. (limit = bytes of all requests and answers at once, max = 100)';
  expect(() => {
    other.grow(41);
  }).toThrow(expect.objectContaining({ message: reason, retryAfter: 1000 }));
  expect(all.used()).toBe(60);
});
