/** The columns of the table of collectors and providers. */
import type { ComponentChildren } from 'preact';
import { Bar } from '../../components/bar.js';
import { Sparkline } from '../../components/sparkline.js';
import { count, duration, share } from '../../components/format.js';
import { changeOf } from '../../state/chance.js';
import { ratio } from './rate-order.js';
import type { RateColumnId } from './rate-order.js';
import type { Rate } from './rates.js';

export interface RateColumn {
  readonly title: string;
  /** `longest` is the greatest median of all rows. */
  cell(rate: Rate, longest: number): ComponentChildren;
}

const MARKS = {
  more: { text: 'worse', color: 'bad' },
  less: { text: 'better', color: 'good' },
} as const;

/** A share before, with a word where the difference is larger than chance. */
function Before({ rate }: { readonly rate: Rate }) {
  const was = ratio(rate.before);
  if (was === undefined) return <>–</>;
  const change = changeOf({ part: rate.failed, of: rate.failing.of - rate.stuck }, rate.before);
  const mark = change === 'same' ? undefined : MARKS[change];
  return (
    <>
      {share(was)}
      {mark !== undefined && <strong class={mark.color}> {mark.text}</strong>}
    </>
  );
}

const Measured = ({
  part,
  color,
  text,
}: {
  readonly part: number | undefined;
  readonly color?: string;
  readonly text: string;
}) => (
  <span class="measure">
    {part !== undefined && <Bar share={part} {...(color === undefined ? {} : { color })} />}
    <span>{part === undefined ? '–' : text}</span>
  </span>
);

/** The share of failing jobs beside its trend over the window, or a bar where no trend is known. */
function Failing({ rate }: { readonly rate: Rate }) {
  const part = ratio(rate.failing);
  const text = share(part ?? 0);
  const { trend } = rate;
  if (trend === undefined) return <Measured part={part} color="is-error" text={text} />;
  const peak = Math.max(0, ...trend);
  const label = peak === 0 ? 'none failed' : `failed over the window, at most ${share(peak)} at once`;
  return (
    <span class="measure">
      <Sparkline values={trend} label={label} />
      <span>{part === undefined ? '–' : text}</span>
    </span>
  );
}

/** None of the unfinished jobs that were read is not none at all. */
function stuckCell({ stuck, isStuckCut }: Rate): string {
  if (!isStuckCut) return count(stuck);
  return stuck === 0 ? '–' : `${count(stuck)}+`;
}

export const RATE_COLUMNS: Readonly<Record<RateColumnId, RateColumn>> = {
  failing: { title: 'Failing', cell: (rate) => <Failing rate={rate} /> },
  before: { title: 'Before', cell: (rate) => <Before rate={rate} /> },
  failed: { title: 'Failed', cell: ({ failed }) => count(failed) },
  stuck: { title: 'Stuck', cell: stuckCell },
  jobs: { title: 'Jobs', cell: ({ jobs }) => count(jobs) },
  median: {
    title: 'Median',
    cell: ({ median, isSlower }, longest) => (
      <>
        {isSlower && <strong class="bad">slower </strong>}
        <Measured part={median === undefined ? undefined : median / longest} text={duration(median ?? 0)} />
      </>
    ),
  },
};
