/** The runs of collectors that ended, and the durations that are usual for them (docs/explorer.md «Overview»). */
import type { DurationRow } from '../../api/durations.js';
import type { Results } from '../../api/stat.js';
import { elapsed } from '../../components/format.js';

/** A run that ended. */
export interface Run {
  readonly job_id: string;
  readonly status: string;
  readonly created: number;
  /** Milliseconds. */
  readonly length: number;
}

/** The runs of each collector among the newest that ended, the newest first. */
export function runsByCollector(
  answer: Results<DurationRow> | undefined,
): ReadonlyMap<string, readonly Run[]> {
  return new Map(
    answer?.results.map(({ collector_id: id = '', jobs = [] }) => [
      id,
      jobs.flatMap(({ from, to, status = '', job_id = '' }) => {
        const length = elapsed(from ?? '', to ?? '');
        return length === undefined ? [] : [{ job_id, status, created: Date.parse(from ?? ''), length }];
      }),
    ]),
  );
}

/** The nearest rank of a share in values; undefined without any. */
export const percentile = (values: readonly number[], share: number): number | undefined =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];

export const medianOf = (values: readonly number[]): number | undefined => percentile(values, 0.5);

/** Runs that are compared with those before them. */
const MIN_NEWEST = 5;
const NEWEST_SHARE = 0.1;
/** Runs before them that make them comparable. */
const MIN_BEFORE = 20;
const USUAL_SHARE = 0.9;

export interface Usual {
  readonly newest: number;
  /** Durations in milliseconds: the median of the newest runs, the median and the p90 of those before. */
  readonly median: number;
  readonly before: number;
  readonly limit: number;
}

/** Compares the newest tenth of the runs, at least 5, with at least 20 before; undefined with fewer. */
export function usualOf(runs: readonly Run[]): Usual | undefined {
  const newest = Math.max(MIN_NEWEST, Math.floor(runs.length * NEWEST_SHARE));
  const lengths = runs.map(({ length }) => length);
  const [now, then] = [lengths.slice(0, newest), lengths.slice(newest)];
  const [median, before, limit] = [medianOf(now), medianOf(then), percentile(then, USUAL_SHARE)];
  if (then.length < MIN_BEFORE || median === undefined || before === undefined || limit === undefined)
    return undefined;
  return { newest, median, before, limit };
}

/** Holds where the median of the newest runs is above the p90 of those before. */
export function isSlower(runs: readonly Run[]): boolean {
  const usual = usualOf(runs);
  return usual !== undefined && usual.median > usual.limit;
}
