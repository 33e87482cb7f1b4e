/** The share of failed jobs of each collector in each bucket of the timeline. */
import type { TrendRow } from '../../api/trends.js';
import type { Results } from '../../api/stat.js';
import { groupBy } from '../../state/grouping.js';
import { bucketStart } from '../../state/time-range.js';
import type { Unit } from '../../state/time-range.js';

export type Trends = ReadonlyMap<string, readonly number[]>;

/** The shares of each collector at `starts`, by its id; 0 where none failed. */
export function trendsOf(
  { results }: Results<TrendRow>,
  starts: readonly number[],
  unit: Unit,
  zone: string,
): Trends {
  const texts = [...new Set(results.map(({ at }) => at))];
  const columns = new Map(texts.map((at) => [at, starts.indexOf(bucketStart(at, unit, zone))]));
  return new Map(
    [...groupBy(results, (row) => row.collector_id)].map(([collector, rows]) => {
      const shares = new Map(rows.map(({ at, jobs, failed }) => [columns.get(at), failed / jobs]));
      return [collector, starts.map((_, column) => shares.get(column) ?? 0)];
    }),
  );
}
