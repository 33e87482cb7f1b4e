/** The fields of a job and of its collector as a list. */
import type { ComponentChildren } from 'preact';
import { FIELDS } from '../../api/fields.js';
import type { Collector, Job } from '../../api/jobs.js';
import { Duration } from '../../components/duration.js';
import { pluginName } from '../../components/job-columns.js';
import { Progress } from '../../components/progress.js';
import { Status } from '../../components/status.js';
import { Time } from '../../components/time.js';
import { hashOf, startOf } from '../../state/route.js';
import type { Route } from '../../state/route.js';
import { nameOf, visible } from '../../state/shown-text.js';
import { withCondition } from '../../state/with-conditions.js';

const DATES = { Created: 'created_at', Updated: 'updated_at', Finished: 'finished_at' } as const;
const IDS = { Project: 'project_id', Domain: 'domain_id' } as const;
const OF_COLLECTOR = {
  'Collector’s id': 'collector_id',
  Provider: 'provider',
  'Collector’s project': 'project_id',
  'Collector’s state': 'state',
} as const;

const Fact = ({ name, children }: { readonly name: string; readonly children: ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** A link to the overview of the collector's jobs in the same window. */
function CollectorLink({ collector, route }: { readonly collector: Collector; readonly route: Route }) {
  const start = { ...startOf(route), window: route.window };
  return (
    <a href={hashOf({ ...start, ...withCondition(start, FIELDS.collector, collector.collector_id) })}>
      {nameOf(collector)}
    </a>
  );
}

export const Facts = ({ job, route }: { readonly job: Job; readonly route: Route }) => (
  <dl class="facts">
    <Fact name="Status">
      <Status status={job.status} />
    </Fact>
    <Fact name="Tasks done">
      <Progress job={job} />
    </Fact>
    <Fact name="Duration">
      <Duration job={job} />
    </Fact>
    {Object.entries(DATES).map(([title, name]) => (
      <Fact key={name} name={title}>
        <Time text={job[name]} /> <small>{job[name]}</small>
      </Fact>
    ))}
    {Object.entries(IDS).map(([title, name]) => (
      <Fact key={name} name={title}>
        {visible(job[name]) || '–'}
      </Fact>
    ))}
    <Fact name="Collector">
      {job.collector === undefined ? 'gone' : <CollectorLink collector={job.collector} route={route} />}
    </Fact>
    {Object.entries(OF_COLLECTOR).map(([title, name]) => (
      <Fact key={title} name={title}>
        {visible(job.collector?.[name] ?? '') || '–'}
      </Fact>
    ))}
    <Fact name="Plugin">{pluginName(job)}</Fact>
  </dl>
);
