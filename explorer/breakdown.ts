/** What the overview makes of its answers: counts by status, buckets of a timeline, rates and durations. */
import { elapsed } from './format.js';
import { listAt, numberAt, textAt } from './json.js';
import type { Json } from './json.js';
import { FAILED } from './requests.js';
import { BUCKETS, bucketStart, floor } from './time-range.js';
import type { TimeRange, Unit } from './time-range.js';

/** Jobs of one status in one bucket; `start` is NaN for jobs without a date. */
interface Cell {
  readonly start: number;
  readonly status: string;
  readonly jobs: number;
}

export const cells = (answer: Json, unit: Unit): readonly Cell[] =>
  listAt(answer, 'results').map((row) => ({
    start: bucketStart(textAt(row, 'at'), unit),
    status: textAt(row, 'status'),
    jobs: numberAt(row, 'jobs'),
  }));

/** Rows by a key, in the order in which the keys are first there. */
export function groupBy<T>(rows: readonly T[], key: (row: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group === undefined) groups.set(key(row), [row]);
    else group.push(row);
  }
  return groups;
}

/** Sums by a key. */
export function sumBy<T>(
  rows: readonly T[],
  key: (row: T) => string,
  value: (row: T) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(key(row), (sums.get(key(row)) ?? 0) + value(row));
  return sums;
}

export const byStatus = (rows: readonly Pick<Cell, 'status' | 'jobs'>[]): ReadonlyMap<string, number> =>
  sumBy(
    rows,
    ({ status }) => status,
    ({ jobs }) => jobs,
  );

/** Buckets that a timeline shows at most; of a longer time the latest. */
const MOST = 750;

/** The beginnings of all buckets of a stretch, empty ones too; where it has no end, those of the cells. */
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
  const size = Math.min(Math.floor((last - first) / length) + 1, MOST);
  return Array.from({ length: size }, (_, index) => last - (size - 1 - index) * length);
}

/** How many jobs of a status begin in each bucket. */
export function series(rows: readonly Cell[], starts: readonly number[], status: string): readonly number[] {
  const jobs = sumBy(
    rows.filter((row) => row.status === status),
    ({ start }) => String(start),
    (row) => row.jobs,
  );
  return starts.map((start) => jobs.get(String(start)) ?? 0);
}

const SUCCEEDED: readonly string[] = ['SUCCESS'];
const OVER: readonly string[] = [...SUCCEEDED, ...FAILED];

/** The share of jobs that failed of those that ended well or badly; undefined where there are none. */
export function failureRate(rows: readonly Cell[]): number | undefined {
  const jobs = (of: readonly string[]): number =>
    rows.filter(({ status }) => of.includes(status)).reduce((sum, row) => sum + row.jobs, 0);
  return jobs(OVER) === 0 ? undefined : jobs(FAILED) / jobs(OVER);
}

/** How jobs of one kind went. */
export interface Rate {
  readonly key: string;
  readonly name: string;
  readonly jobs: number;
  /** Of those that ended well or badly; undefined where there are none. */
  readonly succeeded: number | undefined;
  /** Milliseconds; undefined where none of those looked at is of this kind. */
  readonly median: number | undefined;
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** Milliseconds that jobs took, by collector. */
export function lengths(answer: Json | undefined): ReadonlyMap<string, readonly number[]> {
  return new Map(
    listAt(answer, 'results').map((row) => [
      textAt(row, 'collector_id'),
      listAt(row, 'jobs')
        .map((job) => elapsed(textAt(job, 'from'), textAt(job, 'to')))
        .filter((each) => each !== undefined),
    ]),
  );
}

/** Jobs in rows of these statuses; of all where none is named. */
const jobsIn = (rows: readonly Json[], statuses?: readonly string[]): number =>
  rows
    .filter((row) => statuses === undefined || statuses.includes(textAt(row, 'status')))
    .reduce<number>((sum, row) => sum + numberAt(row, 'jobs'), 0);

/** How jobs went by the name `key` of rows of collectors, each called what `name` says; the most jobs first. */
export function rates(
  collectors: Json,
  took: ReadonlyMap<string, readonly number[]>,
  key: string,
  name: string,
): readonly Rate[] {
  const kinds = groupBy(listAt(collectors, 'results'), (row) => textAt(row, key));
  const found = [...kinds].map(([kind, rows]): Rate => {
    const over = jobsIn(rows, OVER);
    const ids = [...new Set(rows.map((row) => textAt(row, 'collector_id')))];
    return {
      key: kind,
      name: rows.map((row) => textAt(row, name)).find((each) => each !== '') ?? kind,
      jobs: jobsIn(rows),
      succeeded: over === 0 ? undefined : jobsIn(rows, SUCCEEDED) / over,
      median: median(ids.flatMap((id) => took.get(id) ?? [])),
    };
  });
  return found.toSorted((a, b) => b.jobs - a.jobs);
}
