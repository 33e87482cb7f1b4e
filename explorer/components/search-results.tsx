/** The jobs, collectors and error codes that a search finds, each a link to its view. */
import { useEffect } from 'preact/hooks';
import { FIELDS } from '../api/fields.js';
import { findCodes, findCollectors, findJobs } from '../api/search.js';
import { useAnswer } from '../state/answer.js';
import type { Answer } from '../state/answer.js';
import { hashOf, startOf } from '../state/route.js';
import type { Route } from '../state/route.js';
import { isolated, nameOf } from '../state/shown-text.js';
import { ALL } from '../state/time-range.js';
import { withCondition } from '../state/with-conditions.js';
import { Failure } from './answered.js';
import { Datum } from './datum.js';
import { count } from './format.js';
import { statusName } from './status.js';

export const MIN_LENGTH = 2;

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

export const jobHref = (route: Route, job: string): string => hashOf({ ...route, view: 'job', job });

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
        note: [statusName(status), collector === undefined ? 'collector gone' : nameOf(collector)]
          .map(isolated)
          .join(', '),
      })),
    },
    {
      title: 'Collectors',
      answer: collectors,
      found: (collectors.value?.results ?? []).map((collector) => ({
        href: hashOf({
          ...plain,
          window: window || ALL,
          ...withCondition(plain, FIELDS.collector, collector.collector_id),
        }),
        name: nameOf(collector),
        note: `${count(collector.jobs)} jobs`,
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

const FoundGroup = ({
  group: { title, answer, found },
  onFollow,
}: {
  readonly group: Group;
  onFollow(href: string): void;
}) => (
  <section aria-label={title}>
    <h2>{title}</h2>
    {answer.error !== undefined && <Failure error={answer.error} />}
    {answer.isWaiting && answer.error === undefined && <p class="loading">Loading …</p>}
    {!answer.isWaiting && found.length === 0 && <p class="none">none</p>}
    <ul>
      {found.map(({ href, name, note }) => (
        <li key={href}>
          <a class="one-line" href={href} onClick={() => onFollow(href)}>
            <Datum text={name} />
          </a>{' '}
          <small class="one-line">{note}</small>
        </li>
      ))}
    </ul>
  </section>
);

interface ResultsProps {
  readonly route: Route;
  readonly text: string;
  /** Opens the first result once all are there. */
  readonly opensFirst: boolean;
  onOpen(href: string): void;
  onFollow(href: string): void;
}

export function Results({ route, text, opensFirst, onOpen, onFollow }: ResultsProps) {
  const groups = useFound(route, text);
  const isWaiting = groups.some(({ answer }) => answer.isWaiting);
  const [first] = groups.flatMap(({ found }) => found);
  const opened = opensFirst && !isWaiting ? first?.href : undefined;
  useEffect(() => {
    if (opened !== undefined) onOpen(opened);
  }, [opened]);
  return (
    <div class="found" aria-busy={isWaiting}>
      {groups.map((group) => (
        <FoundGroup key={group.title} group={group} onFollow={onFollow} />
      ))}
      <p class="none">Over all time. Enter opens the first.</p>
    </div>
  );
}
