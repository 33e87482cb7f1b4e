/** Jobs as a table: pages of them, or the newest of each collector (docs/explorer.md «Jobs»). */
import { statStatuses } from '../../api/job-counts.js';
import type { StatusRow } from '../../api/job-counts.js';
import { listAll, listAllByIds, listByIds, listPage } from '../../api/jobs.js';
import { statNewestByCollector } from '../../api/newest-jobs.js';
import type { Results } from '../../api/stat.js';
import { FAILED, UNFINISHED } from '../../api/statuses.js';
import { Answered } from '../../components/answered.js';
import { FilterBar } from '../../components/filter-bar.js';
import { count, plural, sinceText } from '../../components/format.js';
import { JobTable } from '../../components/job-table.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { TheAnswer } from '../../components/skip-link.js';
import { StatusTabs } from '../../components/status-tabs.js';
import { shownWith, useAnswer, violationsOf } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { byStatus } from '../../state/grouping.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { ColumnPicker } from './column-picker.js';
import { Export } from './export.js';
import { Paging } from './paging.js';
import { SortBy } from './sort-by.js';

/** A page of jobs, or the ids of each collector's newest job, then these jobs; and the call of the jobs of all pages. */
function useJobs(context: ViewContext) {
  const { route, timeRange } = context;
  const selection = selectionOf(route, timeRange);
  const ids = useAnswer(route.newest ? statNewestByCollector(selection) : undefined, context);
  const newest =
    ids.value &&
    listByIds(
      'These jobs',
      { ...route, page: { start: route.start, limit: route.limit } },
      ids.value.results,
    );
  const jobs = useAnswer(route.newest ? newest : listPage(selection, route), context);
  return route.newest
    ? {
        shown: shownWith(jobs, [ids]),
        all: ids.value && listAllByIds(route, ids.value.results),
        answers: [ids, jobs],
      }
    : { shown: jobs, all: listAll(selection, route.sort), answers: [jobs] };
}

/** The jobs in every status in a sentence of their numbers. */
function Told({
  counts,
  context,
}: {
  readonly counts: ReadonlyMap<string, number>;
  readonly context: ViewContext;
}) {
  const sum = (statuses: readonly string[]): number =>
    statuses.reduce((total, status) => total + (counts.get(status) ?? 0), 0);
  const [all, failed, unfinished] = [[...counts.keys()], FAILED, UNFINISHED].map(sum);
  return (
    <p class="told">
      {plural(all ?? 0, 'job')} {sinceText(context.timeRange, context)}: {count(failed ?? 0)} failed,{' '}
      {count(unfinished ?? 0)} not ended.
    </p>
  );
}

/** The newest of each collector in a sentence of their number. */
const NewestTold = ({ total, context }: { readonly total: number; readonly context: ViewContext }) => (
  <p class="told">
    {plural(total, 'job')} {sinceText(context.timeRange, context)}, one of each collector.
  </p>
);

const Tools = ({
  counts,
  jobs: { shown, all },
  context,
}: {
  readonly counts: Answer<Results<StatusRow>>;
  readonly jobs: ReturnType<typeof useJobs>;
  readonly context: ViewContext;
}) => {
  const { route, go } = context;
  return (
    <header class="tools">
      <h2 id="jobs">{route.newest ? 'The newest job of each collector' : 'Jobs'}</h2>
      {route.newest ? (
        shown.value && <NewestTold total={shown.value.total} context={context} />
      ) : (
        <Answered answer={counts}>
          {({ results }) => <Told counts={byStatus(results)} context={context} />}
        </Answered>
      )}
      <label>
        <input
          type="checkbox"
          checked={route.newest}
          onChange={() => go({ newest: !route.newest, start: 1 })}
        />{' '}
        Newest of each collector
      </label>
      <SortBy route={route} go={go} />
      <ColumnPicker route={route} go={go} />
      <Export call={all} context={context} />
    </header>
  );
};

export function Jobs({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, settings, go } = context;
  const counts = useAnswer(statStatuses(selectionOf(route, timeRange)), context);
  const jobs = useJobs(context);
  const answers = [counts, ...jobs.answers];
  return (
    <>
      <FilterBar context={context} violations={violationsOf(answers)} />
      <StatusTabs
        route={route}
        go={go}
        counts={counts.value === undefined ? undefined : byStatus(counts.value.results)}
      />
      <section aria-labelledby="jobs">
        <Tools counts={counts} jobs={jobs} context={context} />
        <TheAnswer>
          <Answered answer={jobs.shown}>
            {({ results, total }) => (
              <>
                <JobTable jobs={results} context={context} />
                <Paging total={total} context={context} />
              </>
            )}
          </Answered>
        </TheAnswer>
      </section>
      <RequestInspector answers={answers} settings={settings} />
    </>
  );
}
