// The total of a list follows from the page where it can, and a count of another moment is bounded by the page.
import { expect, test } from '@jest/globals';
import { totalOf } from '../../src/job/total.js';

/** The start, limit and length of a page, the count of some moment, and the total. */
const PAGES: readonly (readonly [string, { skip: number; limit: number }, number, number, number])[] = [
  ['a full page is counted', { skip: 0, limit: 10 }, 10, 25, 25],
  ['a page that is not full is the last', { skip: 20, limit: 10 }, 5, 999, 25],
  ['an empty first page is all there is', { skip: 0, limit: 10 }, 0, 999, 0],
  ['a page behind the end is counted', { skip: 30, limit: 10 }, 0, 25, 25],
  [
    'a count after jobs of the page were deleted is no less than the page shows',
    { skip: 10, limit: 10 },
    10,
    18,
    20,
  ],
  [
    'a count after jobs were inserted is no more than the empty page allows',
    { skip: 30, limit: 10 },
    0,
    33,
    30,
  ],
];

test.each(PAGES)('%s', async (_, page, listed, counted, total) => {
  expect(await totalOf(page, Promise.resolve(listed), () => Promise.resolve(counted))).toBe(total);
});

test('a late page that shows the end does not wait for the count', async () => {
  const listing = new Promise<number>((resolve) => setTimeout(resolve, 50, 3));
  expect(await totalOf({ skip: 0, limit: 10 }, listing, () => new Promise(() => undefined))).toBe(3);
});
