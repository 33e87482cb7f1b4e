/** One job: all that is known of it, why it failed, and the jobs beside it in its collector (docs/explorer.md «Job»). */
import type { ComponentChildren } from 'preact';
import { useAnswer } from './answer.js';
import type { Answer } from './answer.js';
import { grouped } from './breakdown.js';
import { withCondition } from './filters.js';
import type { Viewed } from './filters.js';
import { count, dateTime } from './format.js';
import { at, isObject, listAt, textAt } from './json.js';
import type { Json } from './json.js';
import { Answered, AskedOf, Status, statusName, Tree } from './parts.js';
import { hashOf, NOWHERE } from './place.js';
import type { Place } from './place.js';
import { job as oneJob, neighbours } from './requests.js';
import { plugin, Progress, Took } from './table.js';

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
  place,
}: {
  readonly answer: Answer;
  readonly job: Json;
  readonly before: boolean;
  readonly place: Place;
}) {
  const name = before ? 'Previous' : 'Next';
  const found = nearest(answer.value, textAt(job, 'job_id'), textAt(job, 'created_at'), before);
  if (found === undefined)
    return <span class="none">{answer.waiting ? `${name} …` : `No ${name.toLowerCase()} job`}</span>;
  return (
    <a href={hashOf({ ...place, job: textAt(found, 'job_id') })} rel={before ? 'prev' : 'next'}>
      {name}: {statusName(textAt(found, 'status'))}, {dateTime(textAt(found, 'created_at'))}
    </a>
  );
}

function Neighbours({
  job,
  place,
  before,
  after,
}: {
  readonly job: Json;
  readonly place: Place;
  readonly before: Answer;
  readonly after: Answer;
}) {
  return (
    <nav class="neighbours" aria-label="Jobs of this collector" aria-busy={before.waiting || after.waiting}>
      <Neighbour answer={before} job={job} before place={place} />
      <Neighbour answer={after} job={job} before={false} place={place} />
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

function Facts({ job, viewed: { place } }: { readonly job: Json; readonly viewed: Viewed }) {
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
        <Took job={job} />
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
              ...NOWHERE,
              domain: place.domain,
              window: place.window,
              ...withCondition(NOWHERE, 'collector_id', textAt(collector, 'collector_id')),
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
  const groups = [...grouped(errors, (error) => textAt(error, 'error_code'))];
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

export function Job({ viewed }: { readonly viewed: Viewed }) {
  const { place, settings, now } = viewed;
  const one = useAnswer(oneJob(place), now);
  const collector = textAt(one.value, 'collector_info', 'collector_id');
  const created = textAt(one.value, 'created_at');
  const isPlaced = collector !== '' && created !== '' && textAt(one.value, 'job_id') === place.job;
  const before = useAnswer(isPlaced ? neighbours(place, collector, created, true) : undefined);
  const after = useAnswer(isPlaced ? neighbours(place, collector, created, false) : undefined);
  return (
    <>
      <header class="tools">
        <h2>{place.job}</h2>
        <a href={hashOf({ ...place, view: 'jobs', job: '' })}>All jobs</a>
      </header>
      <Answered answer={one}>
        {(job) => (
          <>
            {isPlaced && <Neighbours job={job} place={place} before={before} after={after} />}
            <section aria-label="Facts">
              <Facts job={job} viewed={viewed} />
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
      <AskedOf answers={[one, ...(isPlaced ? [before, after] : [])]} settings={settings} />
    </>
  );
}
