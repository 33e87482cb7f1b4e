/** The overview of a domain: outcomes of jobs by time, by collector and by error (docs/explorer.md «Overview»). */
import { Answered } from '../../components/answered.js';
import { Datum } from '../../components/datum.js';
import { FilterBar } from '../../components/filter-bar.js';
import { sinceText } from '../../components/format.js';
import { RequestInspector } from '../../components/request-inspector.js';
import { TheAnswer } from '../../components/skip-link.js';
import { StatusLinks } from '../../components/status-tabs.js';
import { shownWith, violationsOf } from '../../state/answer.js';
import { onlyCollector } from '../../state/filter-words.js';
import { byStatus } from '../../state/grouping.js';
import type { ViewContext } from '../../state/view-context.js';
import {
  namesOf,
  ofEveryJob,
  readTogether,
  useAnswers,
  withDurations,
  withStuckCollectors,
} from './answers.js';
import type { OverviewAnswers } from './answers.js';
import { failedShare } from './breakdown.js';
import { CollectorTable } from './collector-table.js';
import { ErrorCodes } from './error-codes.js';
import { Headline } from './headline.js';
import { NewestJobs } from './newest-jobs.js';
import type { Histories } from './runs.js';
import { RunsChart } from './runs-chart.js';
import { StuckJobs } from './stuck-jobs.js';
import { Timeline } from './timeline.js';

/** Why jobs fail, and those that do not end. */
const Causes = ({
  answers,
  reading: { stuck },
  context,
  nameOf,
}: {
  readonly answers: OverviewAnswers;
  readonly reading: ReturnType<typeof readTogether>;
  readonly context: ViewContext;
  nameOf(collector: string): string;
}) => (
  <div class="stack">
    <section aria-labelledby="errors">
      <h2 id="errors">Why jobs fail</h2>
      <Answered answer={shownWith(answers.codes, [answers.unexplained])}>
        {({ results }) => (
          <ErrorCodes
            rows={results}
            unexplained={answers.unexplained.value ?? 0}
            context={context}
            nameOf={nameOf}
          />
        )}
      </Answered>
    </section>
    <section aria-labelledby="stuck">
      <h2 id="stuck">Stuck and late</h2>
      <Answered answer={withDurations(answers.unfinished, answers)}>
        {() => <StuckJobs stuck={stuck} context={context} />}
      </Answered>
    </section>
  </div>
);

/** The runs of the collector to which the view is confined. */
function Runs({
  answers,
  histories,
  context,
  nameOf,
}: {
  readonly answers: OverviewAnswers;
  readonly histories: Histories;
  readonly context: ViewContext;
  nameOf(collector: string): string;
}) {
  const collector = onlyCollector(context.route);
  if (collector === undefined) return undefined;
  return (
    <section aria-labelledby="runs">
      <h2 id="runs">
        How long the runs of <Datum text={nameOf(collector)} /> take
      </h2>
      <Answered answer={withDurations(answers.runs, answers)}>
        {({ results }) => (
          <RunsChart runs={results} history={histories.get(collector) ?? {}} context={context} />
        )}
      </Answered>
    </section>
  );
}

export function Overview(given: { readonly context: ViewContext }) {
  const context = ofEveryJob(given.context);
  const { route, timeRange, settings, go } = context;
  const answers = useAnswers(context);
  const { timeline, codes, unfinished, newest } = answers;
  const reading = readTogether(answers, context);
  const collectors = withStuckCollectors(answers.collectors, answers);
  const nameOf = namesOf(collectors.value ?? { results: [] });
  const asked = Object.values(answers);
  return (
    <>
      <FilterBar context={context} violations={violationsOf(asked)} />
      <TheAnswer>
        <Answered answer={withDurations(shownWith(timeline, [codes, unfinished]), answers)}>
          {({ rows, before, ...window }) => (
            <Headline
              jobs={rows.reduce((total, { jobs }) => total + jobs, 0)}
              failed={failedShare(rows)}
              before={failedShare(before)}
              window={sinceText(window.timeRange, context)}
              cause={codes.value?.results[0]}
              stuck={reading.stuck}
              nameOf={nameOf}
              route={route}
            />
          )}
        </Answered>
      </TheAnswer>
      <StatusLinks route={route} counts={timeline.value && byStatus(timeline.value.rows)} />
      <section aria-labelledby="timeline">
        <h2 id="timeline">Jobs by {timeRange.unit}</h2>
        <Answered answer={timeline}>{(times) => <Timeline times={times} go={go} />}</Answered>
      </section>
      <Runs answers={answers} histories={reading.beside.histories} context={context} nameOf={nameOf} />
      <div class="columns overview">
        <CollectorTable
          collectors={shownWith(withDurations(collectors, answers), [unfinished])}
          beside={reading.beside}
          durations={[answers.durations, answers.durationsBefore]}
          trends={answers.trends}
          context={context}
        />
        <Causes answers={answers} reading={reading} context={context} nameOf={nameOf} />
      </div>
      <NewestJobs answer={newest} context={context} />
      <RequestInspector answers={asked} settings={settings} />
    </>
  );
}
