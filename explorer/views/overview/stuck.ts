/** Finds the unfinished jobs that take longer than their collector's jobs do (docs/explorer.md «Overview»). */
import { MAX_UNFINISHED } from '../../api/unfinished.js';
import type { UnfinishedJob, UnfinishedRow } from '../../api/unfinished.js';
import { count, plural } from '../../components/format.js';
import { sumBy } from '../../state/grouping.js';
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

/** The stuck and late jobs among the unfinished ones that were read. */
export interface Stuck {
  /** The oldest first. */
  readonly jobs: readonly StuckJob[];
  /** The number of unfinished jobs. */
  readonly among: number;
  /** There may be more unfinished jobs: the oldest were read. */
  readonly isCut: boolean;
}

/** The jobs unfinished for longer than 3 times their collector's p95, or than a day without a history. */
export function stuckAmong(rows: readonly UnfinishedRow[], histories: Histories, now: number): Stuck {
  const found = rows.flatMap(({ collector_id, name, jobs }) => {
    const usual = usualLimit(histories.get(collector_id));
    const limit = usual === undefined ? DAY_MS : LATE_FACTOR * usual;
    return jobs
      .map((job) => ({ ...job, collector_id, name, usual, age: now - Date.parse(job.created_at) }))
      .filter(({ age }) => age > limit);
  });
  const among = rows.reduce((total, { jobs }) => total + jobs.length, 0);
  return {
    jobs: found.toSorted((one, other) => other.age - one.age),
    among,
    isCut: among >= MAX_UNFINISHED,
  };
}

/** The number of stuck jobs of each collector, by its id. */
export const stuckByCollector = ({ jobs }: Stuck): ReadonlyMap<string, number> =>
  sumBy(
    jobs,
    (job) => job.collector_id,
    () => 1,
  );

/** The number of stuck jobs in a sentence of the headline; nothing without any. */
export function stuckText({ jobs, isCut }: Stuck): string {
  if (jobs.length === 0) return '';
  if (isCut) return ` ${count(jobs.length)} or more jobs are stuck or late.`;
  return ` ${plural(jobs.length, 'job')} ${jobs.length === 1 ? 'is' : 'are'} stuck or late.`;
}
