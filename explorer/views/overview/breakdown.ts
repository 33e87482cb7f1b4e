/** Computes the intervals of the timeline, and the shares of failed jobs. */
import type { TimelineRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { ENDED, FAILED, isOneOf } from '../../api/statuses.js';
import type { JobStatus } from '../../api/statuses.js';
import type { Share } from '../../state/chance.js';
import { sumBy } from '../../state/grouping.js';
import { BUCKETS, bucketStart, floor } from '../../state/time-range.js';
import type { TimeRange, Unit } from '../../state/time-range.js';

/** The number of jobs with one status in one bucket. */
export interface Cell {
  /** NaN for jobs without a date. */
  readonly start: number;
  readonly status: string;
  readonly jobs: number;
}

export const cells = ({ results }: Results<TimelineRow>, unit: Unit): readonly Cell[] =>
  results.map(({ at = '', status = '', jobs = 0 }) => ({ start: bucketStart(at, unit), status, jobs }));

/** A longer timeline shows its latest buckets. */
const MAX_BUCKETS = 750;

/** The beginnings of all buckets of a time range, empty ones included; an open range has those around its cells. */
export function buckets(
  { from, to, unit }: TimeRange,
  rows: readonly Cell[],
  now: number,
): readonly number[] {
  const { length } = BUCKETS[unit];
  const starts = rows.map(({ start }) => start).filter((start) => !Number.isNaN(start));
  const end = from === undefined && starts.length > 0 ? Math.max(...starts) : (to ?? now) - 1;
  const last = floor(end, unit);
  const first = from === undefined ? Math.min(last, ...starts) : floor(from, unit);
  const size = Math.min(Math.floor((last - first) / length) + 1, MAX_BUCKETS);
  return Array.from({ length: size }, (_, index) => last - (size - 1 - index) * length);
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
export const jobsWith = (
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
