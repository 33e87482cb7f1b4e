/** Judges shares of few jobs: the least that a share can be trusted to be, and the differences beyond chance (docs/explorer.md «Overview»). */

/** The normal quantile of 95 %, two-sided. */
const Z = 1.96;

/** A number of jobs among others. */
export interface Share {
  readonly part: number;
  readonly of: number;
}

/** The lower end of the 95 % Wilson interval of a share: 1 of 1 counts for less than 90 of 100; 0 without jobs. */
export function atLeast({ part, of }: Share): number {
  if (of === 0) return 0;
  const share = part / of;
  const spread = Z * Math.sqrt((share * (1 - share)) / of + Z ** 2 / (4 * of ** 2));
  return Math.max(0, (share + Z ** 2 / (2 * of) - spread) / (1 + Z ** 2 / of));
}

export type Change = 'more' | 'less' | 'same';

/** Compares two shares by the two-proportion z-test at 95 %: a difference within chance is `same`. */
export function changeOf(now: Share, before: Share): Change {
  const all = now.of + before.of;
  const pooled = (now.part + before.part) / all;
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.of + 1 / before.of));
  const difference = now.part / now.of - before.part / before.of;
  // Without jobs on a side neither is a number.
  if (!(Math.abs(difference) > Z * error)) return 'same';
  return difference > 0 ? 'more' : 'less';
}
