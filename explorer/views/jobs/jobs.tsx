/** Jobs as a table: pages of them, or the newest of each collector (docs/explorer.md «Jobs»). */
import { statStatuses } from '../../api/job-counts.js';
import { listAll, listByIds, listPage } from '../../api/jobs.js';
import type { JobPage } from '../../api/jobs.js';
import { statNewestByCollector } from '../../api/newest-jobs.js';
import type { Results } from '../../api/stat.js';
import { Answered } from '../../components/answered.js';
import { FilterBar } from '../../components/filter-bar.js';
import { JobTable } from '../../components/job-table.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { TheAnswer } from '../../components/skip-link.js';
import { StatusTabs } from '../../components/status-tabs.js';
import { useAnswer, violationsOf } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { byStatus } from '../../state/grouping.js';
import { selectionOf } from '../../state/selection.js';
import type { ViewContext } from '../../state/view-context.js';
import { ColumnPicker } from './column-picker.js';
import { Export } from './export.js';
import { Paging } from './paging.js';

/** A failure to find the newest jobs stands for the list of them; without their ids there is no list. */
const withFailureOf = (ids: Answer<Results<string>>, jobs: Answer<JobPage>): Answer<JobPage> =>
  ids.error === undefined
    ? jobs
    : {
        ...jobs,
        value: ids.value === undefined ? undefined : jobs.value,
        error: ids.error,
        isWaiting: ids.isWaiting,
      };

/** A page of jobs; or the ids of each collector's newest job, then these jobs. */
function useJobs(context: ViewContext) {
  const { route, timeRange } = context;
  const selection = selectionOf(route, timeRange);
  const ids = useAnswer(route.newest ? statNewestByCollector(selection) : undefined, context);
  const newest = ids.isWaiting ? undefined : listByIds('These jobs', route, ids.value?.results ?? []);
  const jobs = useAnswer(route.newest ? newest : listPage(selection, route), context);
  return route.newest
    ? { shown: withFailureOf(ids, jobs), answers: [ids, jobs] }
    : { shown: jobs, answers: [jobs] };
}

const Tools = ({ context }: { readonly context: ViewContext }) => {
  const { route, timeRange, go } = context;
  return (
    <header class="tools">
      <h2 id="jobs">{route.newest ? 'The newest job of each collector' : 'Jobs'}</h2>
      <label>
        <input
          type="checkbox"
          checked={route.newest}
          onChange={() => go({ newest: !route.newest, start: 1 })}
        />{' '}
        Newest of each collector
      </label>
      <ColumnPicker route={route} go={go} />
      <Export call={listAll(selectionOf(route, timeRange), route.sort)} />
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
        <Tools context={context} />
        <TheAnswer>
          <Answered answer={jobs.shown}>
            {({ results, total }) => (
              <>
                <JobTable jobs={results} context={context} />
                {!route.newest && <Paging total={total} context={context} />}
              </>
            )}
          </Answered>
        </TheAnswer>
      </section>
      <RequestInspector answers={answers} settings={settings} />
    </>
  );
}
