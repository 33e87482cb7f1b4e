/** Computes the outcome of the jobs of each collector and provider from the answers of the overview. */
import type { DurationRow } from '../../api/durations.js';
import type { CollectorRow } from '../../api/job-counts.js';
import type { Results } from '../../api/stat.js';
import { ENDED, FAILED, isOneOf } from '../../api/statuses.js';
import type { JobStatus } from '../../api/statuses.js';
import { elapsed } from '../../components/format.js';
import { atLeast } from '../../state/chance.js';
import type { Share } from '../../state/chance.js';
import { groupBy } from '../../state/grouping.js';

/** The outcome of the jobs of one collector or of one provider. */
export interface Rate {
  readonly key: string;
  readonly name: string;
  readonly jobs: number;
  readonly failed: number;
  /** Unfinished jobs of all time that are stuck or late. */
  readonly stuck: number;
  /** Failed and stuck jobs among those that ended or are stuck. */
  readonly failing: Share;
  /** Failed jobs among the ended ones of the time before. */
  readonly before: Share;
  /** Milliseconds; undefined without an ended job among the newest. */
  readonly median: number | undefined;
}

/** The nearest rank of a share in sorted values; undefined without any. */
export const percentile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];

/** A run that ended. */
export interface Run {
  readonly created: number;
  /** Milliseconds. */
  readonly length: number;
}

/** The runs of each collector among the newest that ended. */
export function runsByCollector(
  answer: Results<DurationRow> | undefined,
): ReadonlyMap<string, readonly Run[]> {
  return new Map(
    answer?.results.map(({ collector_id: id = '', jobs = [] }) => [
      id,
      jobs.flatMap(({ from, to }) => {
        const length = elapsed(from ?? '', to ?? '');
        return length === undefined ? [] : [{ created: Date.parse(from ?? ''), length }];
      }),
    ]),
  );
}

const sum = (
  rows: readonly CollectorRow[],
  field: 'jobs' | 'before',
  statuses?: readonly JobStatus[],
): number =>
  rows
    .filter(({ status = '' }) => statuses === undefined || isOneOf(statuses, status))
    .reduce((total, row) => total + (row[field] ?? 0), 0);

const isWorse = (one: Rate, other: Rate): number =>
  atLeast(other.failing) - atLeast(one.failing) ||
  other.failed + other.stuck - one.failed - one.stuck ||
  other.jobs - one.jobs;

/** The facts about collectors beside the counts of their jobs, by the collector’s id. */
export interface Beside {
  readonly lengths: ReadonlyMap<string, readonly number[]>;
  readonly stuck: ReadonlyMap<string, number>;
}

/** Groups the rows of collectors by the field `key`, each group named by the field `name`, the worst first. */
export function rates(
  results: readonly CollectorRow[],
  { lengths, stuck }: Beside,
  key: 'collector_id' | 'provider',
  name: 'name' | 'provider',
): readonly Rate[] {
  const found = [...groupBy(results, (row) => row[key] ?? '')].map(([group, rows]): Rate => {
    const ids = [...new Set(rows.map((row) => row.collector_id ?? ''))];
    const stuckJobs = ids.reduce((total, id) => total + (stuck.get(id) ?? 0), 0);
    const failed = sum(rows, 'jobs', FAILED);
    return {
      key: group,
      name: rows.map((row) => row[name]?.trim() ?? '').find((each) => each !== '') ?? group,
      jobs: sum(rows, 'jobs'),
      failed,
      stuck: stuckJobs,
      failing: { part: failed + stuckJobs, of: sum(rows, 'jobs', ENDED) + stuckJobs },
      before: { part: sum(rows, 'before', FAILED), of: sum(rows, 'before', ENDED) },
      median: percentile(
        ids.flatMap((id) => lengths.get(id) ?? []).toSorted((a, b) => a - b),
        0.5,
      ),
    };
  });
  return found.filter(({ jobs, stuck: some }) => jobs + some > 0).toSorted(isWorse);
}
