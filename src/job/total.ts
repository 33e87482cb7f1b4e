/** The total of a page: counted only where it does not follow from the page (docs/performance.md «Counts»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../query/model.js';

/** Milliseconds that a listing has to show whether a count is needed; then both go on at once. */
const HEAD_START = 10;

/** How many there are in all, where a page with `listed` of them tells: one that is not full is the last. */
function told({ skip, limit }: Page, listed: number): number | undefined {
  const ended = listed < limit && (listed > 0 || skip === 0);
  return ended ? skip + listed : undefined;
}

/** A count of another moment than the page beside it, as that page allows it: none of its jobs is beyond the total. */
function besides({ skip }: Page, listed: number, counted: number): number {
  return listed > 0 ? Math.max(counted, skip + listed) : Math.min(counted, skip);
}

/**
 * How many there are in all, where `listing` lists a page of them. What is counted in vain is not waited for: whoever
 * asks ends it.
 */
export async function totalOf(
  page: Page | undefined,
  listing: Promise<number>,
  count: () => Promise<number>,
): Promise<number> {
  if (page === undefined) return listing;
  const early = await Promise.race([listing, pause(HEAD_START)]);
  const total = early === undefined ? undefined : told(page, early);
  if (total !== undefined) return total;
  const counting = count();
  // Where it is not needed, neither is its failure.
  counting.catch(() => undefined);
  const listed = await listing;
  return told(page, listed) ?? besides(page, listed, await counting);
}
