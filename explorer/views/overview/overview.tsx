/** The overview of a domain: outcomes of jobs by time, by collector and by error (docs/explorer.md «Overview»). */
import { statDurations } from '../../api/durations.js';
import { statErrorCodes } from '../../api/error-codes.js';
import { statCollectors, statTimeline } from '../../api/job-counts.js';
import { listPage } from '../../api/jobs.js';
import { Answered } from '../../components/answered.js';
import { FilterBar } from '../../components/filter-bar.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { StatusTabs } from '../../components/status-tabs.js';
import { useAnswer, violationsOf } from '../../state/answer.js';
import { byStatus } from '../../state/grouping.js';
import { selectionOf } from '../../state/selection.js';
import { BUCKETS, withBefore } from '../../state/time-range.js';
import type { ViewContext } from '../../state/view-context.js';
import { cells } from './breakdown.js';
import type { Cell } from './breakdown.js';
import { CollectorTable } from './collector-table.js';
import { ErrorCodes } from './error-codes.js';
import { MAX_NEWEST_JOBS, NewestJobs } from './newest-jobs.js';
import { Timeline } from './timeline.js';
import { Trend } from './trend.js';

function useAnswers({ route, timeRange, now }: ViewContext) {
  const selection = selectionOf(route, timeRange);
  const withComparison = selectionOf(route, withBefore(timeRange, now));
  const newest = { sort: route.sort, start: 1, limit: MAX_NEWEST_JOBS };
  return {
    timeline: useAnswer(statTimeline(withComparison, BUCKETS[timeRange.unit].format), now),
    collectors: useAnswer(statCollectors(selection), now),
    durations: useAnswer(statDurations(selection), now),
    codes: useAnswer(statErrorCodes(selection), now),
    newest: useAnswer(listPage(selection, newest), now),
  };
}

export function Overview({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, settings, go } = context;
  const { unit, from = -Infinity } = timeRange;
  const answers = useAnswers(context);
  const { timeline, collectors, durations, codes, newest } = answers;
  const all = timeline.value === undefined ? [] : cells(timeline.value, unit);
  const isBefore = ({ start }: Cell): boolean => start < from;
  const rows = all.filter((cell) => !isBefore(cell));
  return (
    <>
      <FilterBar context={context} violations={violationsOf(Object.values(answers))} />
      <StatusTabs route={route} go={go} counts={timeline.value === undefined ? undefined : byStatus(rows)} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Jobs by {unit}</h2>
        <Answered answer={timeline}>
          {() => (
            <>
              <Trend now={rows} before={all.filter(isBefore)} />
              <Timeline rows={rows} context={context} />
            </>
          )}
        </Answered>
      </section>
      <div class="columns">
        <section aria-labelledby="errors">
          <h2 id="errors">Why jobs fail</h2>
          <Answered answer={codes}>{(value) => <ErrorCodes rows={value} context={context} />}</Answered>
        </section>
        <CollectorTable collectors={collectors} durations={durations} context={context} />
      </div>
      <NewestJobs answer={newest} context={context} />
      <RequestInspector answers={Object.values(answers)} settings={settings} />
    </>
  );
}
