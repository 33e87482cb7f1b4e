/** The durations that are usual for collectors (docs/explorer.md «Overview»). */
import type { DurationRow, Durations } from '../../api/durations.js';
import type { Results } from '../../api/stat.js';

/** The durations of runs in the window, and in the time before it; undefined without any. */
export interface History {
  readonly within?: Durations;
  readonly before?: Durations;
}

export type Histories = ReadonlyMap<string, History>;

/** The durations within the window and before it, by the id of the collector or the name of the provider. */
export function historiesOf(
  within: Results<DurationRow> | undefined,
  before?: Results<DurationRow>,
): Histories {
  const histories = new Map<string, History>();
  for (const { of, ...durations } of within?.results ?? []) histories.set(of, { within: durations });
  for (const { of, ...durations } of before?.results ?? [])
    histories.set(of, { ...histories.get(of), before: durations });
  return histories;
}

/** Ended runs that make a history. */
const MIN_RUNS = 5;
/** Runs before the window that make it comparable. */
const MIN_BEFORE = 20;

/** The longest usual run of a collector: the p95 before the window, or within it for want of runs before; undefined without a history. */
export const usualLimit = ({ within, before }: History = {}): number | undefined =>
  [before, within].find((durations) => (durations?.runs ?? 0) >= MIN_RUNS)?.p95;

/** The window has 5 runs and the time before it 20: fewer tell nothing. */
export const isComparable = (history: History = {}): history is Required<History> =>
  (history.within?.runs ?? 0) >= MIN_RUNS && (history.before?.runs ?? 0) >= MIN_BEFORE;

/** Holds where the median of the window is above the p90 of the time before. */
export const isSlower = (history: History | undefined): boolean =>
  isComparable(history) && history.within.median > history.before.p90;
