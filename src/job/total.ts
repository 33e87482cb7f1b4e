/** The total of a page: counted only where it does not follow from the page (docs/performance.md «Counts»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '../query/model.js';
import type { Budget } from './operation.js';

/** Milliseconds that a listing has to show whether a count is needed; then both go on at once. */
const HEAD_START = 10;

/** How many there are in all, where a page with `listed` of them tells. */
function told({ skip, limit }: Page, listed: number): number | undefined {
  const ended = listed < limit && (listed > 0 || skip === 0);
  return ended ? skip + listed : undefined;
}

/** How many there are beyond the page that `listing` lists; what is counted in vain is ended. */
export async function totalOf(
  page: Page | undefined,
  listing: Promise<number>,
  count: (budget: Budget) => Promise<number>,
  budget: Budget,
): Promise<number> {
  if (page === undefined) return listing;
  const over = new AbortController();
  const signal = AbortSignal.any([budget.signal, over.signal]);
  try {
    const early = await Promise.race([listing, pause(HEAD_START, undefined, { signal: over.signal })]);
    const total = early === undefined ? undefined : told(page, early);
    if (total !== undefined) return total;
    const counting = count({ ...budget, signal });
    // Where it is not needed, neither is its failure.
    counting.catch(() => undefined);
    return told(page, await listing) ?? (await counting);
  } finally {
    over.abort();
  }
}
