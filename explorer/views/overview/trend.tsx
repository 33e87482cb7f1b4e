/** The failure rate of the window, compared with the time before it. */
import { share } from '../../components/format.js';
import { failureRate } from './breakdown.js';
import type { Cell } from './breakdown.js';

function Comparison({ rate, before }: { readonly rate: number; readonly before: number }) {
  const isWorse = rate > before;
  return (
    <>
      ;{' '}
      <span class={isWorse ? 'bad' : 'good'}>
        {rate === before ? 'the same as' : isWorse ? 'worse than' : 'better than'}
      </span>{' '}
      in the time before ({share(before)})
    </>
  );
}

export function Trend({ now, before }: { readonly now: readonly Cell[]; readonly before: readonly Cell[] }) {
  const [rate, previous] = [failureRate(now), failureRate(before)];
  if (rate === undefined) return <p class="none">No job has ended in this window.</p>;
  return (
    <p class="trend">
      <strong class={rate > 0 ? 'bad' : 'good'}>{share(rate)}</strong> of the jobs that ended failed or timed
      out
      {previous !== undefined && <Comparison rate={rate} before={previous} />}.
    </p>
  );
}
