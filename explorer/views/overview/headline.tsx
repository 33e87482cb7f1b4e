/** The overview in a sentence of its own numbers, and the change against the time before. */
import type { ErrorCodeRow } from '../../api/error-codes.js';
import { Datum } from '../../components/datum.js';
import { count, plural, share } from '../../components/format.js';
import { changeOf } from '../../state/chance.js';
import type { Share } from '../../state/chance.js';
import { hashOf } from '../../state/route.js';
import type { Route } from '../../state/route.js';
import { ALL } from '../../state/time-range.js';
import { stuckText } from './stuck.js';
import type { Stuck } from './stuck.js';

export interface Told {
  /** The number of jobs in every status, and the share of failed ones. */
  readonly jobs: number;
  readonly failed: Share;
  readonly before: Share;
  /** The window, as `since 18:00`. */
  readonly window: string;
  /** The most frequent cause; undefined without one. */
  readonly cause: ErrorCodeRow | undefined;
  readonly stuck: Stuck;
  nameOf(collector: string): string;
  /** The route of the view: without jobs, a window or conditions may be the cause. */
  readonly route: Route;
}

/** The reasons why a view has no jobs. */
function Empty({ route }: Pick<Told, 'route'>) {
  const { domain, window, filter, filterOr } = route;
  const isWhole = window === ALL && filter.length + filterOr.length === 0;
  return isWhole ? (
    <p class="none">
      No job of «<Datum text={domain} />» is known: the domain is empty, its name is mistyped, or its jobs are
      not yours to see.
    </p>
  ) : (
    <p class="none">
      Another window or filter may have some:{' '}
      <a href={hashOf({ ...route, window: ALL, filter: [], filterOr: [] })}>all jobs of all time</a>.
    </p>
  );
}

function Cause({
  cause: { jobs, code, collectors },
  nameOf,
}: Pick<Told, 'nameOf'> & { readonly cause: ErrorCodeRow }) {
  const [only] = collectors;
  const name = <Datum text={code || 'an error without a code'} />;
  return only !== undefined && collectors.length === 1 ? (
    <>
      , {count(jobs)} of them by <Datum text={nameOf(only)} />: {name}
    </>
  ) : (
    <>
      , {count(jobs)} of them with {name}, in {count(collectors.length)} collectors
    </>
  );
}

const CHANGES = {
  more: { text: 'worse than', color: 'bad' },
  less: { text: 'better than', color: 'good' },
  same: { text: 'within chance of', color: '' },
} as const;

/** A difference within chance is no change (state/chance.ts). */
function Change({ failed, before }: Pick<Told, 'failed' | 'before'>) {
  if (failed.of === 0) return <>No job has ended in this window.</>;
  const { text, color } = CHANGES[changeOf(failed, before)];
  return (
    <>
      {share(failed.part / failed.of)} of the jobs that ended failed or timed out
      {before.of > 0 && (
        <>
          , <span class={color}>{text}</span> the time before ({share(before.part / before.of)})
        </>
      )}
      .
    </>
  );
}

export function Headline({ jobs, failed, before, window, cause, stuck, nameOf, route }: Told) {
  return (
    <div class="headline">
      <p>
        <strong class={failed.part > 0 ? 'bad' : 'good'}>
          {failed.part === 0 ? 'None' : count(failed.part)} of {plural(jobs, 'job')} failed
        </strong>{' '}
        {window}
        {cause !== undefined && <Cause cause={cause} nameOf={nameOf} />}.{stuckText(stuck)}
      </p>
      {jobs === 0 && <Empty route={route} />}
      <p class="none">
        <Change failed={failed} before={before} />
      </p>
    </div>
  );
}
