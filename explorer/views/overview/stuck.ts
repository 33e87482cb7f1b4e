/** Finds the unfinished jobs that take longer than their collector's jobs do (docs/explorer.md «Overview»). */
import type { UnfinishedJob, UnfinishedRow } from '../../api/unfinished.js';
import { DAY_MS } from '../../state/time-range.js';
import { usualLimit } from './runs.js';
import type { Histories } from './runs.js';

/** The multiple of a collector's p95 from which its unfinished jobs are late. */
export const LATE_FACTOR = 3;

export interface StuckJob extends UnfinishedJob {
  readonly collector_id: string;
  readonly name: string;
  /** Milliseconds since its creation. */
  readonly age: number;
  /** The p95 of its collector's runs; undefined without a history. */
  readonly usual: number | undefined;
}

/** The jobs unfinished for longer than 3 times their collector's p95, or than a day without a history; the oldest first. */
export function stuckJobs(
  rows: readonly UnfinishedRow[],
  histories: Histories,
  now: number,
): readonly StuckJob[] {
  const found = rows.flatMap(({ collector_id, name, jobs }) => {
    const usual = usualLimit(histories.get(collector_id));
    const limit = usual === undefined ? DAY_MS : LATE_FACTOR * usual;
    return jobs
      .map((job) => ({ ...job, collector_id, name, usual, age: now - Date.parse(job.created_at) }))
      .filter(({ age }) => age > limit);
  });
  return found.toSorted((one, other) => other.age - one.age);
}
