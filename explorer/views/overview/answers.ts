/** The calls of the overview, and their answers read together. */
import { statDurations } from '../../api/durations.js';
import { countUnexplained, statErrorCodes } from '../../api/error-codes.js';
import { statCollectors, statTimeline } from '../../api/job-counts.js';
import type { CollectorRow } from '../../api/job-counts.js';
import { listPage } from '../../api/jobs.js';
import type { Results } from '../../api/stat.js';
import { statUnfinished } from '../../api/unfinished.js';
import { useAnswer } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { sumBy } from '../../state/grouping.js';
import { selectionOf } from '../../state/selection.js';
import { BUCKETS, DAY_MS, withBefore } from '../../state/time-range.js';
import type { ViewContext } from '../../state/view-context.js';
import { MAX_NEWEST_JOBS } from './newest-jobs.js';
import { runsByCollector } from './rates.js';
import type { Beside } from './rates.js';
import { stuckJobs } from './stuck.js';

/** The time before the window from which a collector's usual durations are taken. */
const HISTORY_MS = 30 * DAY_MS;

/** The overview has every status: a status alone is shown by the jobs. */
export function useAnswers({ route, timeRange, now }: ViewContext) {
  const every = { ...route, status: '' };
  const { from } = timeRange;
  const selection = selectionOf(every, timeRange);
  const withComparison = selectionOf(every, withBefore(timeRange, now));
  const history = { ...selection, from: from === undefined ? undefined : from - HISTORY_MS };
  const newest = { sort: route.sort, start: 1, limit: MAX_NEWEST_JOBS };
  return {
    timeline: useAnswer(statTimeline(withComparison, BUCKETS[timeRange.unit].format), now),
    collectors: useAnswer(statCollectors(withComparison, from), now),
    durations: useAnswer(statDurations(history), now),
    codes: useAnswer(statErrorCodes(selection), now),
    unexplained: useAnswer(countUnexplained(selection), now),
    unfinished: useAnswer(statUnfinished(selection), now),
    newest: useAnswer(listPage(selection, newest), now),
  };
}

export type OverviewAnswers = ReturnType<typeof useAnswers>;

/** The stuck jobs once their history is there, and the facts beside the counts of collectors. */
export function readTogether(
  { durations, unfinished }: OverviewAnswers,
  { timeRange: { from = -Infinity }, now }: ViewContext,
) {
  const runs = runsByCollector(durations.value);
  const rows = unfinished.value?.results ?? [];
  const stuck = durations.value === undefined ? [] : stuckJobs(rows, runs, now);
  const beside: Beside = {
    lengths: new Map(
      [...runs].map(([id, of]) => [
        id,
        of.filter(({ created }) => created >= from).map(({ length }) => length),
      ]),
    ),
    stuck: sumBy(
      stuck,
      (job) => job.collector_id,
      () => 1,
    ),
  };
  return { stuck, beside, unfinished: rows.reduce((total, { jobs }) => total + jobs.length, 0) };
}

/** The counts of collectors, with those that have nothing but stuck jobs. */
export function withStuckCollectors(
  collectors: Answer<Results<CollectorRow>>,
  { unfinished }: OverviewAnswers,
): Answer<Results<CollectorRow>> {
  const others = unfinished.value?.results ?? [];
  return {
    ...collectors,
    value: collectors.value && {
      results: [
        ...collectors.value.results,
        ...others.map(({ collector_id, name, provider }) => ({ collector_id, name, provider })),
      ],
    },
  };
}

/** The names of collectors by their ids; of an unknown one its id. */
export function namesOf({ results }: Results<CollectorRow>): (collector: string) => string {
  const names = new Map(results.map(({ collector_id: id = '', name = '' }) => [id, name.trim()]));
  return (collector) => names.get(collector) || collector;
}
