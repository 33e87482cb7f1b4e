/** The columns of the table of jobs. */
import { Fragment } from 'preact';
import type { ComponentChildren } from 'preact';
import { FIELDS } from '../api/fields.js';
import type { FieldName } from '../api/fields.js';
import type { Job } from '../api/jobs.js';
import { groupBy } from '../state/grouping.js';
import type { Route } from '../state/route.js';
import { isolated, nameOf, visible } from '../state/shown-text.js';
import { Datum } from './datum.js';
import { Duration } from './duration.js';
import { count } from './format.js';
import { Progress } from './progress.js';
import { Status } from './status.js';
import { Time } from './time.js';

export interface Column {
  readonly title: string;
  /** The key by which the service sorts it; undefined for an unsortable column. */
  readonly sort?: FieldName;
  /** Shown unless the route names its columns. */
  readonly isDefault?: true;
  /** Its values are of one length, and never cut. */
  readonly isShort?: true;
  /** The whole text of a cell that may be cut. */
  text?(job: Job): string;
  cell(job: Job): ComponentChildren;
}

/** The error codes of a job, each once with its number as text. */
const codesOf = ({ errors }: Job): readonly { readonly code: string; readonly times: string }[] =>
  [...groupBy(errors, ({ error_code: code }) => code || 'without a code')].map(([code, of]) => ({
    code,
    times: of.length === 1 ? '' : ` ×${count(of.length)}`,
  }));

/** The error codes of a job: `AuthFailure ×3, Throttled`. */
export const JobErrors = ({ job }: { readonly job: Job }) => (
  <>
    {codesOf(job).map(({ code, times }, index) => (
      <Fragment key={code}>
        {index > 0 && ', '}
        <Datum text={code} />
        {times}
      </Fragment>
    ))}
  </>
);

const errorsText = (job: Job): string =>
  codesOf(job)
    .map(({ code, times }) => `${isolated(visible(code))}${times}`)
    .join(', ');

const collectorName = ({ collector }: Job): string => nameOf(collector);

/** A datum in a cell of its own; '–' without one. */
const cellOf = (text: string): ComponentChildren => (text === '' ? '–' : <Datum text={text} />);

/** The plugin of a job's collector, with its version; '–' without one. */
export const pluginName = ({ collector }: Job): string =>
  `${collector?.plugin.plugin_id ?? ''} ${collector?.plugin.version ?? ''}`.trim() || '–';

/** By the ids in routes. */
export const COLUMNS: Readonly<Record<string, Column>> = {
  collector: {
    title: 'Collector',
    sort: FIELDS.collector,
    isDefault: true,
    text: collectorName,
    cell: (job) => <Datum text={collectorName(job)} />,
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
    sort: FIELDS.duration,
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
  errors: {
    title: 'Errors',
    isDefault: true,
    text: errorsText,
    cell: (job) => (
      <span class="bad">
        <JobErrors job={job} />
      </span>
    ),
  },
  provider: {
    title: 'Provider',
    isDefault: true,
    text: ({ collector }) => collector?.provider ?? '',
    cell: ({ collector }) => cellOf(collector?.provider ?? ''),
  },
  project: {
    title: 'Project',
    sort: FIELDS.project,
    text: (job) => job.project_id,
    cell: (job) => cellOf(job.project_id),
  },
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
  plugin: { title: 'Plugin', text: pluginName, cell: (job) => <Datum text={pluginName(job)} /> },
};

export const isShown = ({ columns }: Route, id: string): boolean =>
  columns.length === 0 ? COLUMNS[id]?.isDefault === true : columns.includes(id);
