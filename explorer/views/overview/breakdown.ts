/** Computes the overview from its answers: the intervals of the timeline, failure rates and durations. */
import type { DurationRow } from '../../api/durations.js';
import type { CollectorRow, TimelineRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { ENDED, FAILED, isOneOf, SUCCEEDED } from '../../api/statuses.js';
import type { JobStatus } from '../../api/statuses.js';
import { elapsed } from '../../components/format.js';
import { groupBy, sumBy } from '../../state/grouping.js';
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
const jobsWith = (
  rows: readonly { readonly status?: string; readonly jobs?: number }[],
  statuses: readonly JobStatus[],
): number =>
  rows
    .filter(({ status = '' }) => isOneOf(statuses, status))
    .reduce((total, { jobs = 0 }) => total + jobs, 0);

/** The share of failed jobs among ended ones; undefined without any. */
export function failureRate(rows: readonly Cell[]): number | undefined {
  const ended = jobsWith(rows, ENDED);
  return ended === 0 ? undefined : jobsWith(rows, FAILED) / ended;
}

/** The outcome of the jobs of one collector or of one provider. */
export interface Rate {
  readonly key: string;
  readonly name: string;
  readonly jobs: number;
  /** The share of successful jobs among ended ones; undefined without any. */
  readonly succeeded: number | undefined;
  /** Milliseconds; undefined without an ended job among the newest. */
  readonly median: number | undefined;
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** The durations of jobs in milliseconds, by collector. */
export function lengths(answer: Results<DurationRow> | undefined): ReadonlyMap<string, readonly number[]> {
  return new Map(
    answer?.results.map(({ collector_id: id = '', jobs = [] }) => [
      id,
      jobs.map(({ from, to }) => elapsed(from ?? '', to ?? '')).filter((each) => each !== undefined),
    ]),
  );
}

/** Groups the rows of collectors by the field `key`, each group named by the field `name`, the largest first. */
export function rates(
  { results }: Results<CollectorRow>,
  durations: ReadonlyMap<string, readonly number[]>,
  key: 'collector_id' | 'provider',
  name: 'name' | 'provider',
): readonly Rate[] {
  const found = [...groupBy(results, (row) => row[key] ?? '')].map(([group, rows]): Rate => {
    const ended = jobsWith(rows, ENDED);
    const ids = [...new Set(rows.map((row) => row.collector_id ?? ''))];
    return {
      key: group,
      name: rows.map((row) => row[name] ?? '').find((each) => each !== '') ?? group,
      jobs: rows.reduce((total, { jobs = 0 }) => total + jobs, 0),
      succeeded: ended === 0 ? undefined : jobsWith(rows, SUCCEEDED) / ended,
      median: median(ids.flatMap((id) => durations.get(id) ?? [])),
    };
  });
  return found.toSorted((a, b) => b.jobs - a.jobs);
}
