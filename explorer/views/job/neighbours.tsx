/** Links to the jobs before and after a job in its collector. */
import type { Job } from '../../api/jobs.js';
import { statNeighbours } from '../../api/neighbours.js';
import type { Direction, NeighbourRow } from '../../api/neighbours.js';
import type { Results } from '../../api/stat.js';
import { Failure } from '../../components/answered.js';
import { Datum } from '../../components/datum.js';
import { statusName } from '../../components/status.js';
import { Time } from '../../components/time.js';
import { useAnswer } from '../../state/answer.js';
import type { Answer } from '../../state/answer.js';
import { hashOf } from '../../state/route.js';
import type { Route } from '../../state/route.js';

const NAMES: Readonly<Record<Direction, { readonly name: string; readonly rel: string }>> = {
  before: { name: 'Previous', rel: 'prev' },
  after: { name: 'Next', rel: 'next' },
};

/** The nearest job beyond another. Jobs created at the same time are ordered by their ids. */
function nearest(
  rows: readonly NeighbourRow[],
  { job_id: id, created_at: created }: Job,
  direction: Direction,
): NeighbourRow | undefined {
  const isBeyond = ({ job_id: other, created_at: time }: NeighbourRow): boolean => {
    if (Date.parse(time) !== Date.parse(created)) return other !== id;
    return direction === 'before' ? other < id : other > id;
  };
  return rows.find(isBeyond);
}

type NeighbourAnswer = Answer<Results<NeighbourRow>>;

function Neighbour({
  answer,
  job,
  direction,
  route,
}: {
  readonly answer: NeighbourAnswer;
  readonly job: Job;
  readonly direction: Direction;
  readonly route: Route;
}) {
  const { name, rel } = NAMES[direction];
  const found = nearest(answer.value?.results ?? [], job, direction);
  if (found === undefined && answer.error !== undefined) return <Failure error={answer.error} />;
  if (found === undefined)
    return <span class="none">{answer.isWaiting ? `${name} …` : `No ${name.toLowerCase()} job`}</span>;
  return (
    <a href={hashOf({ ...route, job: found.job_id })} rel={rel}>
      {name}: <Datum text={statusName(found.status)} />, <Time text={found.created_at} />
    </a>
  );
}

type NeighbourAnswers = Readonly<Record<Direction, NeighbourAnswer>>;

/** Answers undefined until the job with its collector and its creation time is there. */
export function useNeighbours(job: Job | undefined, route: Route): NeighbourAnswers | undefined {
  const collector = job?.collector?.collector_id ?? '';
  const created = job?.created_at ?? '';
  const isKnown = collector !== '' && created !== '' && job?.job_id === route.job;
  const callFor = (direction: Direction) =>
    isKnown ? statNeighbours(route.domain, { collector, created }, direction) : undefined;
  const answers = { before: useAnswer(callFor('before')), after: useAnswer(callFor('after')) };
  return isKnown ? answers : undefined;
}

export function Neighbours({
  job,
  route,
  answers: { before, after },
}: {
  readonly job: Job;
  readonly route: Route;
  readonly answers: NeighbourAnswers;
}) {
  return (
    <nav
      class="neighbours"
      aria-label="Jobs of this collector"
      aria-busy={before.isWaiting || after.isWaiting}
    >
      <Neighbour answer={before} job={job} direction="before" route={route} />
      <Neighbour answer={after} job={job} direction="after" route={route} />
    </nav>
  );
}
