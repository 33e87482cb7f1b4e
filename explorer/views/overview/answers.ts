/** The calls of the overview, and their answers read together. */
import type { Call } from '../../api/call.js';
import { statDurations, statRuns } from '../../api/durations.js';
import { countUnexplained, statErrorCodes } from '../../api/error-codes.js';
import { statCollectors, statTimeline } from '../../api/job-counts.js';
import type { CollectorRow } from '../../api/job-counts.js';
import { listPage } from '../../api/jobs.js';
import type { Results } from '../../api/stat.js';
import { statTrends } from '../../api/trends.js';
import { statUnfinished } from '../../api/unfinished.js';
import { shownWith, useAnswer } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { onlyCollector } from '../../state/filter-words.js';
import { DEFAULT_ROUTE, FIRST_PAGE } from '../../state/route.js';
import { selectionOf } from '../../state/selection.js';
import { nameOf } from '../../state/shown-text.js';
import { dateFormat, DAY_MS, earlier, withBefore } from '../../state/time-range.js';
import type { TimeRange } from '../../state/time-range.js';
import type { ViewContext } from '../../state/view-context.js';
import { buckets, cells } from './breakdown.js';
import type { Cell } from './breakdown.js';
import { MAX_NEWEST_JOBS } from './newest-jobs.js';
import type { Beside } from './rates.js';
import { historiesOf } from './runs.js';
import { stuckAmong, stuckByCollector } from './stuck.js';
import { trendsOf } from './trends.js';

/** The time before the window from which usual durations are taken. */
const HISTORY_MS = 30 * DAY_MS;

/** The jobs of a window by time and status, and those of as long a time before it. */
export interface Times {
  readonly timeRange: TimeRange;
  readonly now: number;
  readonly zone: string;
  readonly rows: readonly Cell[];
  readonly before: readonly Cell[];
}

/** The answer holds the window that it is about: it is never divided by another one. */
function statTimes({ route, timeRange, now, zone }: ViewContext): Call<Times> {
  const { unit, from } = timeRange;
  const call = statTimeline(selectionOf(route, withBefore(timeRange, now)), dateFormat(unit, zone), from);
  return {
    ...call,
    read(json) {
      const { results } = call.read(json);
      const cellsOf = (field: 'jobs' | 'before'): readonly Cell[] =>
        cells({ results: results.map((row) => ({ ...row, jobs: row[field] ?? 0 })) }, unit, zone).filter(
          ({ jobs }) => jobs > 0,
        );
      return {
        timeRange,
        now,
        zone,
        rows: cellsOf('jobs'),
        before: cellsOf('before'),
      };
    },
  };
}

/** What the jobs alone show is neither asked nor linked by the overview: a status, an order, a page, the newest of each collector. */
export const ofEveryJob = (context: ViewContext): ViewContext => ({
  ...context,
  route: { ...context.route, ...FIRST_PAGE, status: '', sort: DEFAULT_ROUTE.sort, newest: false },
});

export function useAnswers(context: ViewContext) {
  const { route, timeRange, now, zone } = context;
  const { from } = timeRange;
  const selection = selectionOf(route, timeRange);
  const withComparison = selectionOf(route, withBefore(timeRange, now));
  const history = { ...selection, from: from === undefined ? undefined : earlier(from, HISTORY_MS) };
  const before = from === undefined ? undefined : { ...history, to: from };
  const newest = { sort: route.sort, start: 1, limit: MAX_NEWEST_JOBS };
  return {
    timeline: useAnswer(statTimes(context), context),
    collectors: useAnswer(statCollectors(withComparison, from), context),
    durations: useAnswer(statDurations('Durations by collector', selection, 'collector_id'), context),
    durationsBefore: useAnswer(
      before && statDurations('Durations by collector before the window', before, 'collector_id'),
      context,
    ),
    runs: useAnswer(onlyCollector(route) === undefined ? undefined : statRuns(history), context),
    trends: useAnswer(
      from === undefined ? undefined : statTrends(selection, dateFormat(timeRange.unit, zone)),
      context,
    ),
    codes: useAnswer(statErrorCodes(selection), context),
    unexplained: useAnswer(countUnexplained(selection), context),
    unfinished: useAnswer(statUnfinished(selection), context),
    newest: useAnswer(listPage(selection, newest), context),
  };
}

export type OverviewAnswers = ReturnType<typeof useAnswers>;

/** An answer that is shown with usual durations. */
export const withDurations = <T>(
  answer: Answer<T>,
  { durations, durationsBefore }: OverviewAnswers,
): Answer<T> => shownWith(answer, [durations, durationsBefore]);

/** The stuck jobs among the unfinished ones, and the facts beside the counts of collectors: both once their answers are there. */
export function readTogether(answers: OverviewAnswers, { timeRange, now, zone }: ViewContext) {
  const { durations, durationsBefore, unfinished, timeline, trends } = answers;
  const histories = historiesOf(durations.value, durationsBefore.value);
  const stuck = stuckAmong(withDurations(unfinished, answers).value?.results ?? [], histories, now);
  const starts = buckets(timeRange, timeline.value?.rows ?? [], { now, zone });
  const beside: Beside = {
    histories,
    trends: trends.value && trendsOf(trends.value, starts, timeRange.unit, zone),
    stuck: stuckByCollector(stuck),
    isStuckCut: stuck.isCut,
  };
  return { stuck, beside };
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
  const names = new Map(results.map(({ collector_id: id = '', name = '' }) => [id, name]));
  return (id) => (id === '' ? 'no known collector' : nameOf({ name: names.get(id) ?? '', collector_id: id }));
}
