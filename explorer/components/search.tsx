/** The search box of the page: jobs, collectors and error codes by a fragment, over all time (docs/explorer.md «Search»). */
import { useEffect, useRef, useState } from 'preact/hooks';
import { FIELDS } from '../api/fields.js';
import { findCodes, findCollectors, findJobs } from '../api/search.js';
import { useAnswer } from '../state/answer.js';
import type { Answer } from '../state/answer.js';
import { hashOf, startOf } from '../state/route.js';
import type { Route } from '../state/route.js';
import { ALL } from '../state/time-range.js';
import { withCondition } from '../state/with-conditions.js';
import { Failure } from './answered.js';
import { count } from './format.js';
import { statusName } from './status.js';
import { useSettledText } from './use-settled-text.js';

const MIN_LENGTH = 2;
/** Job ids as the writers of jobs make them: one of these opens at once. */
const WHOLE_ID = /^job-[0-9a-f]{12}$/;

interface Found {
  readonly href: string;
  readonly name: string;
  readonly note: string;
}

interface Group {
  readonly title: string;
  readonly answer: Answer<unknown>;
  readonly found: readonly Found[];
}

const jobHref = (route: Route, job: string): string => hashOf({ ...route, view: 'job', job });

/** What is found for a text; no call is made for one that is too short. */
function useFound(route: Route, text: string): readonly Group[] {
  const { domain, window } = route;
  const isAsked = text.length >= MIN_LENGTH && domain !== '';
  const jobs = useAnswer(isAsked ? findJobs(domain, text) : undefined);
  const collectors = useAnswer(isAsked ? findCollectors(domain, text) : undefined);
  const codes = useAnswer(isAsked ? findCodes(domain, text) : undefined);
  const plain = startOf(route);
  return [
    {
      title: 'Jobs',
      answer: jobs,
      found: (jobs.value?.results ?? []).map(({ job_id: id, status, collector }) => ({
        href: jobHref(route, id),
        name: id,
        note: `${statusName(status)}, ${collector?.name || 'collector gone'}`,
      })),
    },
    {
      title: 'Collectors',
      answer: collectors,
      found: (collectors.value?.results ?? []).map(({ collector_id: id, name, jobs: number }) => ({
        href: hashOf({ ...plain, window: window || ALL, ...withCondition(plain, FIELDS.collector, id) }),
        name: name.trim() || id,
        note: `${count(number)} jobs`,
      })),
    },
    {
      title: 'Error codes',
      answer: codes,
      found: (codes.value?.results ?? []).map(({ code, entries }) => ({
        href: hashOf({
          ...plain,
          view: 'jobs',
          window: ALL,
          ...withCondition(plain, FIELDS.errorCode, code),
        }),
        name: code,
        note: `${count(entries)} entries`,
      })),
    },
  ];
}

const FoundGroup = ({ group: { title, answer, found } }: { readonly group: Group }) => (
  <section aria-label={title}>
    <h2>{title}</h2>
    {answer.error !== undefined && <Failure error={answer.error} />}
    {answer.isWaiting && answer.error === undefined && <p class="loading">Loading …</p>}
    {!answer.isWaiting && found.length === 0 && <p class="none">none</p>}
    <ul>
      {found.map(({ href, name, note }) => (
        <li key={href}>
          <a class="one-line" href={href}>
            {name}
          </a>{' '}
          <small>{note}</small>
        </li>
      ))}
    </ul>
  </section>
);

/** `/` leads into the box from everywhere but another field. */
function useSlash(focus: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      focus();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

interface ResultsProps {
  readonly route: Route;
  readonly text: string;
  /** Opens the first result once all are there. */
  readonly opensFirst: boolean;
}

function Results({ route, text, opensFirst }: ResultsProps) {
  const groups = useFound(route, text);
  const isWaiting = groups.some(({ answer }) => answer.isWaiting);
  const [first] = groups.flatMap(({ found }) => found);
  const opened = opensFirst && !isWaiting ? first?.href : undefined;
  useEffect(() => {
    if (opened !== undefined) location.hash = opened;
  }, [opened]);
  return (
    <div class="found" aria-busy={isWaiting}>
      {groups.map((group) => (
        <FoundGroup key={group.title} group={group} />
      ))}
      <p class="none">Over all time. Enter opens the first.</p>
    </div>
  );
}

export function Search({ route }: { readonly route: Route }) {
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [isEntered, setEntered] = useState(false);
  const settled = useSettledText(text.trim());
  useSlash(() => box.current?.focus());
  const type = (to: string): void => {
    setText(to);
    setEntered(false);
  };
  // Another view means that the reader has chosen.
  const close = (): void => type('');
  useEffect(close, [hashOf(route)]);
  const submit = (event: Event): void => {
    event.preventDefault();
    const whole = text.trim();
    if (WHOLE_ID.test(whole)) location.hash = jobHref(route, whole);
    else setEntered(true);
  };
  return (
    <search class="search" onKeyDown={({ key }) => key === 'Escape' && close()}>
      <form onSubmit={submit}>
        <input
          ref={box}
          type="search"
          aria-label="Search jobs, collectors and error codes"
          placeholder="Search  /"
          value={text}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      </form>
      {text.trim().length >= MIN_LENGTH && (
        <Results route={route} text={settled} opensFirst={isEntered && settled === text.trim()} />
      )}
    </search>
  );
}
