/** The jobs that are stuck or late, whatever the window: each a click away. */
import { Datum } from '../../components/datum.js';
import { count, duration, plural } from '../../components/format.js';
import { DAY_MS } from '../../state/time-range.js';
import { hashOf } from '../../state/route.js';
import { nameOf } from '../../state/shown-text.js';
import type { ViewContext } from '../../state/view-context.js';
import { LATE_FACTOR } from './stuck.js';
import type { Stuck, StuckJob } from './stuck.js';

/** Jobs shown before the reader asks for all. */
const MAX_JOBS = 8;

const usualText = (usual: number | undefined): string =>
  usual === undefined ? 'without a history' : `usually at most ${duration(usual)}`;

const StuckRow = ({ job, context: { route } }: { readonly job: StuckJob; readonly context: ViewContext }) => (
  <li>
    <a href={hashOf({ ...route, view: 'job', job: job.job_id })}>{job.job_id}</a>
    <span class="one-line" title={nameOf(job)}>
      <Datum text={nameOf(job)} />
    </span>
    <span>
      <strong class="bad">{job.age > DAY_MS ? 'stuck' : 'late'}</strong> for {duration(job.age)}{' '}
      <small>{usualText(job.usual)}</small>
    </span>
  </li>
);

export function StuckJobs({
  stuck: { jobs, among, isCut },
  context,
}: {
  readonly stuck: Stuck;
  readonly context: ViewContext;
}) {
  if (jobs.length === 0)
    return (
      <p class="none">
        None of {isCut && 'the oldest '}
        {plural(among, 'unfinished job')} takes longer than usual.
      </p>
    );
  const rows = jobs.map((job) => <StuckRow key={job.job_id} job={job} context={context} />);
  return (
    <>
      <ol class="stuck">{rows.slice(0, MAX_JOBS)}</ol>
      {jobs.length > MAX_JOBS && (
        <details>
          <summary>{plural(jobs.length - MAX_JOBS, 'more job')}</summary>
          <ol class="stuck scrolls" tabIndex={0}>
            {rows.slice(MAX_JOBS)}
          </ol>
        </details>
      )}
      <p class="none">
        Unfinished for longer than {LATE_FACTOR} times the p95 of their collector, or than a day without a
        history; of all time{isCut && `, among the oldest ${count(among)} unfinished jobs`}.
      </p>
    </>
  );
}
