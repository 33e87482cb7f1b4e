/** Finds the total of a list or a stat, counting only where it does not follow from the page (docs/performance.md «Counts»). */
import type { Page } from '../query/model.js';

/** Milliseconds given to the page to make a count needless; after them both run at once. */
const HEAD_START_MS = 10;

/** Settles as `listing` does within the head start, and then resolves to undefined. A timer left behind would wake the process. */
function withinHeadStart(listing: Promise<number>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, HEAD_START_MS, undefined);
    const clear = (): void => {
      clearTimeout(timer);
    };
    listing.finally(clear).then(resolve, reject);
  });
}

/** The total by a page of `listed` results: a page that is not full is the last one. undefined: a count is needed. */
function totalByPage({ skip, limit }: Page, listed: number): number | undefined {
  const ended = listed < limit && (listed > 0 || skip === 0);
  return ended ? skip + listed : undefined;
}

/** Bounds a count of another moment than the page: the total covers every result of the page. */
function boundedByPage({ skip }: Page, listed: number, counted: number): number {
  return listed > 0 ? Math.max(counted, skip + listed) : Math.min(counted, skip);
}

/**
 * The total of a list or a stat, given the number of results on its page once that is read. A needless count is not
 * awaited: the abort scope of the caller ends it.
 */
export async function totalOf(
  page: Page | undefined,
  listing: Promise<number>,
  count: () => Promise<number>,
): Promise<number> {
  if (page === undefined) return listing;
  const early = await withinHeadStart(listing);
  const total = early === undefined ? undefined : totalByPage(page, early);
  if (total !== undefined) return total;
  const counting = count();
  // The failure of a needless count is needless, too.
  counting.catch(() => undefined);
  const listed = await listing;
  return totalByPage(page, listed) ?? boundedByPage(page, listed, await counting);
}
