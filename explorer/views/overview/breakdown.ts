/** Computes the intervals of the timeline, and the shares of failed jobs. */
import type { TimelineRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { ENDED, FAILED, isOneOf } from '../../api/statuses.js';
import type { JobStatus } from '../../api/statuses.js';
import type { Share } from '../../state/chance.js';
import { sumBy } from '../../state/grouping.js';
import { after, BUCKETS, bucketStart, endOf, floor } from '../../state/time-range.js';
import type { TimeRange, Unit } from '../../state/time-range.js';

/** The number of jobs with one status in one bucket. */
export interface Cell {
  /** NaN for jobs without a date. */
  readonly start: number;
  readonly status: string;
  readonly jobs: number;
}

/** Reads the rows of a timeline by unit and zone. */
export const cells = ({ results }: Results<TimelineRow>, unit: Unit, zone: string): readonly Cell[] =>
  results.map(({ at = '', status = '', jobs = 0 }) => ({
    start: bucketStart(at, unit, zone),
    status,
    jobs,
  }));

/** A longer timeline shows its latest buckets. */
export const MAX_BUCKETS = 750;

/**
 * The beginnings of all buckets of a time range, empty ones included; an open range has those around its cells, up to now:
 * a date in the future does not stretch it.
 */
export function buckets(
  timeRange: TimeRange,
  rows: readonly Cell[],
  { now, zone }: { readonly now: number; readonly zone: string },
): readonly number[] {
  const { from, unit } = timeRange;
  const starts = rows.map(({ start }) => start).filter((start) => start <= now);
  const end =
    from === undefined && starts.length > 0
      ? Math.max(...starts)
      : Math.max(from ?? -Infinity, endOf(timeRange, now) - 1);
  const last = floor(end, unit, zone);
  const first = from === undefined ? Math.min(last, ...starts) : floor(from, unit, zone);
  const least = Math.max(first, floor(last - (MAX_BUCKETS - 1) * BUCKETS[unit].length, unit, zone));
  const found: number[] = [];
  for (let start = least; start <= last; start = after(start, unit, zone)) found.push(start);
  return found;
}

/** The number of jobs with a status in each bucket. */
export function series(rows: readonly Cell[], starts: readonly number[], status: string): readonly number[] {
  const jobs = sumBy(
    rows.filter((row) => row.status === status),
    ({ start }) => String(start),
    (row) => row.jobs,
  );
  return starts.map((start) => jobs.get(String(start)) ?? 0);
}

/** The number of jobs with one of these statuses. */
const jobsWith = (
  rows: readonly { readonly status?: string; readonly jobs?: number }[],
  statuses: readonly JobStatus[],
): number =>
  rows
    .filter(({ status = '' }) => isOneOf(statuses, status))
    .reduce((total, { jobs = 0 }) => total + jobs, 0);

/** The failed jobs among ended ones. */
export const failedShare = (rows: readonly Cell[]): Share => ({
  part: jobsWith(rows, FAILED),
  of: jobsWith(rows, ENDED),
});
