/** Sentences about answers that have no room for everything (docs/explorer.md «Overview»). */
import { MAX_RANKED } from '../../api/durations.js';
import type { DurationRow } from '../../api/durations.js';
import { MAX_COLLECTORS } from '../../api/job-counts.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { MAX_INTERVALS } from '../../api/trends.js';
import type { TrendRow } from '../../api/trends.js';
import { MAX_UNFINISHED } from '../../api/unfinished.js';
import { count } from '../../components/format.js';
import type { Unit } from '../../state/time-range.js';

type Maybe<T> = T | undefined;

/** The durations `of` a time are not those of all its runs. */
export const durationsNote = (durations: readonly Maybe<Results<DurationRow>>[], of: string): string => {
  const isCut = durations.some(
    (each) => (each?.results ?? []).reduce((total, { runs }) => total + runs, 0) >= MAX_RANKED,
  );
  return isCut ? `Durations are those of the newest ${count(MAX_RANKED)} runs ${of}.` : '';
};

/** There are more collectors with jobs. */
export const collectorsNote = (collectors: readonly CollectorRow[]): string =>
  collectors.filter(({ within }) => within !== undefined).length >= MAX_COLLECTORS
    ? `Collectors are the ${count(MAX_COLLECTORS)} of most failures.`
    : '';

/** There are more intervals with failures: the last one that was read has some. */
export const trendsNote = (trends: Maybe<Results<TrendRow>>, unit: Unit): string => {
  const found = trends?.results ?? [];
  return found.length >= MAX_INTERVALS && (found.at(-1)?.failed ?? 0) > 0
    ? `Trends have the ${count(MAX_INTERVALS)} ${unit}s of most failures of a collector.`
    : '';
};

/** There are more unfinished jobs. */
export const stuckNote = (isCut: boolean): string =>
  isCut ? `Stuck jobs are those among the oldest ${count(MAX_UNFINISHED)} unfinished ones.` : '';
