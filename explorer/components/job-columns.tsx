/** The columns of the table of jobs. */
import type { ComponentChildren } from 'preact';
import { FIELDS } from '../api/fields.js';
import type { FieldName } from '../api/fields.js';
import type { Job } from '../api/jobs.js';
import type { Route } from '../state/route.js';
import { Duration } from './duration.js';
import { count, dateTime } from './format.js';
import { Progress } from './progress.js';
import { Status } from './status.js';

export interface Column {
  readonly title: string;
  /** The key by which the service sorts it; undefined for an unsortable column. */
  readonly sort?: FieldName;
  /** Shown unless the route names its columns. */
  readonly isDefault?: true;
  /** Stays on one line. */
  readonly isShort?: true;
  cell(job: Job): ComponentChildren;
}

const Time = ({ text }: { readonly text: string }) =>
  text === '' ? (
    <>–</>
  ) : (
    <time dateTime={text} title={text}>
      {dateTime(text)}
    </time>
  );

function FirstError({ job: { errors } }: { readonly job: Job }) {
  const [first] = errors;
  if (first === undefined) return <>–</>;
  return (
    <span class="bad">
      {first.error_code || 'without a code'}
      {errors.length > 1 && ` + ${count(errors.length - 1)}`}
    </span>
  );
}

/** The plugin of a job's collector, with its version; '–' without one. */
export const pluginName = ({ collector }: Job): string =>
  `${collector?.plugin.plugin_id ?? ''} ${collector?.plugin.version ?? ''}`.trim() || '–';

/** By the ids in routes. */
export const COLUMNS: Readonly<Record<string, Column>> = {
  collector: {
    title: 'Collector',
    sort: FIELDS.collector,
    isDefault: true,
    cell: ({ collector }) => collector?.name || collector?.collector_id || 'gone',
  },
  status: {
    title: 'Status',
    sort: FIELDS.status,
    isDefault: true,
    isShort: true,
    cell: ({ status }) => <Status status={status} />,
  },
  created: {
    title: 'Created',
    sort: FIELDS.created,
    isDefault: true,
    isShort: true,
    cell: (job) => <Time text={job.created_at} />,
  },
  duration: {
    title: 'Duration',
    isDefault: true,
    isShort: true,
    cell: (job) => <Duration job={job} />,
  },
  progress: {
    title: 'Progress',
    sort: FIELDS.remainedTasks,
    isDefault: true,
    isShort: true,
    cell: (job) => <Progress job={job} />,
  },
  errors: { title: 'Errors', isDefault: true, cell: (job) => <FirstError job={job} /> },
  provider: {
    title: 'Provider',
    isDefault: true,
    isShort: true,
    cell: ({ collector }) => collector?.provider || '–',
  },
  plugin: { title: 'Plugin', isDefault: true, cell: pluginName },
  project: { title: 'Project', sort: FIELDS.project, cell: (job) => job.project_id || '–' },
  finished: {
    title: 'Finished',
    sort: FIELDS.finished,
    isShort: true,
    cell: (job) => <Time text={job.finished_at} />,
  },
  updated: {
    title: 'Updated',
    sort: FIELDS.updated,
    isShort: true,
    cell: (job) => <Time text={job.updated_at} />,
  },
  tasks: { title: 'Tasks', sort: FIELDS.totalTasks, isShort: true, cell: (job) => count(job.total_tasks) },
};

export const isShown = ({ columns }: Route, id: string): boolean =>
  columns.length === 0 ? COLUMNS[id]?.isDefault === true : columns.includes(id);
