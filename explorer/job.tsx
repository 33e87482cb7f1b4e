/** One job: all that is known of it, why it failed, and the jobs beside it in its collector (docs/explorer.md «Job»). */
import type { ComponentChildren } from 'preact';
import { useAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { groupBy } from './breakdown.js';
import { withCondition } from './filters.js';
import type { ViewContext } from './filters.js';
import { count, dateTime } from './format.js';
import { at, isObject, listAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Answered, RequestInspector, Status, statusName, Tree } from './parts.js';
import { hashOf, DEFAULT_ROUTE } from './route.js';
import type { Route } from './route.js';
import { job as oneJob, neighbours } from './requests.js';
import { plugin, Progress, Duration } from './table.js';

const DATES = { Created: 'created_at', Updated: 'updated_at', Finished: 'finished_at' } as const;
const IDS = { Project: 'project_id', Domain: 'domain_id' } as const;
const OF_COLLECTOR = {
  'Collector’s id': 'collector_id',
  Provider: 'provider',
  'Collector’s project': 'project_id',
  'Collector’s state': 'state',
} as const;

/** The nearest of the neighbours that is really beyond the job: at one time, ids tell the order. */
function nearest(answer: Json | undefined, id: string, created: string, before: boolean): Json | undefined {
  const beyond = (row: Json): boolean => {
    const [time, other] = [Date.parse(textAt(row, 'created_at')), textAt(row, 'job_id')];
    if (time === Date.parse(created)) return before ? other < id : other > id;
    return other !== id;
  };
  return listAt(answer, 'results').find(beyond);
}

function Neighbour({
  answer,
  job,
  before,
  route,
}: {
  readonly answer: Answer;
  readonly job: Json;
  readonly before: boolean;
  readonly route: Route;
}) {
  const name = before ? 'Previous' : 'Next';
  const found = nearest(answer.value, textAt(job, 'job_id'), textAt(job, 'created_at'), before);
  if (found === undefined)
    return <span class="none">{answer.waiting ? `${name} …` : `No ${name.toLowerCase()} job`}</span>;
  return (
    <a href={hashOf({ ...route, job: textAt(found, 'job_id') })} rel={before ? 'prev' : 'next'}>
      {name}: {statusName(textAt(found, 'status'))}, {dateTime(textAt(found, 'created_at'))}
    </a>
  );
}

function Neighbours({
  job,
  route,
  before,
  after,
}: {
  readonly job: Json;
  readonly route: Route;
  readonly before: Answer;
  readonly after: Answer;
}) {
  return (
    <nav class="neighbours" aria-label="Jobs of this collector" aria-busy={before.waiting || after.waiting}>
      <Neighbour answer={before} job={job} before route={route} />
      <Neighbour answer={after} job={job} before={false} route={route} />
    </nav>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const Time = ({ text }: { readonly text: string }) =>
  text === '' ? (
    <>–</>
  ) : (
    <>
      {dateTime(text)} <small>{text}</small>
    </>
  );

function Facts({ job, context: { route } }: { readonly job: Json; readonly context: ViewContext }) {
  const collector = at(job, 'collector_info');
  return (
    <dl class="facts">
      <Fact name="Status">
        <Status status={textAt(job, 'status')} />
      </Fact>
      <Fact name="Tasks done">
        <Progress job={job} />
      </Fact>
      <Fact name="Duration">
        <Duration job={job} />
      </Fact>
      {Object.entries(DATES).map(([title, name]) => (
        <Fact key={name} name={title}>
          <Time text={textAt(job, name)} />
        </Fact>
      ))}
      {Object.entries(IDS).map(([title, name]) => (
        <Fact key={name} name={title}>
          {textAt(job, name) || '–'}
        </Fact>
      ))}
      <Fact name="Collector">
        {isObject(collector) ? (
          <a
            href={hashOf({
              ...DEFAULT_ROUTE,
              domain: route.domain,
              window: route.window,
              ...withCondition(DEFAULT_ROUTE, 'collector_id', textAt(collector, 'collector_id')),
            })}
          >
            {textAt(collector, 'name') || textAt(collector, 'collector_id')}
          </a>
        ) : (
          'gone'
        )}
      </Fact>
      {Object.entries(OF_COLLECTOR).map(([title, name]) => (
        <Fact key={title} name={title}>
          {textAt(collector, name) || '–'}
        </Fact>
      ))}
      <Fact name="Plugin">{plugin(job) || '–'}</Fact>
    </dl>
  );
}

/** Messages of one code that are shown before the reader asks for all. */
const SHOWN = 5;

function Errors({ errors }: { readonly errors: readonly Json[] }) {
  if (errors.length === 0) return <p class="none">This job has no errors.</p>;
  const groups = [...groupBy(errors, (error) => textAt(error, 'error_code'))];
  const item = (error: Json, index: number) => (
    <li key={index}>
      <p class="message">{textAt(error, 'message') || 'without a message'}</p>
      {isObject(at(error, 'additional')) && (
        <details>
          <summary>additional</summary>
          <Tree value={at(error, 'additional')} none="empty" />
        </details>
      )}
    </li>
  );
  return (
    <>
      {groups
        .toSorted(([, a], [, b]) => b.length - a.length)
        .map(([code, of]) => (
          <section key={code} class="group">
            <h3>
              <code>{code || 'without a code'}</code> <span class="count">{count(of.length)}</span>
            </h3>
            <ol>{of.slice(0, SHOWN).map(item)}</ol>
            {of.length > SHOWN && (
              <details>
                <summary>{count(of.length - SHOWN)} more</summary>
                <ol start={SHOWN + 1}>{of.slice(SHOWN).map(item)}</ol>
              </details>
            )}
          </section>
        ))}
    </>
  );
}

export function Job({ context }: { readonly context: ViewContext }) {
  const { route, settings, now } = context;
  const one = useAnswer(oneJob(route), now);
  const collector = textAt(one.value, 'collector_info', 'collector_id');
  const created = textAt(one.value, 'created_at');
  const isKnown = collector !== '' && created !== '' && textAt(one.value, 'job_id') === route.job;
  const before = useAnswer(isKnown ? neighbours(route, collector, created, true) : undefined);
  const after = useAnswer(isKnown ? neighbours(route, collector, created, false) : undefined);
  return (
    <>
      <header class="tools">
        <h2>{route.job}</h2>
        <a href={hashOf({ ...route, view: 'jobs', job: '' })}>All jobs</a>
      </header>
      <Answered answer={one}>
        {(job) => (
          <>
            {isKnown && <Neighbours job={job} route={route} before={before} after={after} />}
            <section aria-label="Facts">
              <Facts job={job} context={context} />
            </section>
            <div class="columns">
              <section aria-labelledby="errors">
                <h2 id="errors">
                  Errors <span class="count">{count(listAt(job, 'errors').length)}</span>
                </h2>
                <Errors errors={listAt(job, 'errors')} />
              </section>
              <section aria-labelledby="filter">
                <h2 id="filter">Filter</h2>
                <Tree value={at(job, 'filter')} none="It collected everything." />
                <h2>Capability of the collector</h2>
                <Tree value={at(job, 'collector_info', 'capability')} none="None is told." />
              </section>
            </div>
          </>
        )}
      </Answered>
      <RequestInspector answers={[one, ...(isKnown ? [before, after] : [])]} settings={settings} />
    </>
  );
}
