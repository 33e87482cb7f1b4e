/** Jobs as a table: pages of them, or the newest of each collector; those that run are looked at again (docs/explorer.md «Jobs»). */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from './answer.js';
import { byStatus, cells } from './breakdown.js';
import { Bar } from './chart.js';
import { Export } from './export.js';
import { FilterBar, statusTitle, StatusTabs } from './filters.js';
import type { ViewContext } from './filters.js';
import { elapsed, count, dateTime, duration } from './format.js';
import { listAt, numberAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Answered, RequestInspector, Status } from './parts.js';
import { hashOf, PAGE_SIZES } from './route.js';
import type { Route } from './route.js';
import { jobs, newestByCollector, page, statuses, UNFINISHED } from './requests.js';
import { violationsOf } from './violations.js';

/** Milliseconds elapsed two looks at jobs that run. */
const LOOK = 5000;

const isUnfinished = (job: Json): boolean => UNFINISHED.includes(textAt(job, 'status'));

/** The jobs, those that run as they are now: looked at again and again, but not while nobody sees them. */
function useFresh(route: Route, shown: readonly Json[]): readonly Json[] {
  const [round, setRound] = useState(0);
  const running = shown.filter(isUnfinished).map((job) => textAt(job, 'job_id'));
  const isLooked = round > 0 && running.length > 0;
  const answer = useAnswer(isLooked ? jobs('Jobs that run', route, running) : undefined, round);
  const latest = new Map(listAt(answer.value, 'results').map((job) => [textAt(job, 'job_id'), job]));
  const fresh = shown.map((job) => (isUnfinished(job) ? (latest.get(textAt(job, 'job_id')) ?? job) : job));
  const isRunning = fresh.some(isUnfinished);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) setRound((last) => last + 1);
    }, LOOK);
    return () => clearInterval(timer);
  }, [isRunning]);
  return fresh;
}

function Time({ text }: { readonly text: string }) {
  return text === '' ? (
    <>–</>
  ) : (
    <time dateTime={text} title={text}>
      {dateTime(text)}
    </time>
  );
}

export function Progress({ job }: { readonly job: Json }) {
  const total = numberAt(job, 'total_tasks');
  const done = Math.max(0, total - numberAt(job, 'remained_tasks'));
  return (
    <span class="measure">
      <Bar share={total === 0 ? 0 : done / total} />
      <span>
        {count(done)} of {count(total)}
      </span>
    </span>
  );
}

/** Milliseconds that a job took, or takes since it was created. */
function lengthOf(job: Json): number | undefined {
  const until = isUnfinished(job) ? new Date().toISOString() : textAt(job, 'finished_at');
  return elapsed(textAt(job, 'created_at'), until);
}

export function Duration({ job }: { readonly job: Json }) {
  const length = lengthOf(job);
  return <>{length === undefined ? '–' : duration(length)}</>;
}

function ErrorsOf({ job }: { readonly job: Json }) {
  const errors = listAt(job, 'errors');
  const [first] = errors;
  if (first === undefined) return <>–</>;
  return (
    <span class="bad">
      {textAt(first, 'error_code') || 'without a code'}
      {errors.length > 1 && ` + ${count(errors.length - 1)}`}
    </span>
  );
}

interface Column {
  readonly title: string;
  /** The key by which the service sorts it. */
  readonly sort?: string;
  readonly isUsual: boolean;
  /** Whether it stays on one line. */
  readonly isShort?: true;
  cell(job: Json): ComponentChildren;
}

/** The plugin of a job's collector, with its version; '' where there is none. */
export const plugin = (job: Json): string =>
  ['plugin_id', 'version']
    .map((name) => textAt(job, 'collector_info', 'plugin_info', name))
    .join(' ')
    .trim();

const COLUMNS: Readonly<Record<string, Column>> = {
  collector: {
    title: 'Collector',
    sort: 'collector_id',
    isUsual: true,
    cell: (job) =>
      textAt(job, 'collector_info', 'name') || textAt(job, 'collector_info', 'collector_id') || 'gone',
  },
  status: {
    title: 'Status',
    sort: 'status',
    isUsual: true,
    isShort: true,
    cell: (job) => <Status status={textAt(job, 'status')} />,
  },
  created: {
    title: 'Created',
    sort: 'created_at',
    isUsual: true,
    isShort: true,
    cell: (job) => <Time text={textAt(job, 'created_at')} />,
  },
  duration: {
    title: 'Duration',
    isUsual: true,
    isShort: true,
    cell: (job) => <Duration job={job} />,
  },
  progress: {
    title: 'Progress',
    sort: 'remained_tasks',
    isUsual: true,
    isShort: true,
    cell: (job) => <Progress job={job} />,
  },
  errors: { title: 'Errors', isUsual: true, cell: (job) => <ErrorsOf job={job} /> },
  provider: {
    title: 'Provider',
    isUsual: true,
    isShort: true,
    cell: (job) => textAt(job, 'collector_info', 'provider') || '–',
  },
  plugin: { title: 'Plugin', isUsual: true, cell: (job) => plugin(job) || '–' },
  project: {
    title: 'Project',
    sort: 'project_id',
    isUsual: false,
    cell: (job) => textAt(job, 'project_id') || '–',
  },
  finished: {
    title: 'Finished',
    sort: 'finished_at',
    isUsual: false,
    isShort: true,
    cell: (job) => <Time text={textAt(job, 'finished_at')} />,
  },
  updated: {
    title: 'Updated',
    sort: 'updated_at',
    isUsual: false,
    isShort: true,
    cell: (job) => <Time text={textAt(job, 'updated_at')} />,
  },
  tasks: {
    title: 'Tasks',
    sort: 'total_tasks',
    isUsual: false,
    isShort: true,
    cell: (job) => count(numberAt(job, 'total_tasks')),
  },
};

const isShown = ({ columns }: Route, id: string): boolean =>
  columns.length === 0 ? COLUMNS[id]?.isUsual === true : columns.includes(id);

function Heading({ column: { title, sort }, route }: { readonly column: Column; readonly route: Route }) {
  if (sort === undefined) return <th scope="col">{title}</th>;
  const sorted = { [sort]: 'ascending', [`-${sort}`]: 'descending' } as const;
  const order = sorted[route.sort];
  const next = order === 'descending' ? sort : `-${sort}`;
  return (
    <th scope="col" aria-sort={order ?? 'none'}>
      <a href={hashOf({ ...route, view: 'jobs', sort: next, start: 1 })}>{title}</a>
    </th>
  );
}

/** Rows of jobs, with the columns that the place names. */
export function JobRows({
  jobs: shown,
  context,
}: {
  readonly jobs: readonly Json[];
  readonly context: ViewContext;
}) {
  const { route } = context;
  const fresh = useFresh(route, shown);
  const columns = Object.entries(COLUMNS).filter(([id]) => isShown(route, id));
  if (shown.length === 0)
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
          {fresh.map((job) => {
            const id = textAt(job, 'job_id');
            return (
              <tr key={id}>
                <th scope="row">
                  <a href={hashOf({ ...route, view: 'job', job: id })}>{id}</a>
                </th>
                {columns.map(([name, { title, isShort, cell }]) => (
                  <td key={name} data-title={title} class={isShort === true ? 'is-short' : ''}>
                    {cell(job)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Paging({
  total,
  context: { route, go },
}: {
  readonly total: number;
  readonly context: ViewContext;
}) {
  const { start, limit } = route;
  const last = Math.min(start + limit - 1, total);
  return (
    <nav class="paging" aria-label="Pages">
      <button type="button" disabled={start === 1} onClick={() => go({ start: Math.max(1, start - limit) })}>
        Previous
      </button>
      <span>
        {total === 0 ? 'none' : `${count(Math.min(start, total))} to ${count(last)} of ${count(total)}`}
      </span>
      <button type="button" disabled={last >= total} onClick={() => go({ start: start + limit })}>
        Next
      </button>
      <label>
        A page has{' '}
        <select
          value={limit}
          onChange={({ currentTarget }) => go({ start: 1, limit: Number(currentTarget.value) })}
        >
          {PAGE_SIZES.map((size) => (
            <option key={size}>{size}</option>
          ))}
        </select>
      </label>
    </nav>
  );
}

function ColumnPicker({ route, go }: Pick<ViewContext, 'route' | 'go'>) {
  const shown = Object.keys(COLUMNS).filter((id) => isShown(route, id));
  const toggled = (id: string): readonly string[] =>
    Object.keys(COLUMNS).filter((each) => (each === id ? !shown.includes(id) : shown.includes(each)));
  return (
    <details class="picker">
      <summary>Columns</summary>
      <fieldset>
        <legend class="hidden">Columns</legend>
        {Object.entries(COLUMNS).map(([id, { title }]) => (
          <label key={id}>
            <input
              type="checkbox"
              checked={shown.includes(id)}
              onChange={() => go({ columns: toggled(id) })}
            />{' '}
            {title}
          </label>
        ))}
      </fieldset>
    </details>
  );
}

const ids = (answer: Json | undefined): readonly string[] =>
  listAt(answer, 'results').map((row) => textAt(row, 'job_id'));

export function Jobs({ context }: { readonly context: ViewContext }) {
  const { route, timeRange, now, settings, go } = context;
  const counts = useAnswer(statuses(route, timeRange), now);
  const newest = useAnswer(route.newest ? newestByCollector(route, timeRange) : undefined, now);
  const found = newest.waiting ? undefined : jobs('These jobs', route, ids(newest.value));
  const shown = useAnswer(route.newest ? found : page(route, timeRange), now);
  const answers = [counts, ...(route.newest ? [newest] : []), shown];
  return (
    <>
      <FilterBar context={context} violations={violationsOf(answers)} />
      <StatusTabs
        route={route}
        go={go}
        counts={counts.value === undefined ? undefined : byStatus(cells(counts.value, timeRange.unit))}
      />
      <section aria-labelledby="jobs">
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
          <Export route={route} timeRange={timeRange} />
        </header>
        <Answered answer={route.newest && newest.error !== undefined ? newest : shown}>
          {(answer) => (
            <>
              <JobRows jobs={listAt(answer, 'results')} context={context} />
              {!route.newest && <Paging total={numberAt(answer, 'total_count')} context={context} />}
            </>
          )}
        </Answered>
      </section>
      <RequestInspector answers={answers} settings={settings} />
    </>
  );
}
