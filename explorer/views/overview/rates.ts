/** Computes the outcome of the jobs of each collector and provider from the answers of the overview. */
import type { CollectorRow, Outcome } from '../../api/job-counts.js';
import { atLeast } from '../../state/chance.js';
import type { Share } from '../../state/chance.js';
import { groupBy } from '../../state/grouping.js';
import { isSlower } from './runs.js';
import type { Histories } from './runs.js';
import type { Trends } from './trends.js';

/** The outcome of the jobs of one collector or of one provider. */
export interface Rate {
  readonly key: string;
  readonly name: string;
  readonly jobs: number;
  readonly failed: number;
  /** Unfinished jobs of all time that are stuck or late. */
  readonly stuck: number;
  /** There may be more of them. */
  readonly isStuckCut: boolean;
  /** Failed and stuck jobs among those that ended or are stuck. */
  readonly failing: Share;
  /** Failed jobs among the ended ones of the time before. */
  readonly before: Share;
  /** Milliseconds; undefined without a run that ended in the window. */
  readonly median: number | undefined;
  /** The share of failed jobs in each bucket of the timeline; undefined: it is not drawn. */
  readonly trend: readonly number[] | undefined;
  /** The runs of the window take longer than usual. */
  readonly isSlower: boolean;
}

const sum = (rows: readonly CollectorRow[], time: 'within' | 'before', number: keyof Outcome): number =>
  rows.reduce((total, row) => total + (row[time]?.[number] ?? 0), 0);

const isWorse = (one: Rate, other: Rate): number =>
  atLeast(other.failing) - atLeast(one.failing) ||
  other.failed + other.stuck - one.failed - one.stuck ||
  other.jobs - one.jobs;

/** The facts beside the counts of jobs. */
export interface Beside {
  /** By the key of a group. */
  readonly histories: Histories;
  /** The stuck jobs of each collector, by its id. */
  readonly stuck: ReadonlyMap<string, number>;
  /** There may be more of them: the oldest unfinished jobs were read. */
  readonly isStuckCut: boolean;
  /** By the key of a group; undefined: none are known. */
  readonly trends: Trends | undefined;
}

/** Groups the rows of collectors by the field `key`, each group named by the field `name`, the worst first. */
export function rates(
  results: readonly CollectorRow[],
  { histories, stuck, isStuckCut, trends }: Beside,
  key: 'collector_id' | 'provider',
  name: 'name' | 'provider',
): readonly Rate[] {
  const found = [...groupBy(results, (row) => row[key] ?? '')].map(([group, rows]): Rate => {
    const ids = [...new Set(rows.map((row) => row.collector_id ?? ''))];
    const stuckJobs = ids.reduce((total, id) => total + (stuck.get(id) ?? 0), 0);
    const failed = sum(rows, 'within', 'failed');
    return {
      key: group,
      name: rows.map((row) => row[name]?.trim() ?? '').find((each) => each !== '') ?? group,
      jobs: sum(rows, 'within', 'jobs'),
      failed,
      stuck: stuckJobs,
      isStuckCut,
      failing: { part: failed + stuckJobs, of: sum(rows, 'within', 'ended') + stuckJobs },
      before: { part: sum(rows, 'before', 'failed'), of: sum(rows, 'before', 'ended') },
      median: histories.get(group)?.within?.median,
      trend: trends && (trends.get(group) ?? []),
      isSlower: isSlower(histories.get(group)),
    };
  });
  return found.filter(({ jobs, stuck: some }) => jobs + some > 0).toSorted(isWorse);
}
