// The memory budget: a reservation is released once and cannot grow afterwards, and the budget follows the process.
import { expect, test } from '@jest/globals';
import { budgetFor, createMemoryBudget } from '../../src/limits/memory-budget.js';

test('a disposed reservation releases all its bytes', () => {
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
  }).toThrow(expect.objectContaining({ message: reason, retryAfterMs: 1000 }));
  expect(all.used()).toBe(60);
});

const MIB = 2 ** 20;

test.each([
  ['a small container', 64, 128, 32],
  ['a container of 512 MiB', 64, 512, 128],
  ['a container of 2 GiB', 64, 2048, 512],
  ['a large machine', 64, 25_000, 512],
  ['a large machine with long answers', 1024, 65_536, 8192],
  ['a small container with long answers', 1024, 4096, 1024],
  ['a process without a bound', 64, Infinity, 512],
])('in %s the budget is a quarter of its memory, and no more than answers need', (_, response, all, mib) => {
  expect(budgetFor(response * MIB, all * MIB)).toBe(mib * MIB);
});
