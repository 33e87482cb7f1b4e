/** Jobs as a table; unfinished ones are fetched again every few seconds (docs/explorer.md «Jobs»). */
import { useEffect, useState } from 'preact/hooks';
import { listByIds } from '../api/jobs.js';
import type { Job } from '../api/jobs.js';
import { useAnswer } from '../state/answer.js';
import { hashOf } from '../state/route.js';
import type { Route } from '../state/route.js';
import type { ViewContext } from '../state/view-context.js';
import { isUnfinished } from './duration.js';
import { COLUMNS, isShown } from './job-columns.js';
import type { Column } from './job-columns.js';
import { statusTitle } from './status.js';

const POLL_INTERVAL_MS = 5000;

/** The jobs with the current state of unfinished ones. A hidden page requests nothing. */
function useCurrentJobs(route: Route, jobs: readonly Job[]): readonly Job[] {
  const [round, setRound] = useState(0);
  const unfinished = jobs.filter(isUnfinished).map(({ job_id: id }) => id);
  const isPolled = round > 0 && unfinished.length > 0;
  const answer = useAnswer(isPolled ? listByIds('Jobs that run', route, unfinished) : undefined, {
    question: 'running',
    now: round,
  });
  const latest = new Map(answer.value?.results.map((job) => [job.job_id, job]));
  const current = jobs.map((job) => (isUnfinished(job) ? (latest.get(job.job_id) ?? job) : job));
  const isRunning = current.some(isUnfinished);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((last) => last + 1);
    }, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return current;
}

function Heading({ column: { title, sort }, route }: { readonly column: Column; readonly route: Route }) {
  if (sort === undefined) return <th scope="col">{title}</th>;
  const orders = new Map<string, 'ascending' | 'descending'>([
    [sort, 'ascending'],
    [`-${sort}`, 'descending'],
  ]);
  const order = orders.get(route.sort);
  const next = order === 'descending' ? sort : `-${sort}`;
  return (
    <th scope="col" aria-sort={order ?? 'none'}>
      <a href={hashOf({ ...route, view: 'jobs', sort: next, start: 1 })}>{title}</a>
    </th>
  );
}

type Columns = readonly (readonly [string, Column])[];

const JobRow = ({
  job,
  columns,
  route,
}: {
  readonly job: Job;
  readonly columns: Columns;
  readonly route: Route;
}) => (
  <tr>
    <th scope="row">
      <a href={hashOf({ ...route, view: 'job', job: job.job_id })}>{job.job_id}</a>
    </th>
    {columns.map(([id, { title, isShort, text, cell }]) => (
      <td key={id} data-title={title} class={isShort === true ? 'is-short' : ''} title={text?.(job)}>
        {cell(job)}
      </td>
    ))}
  </tr>
);

export function JobTable({
  jobs,
  context: { route },
}: {
  readonly jobs: readonly Job[];
  readonly context: ViewContext;
}) {
  const current = useCurrentJobs(route, jobs);
  const columns: Columns = Object.entries(COLUMNS).filter(([id]) => isShown(route, id));
  if (jobs.length === 0)
    return <p class="none">No {statusTitle(route)} here. Another window or filter may have some.</p>;
  return (
    <div class="scrolls" role="region" aria-label="Table of jobs" tabIndex={0}>
      <table class="jobs">
        <thead>
          <tr>
            <th scope="col">Job</th>
            {columns.map(([id, column]) => (
              <Heading key={id} column={column} route={route} />
            ))}
          </tr>
        </thead>
        <tbody>
          {current.map((job) => (
            <JobRow key={job.job_id} job={job} columns={columns} route={route} />
          ))}
        </tbody>
      </table>
    </div>
  );
}
