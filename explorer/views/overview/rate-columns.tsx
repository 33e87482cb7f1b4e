/** The columns of the table of collectors and providers. */
import type { ComponentChildren } from 'preact';
import { Bar } from '../../components/bar.js';
import { Sparkline } from '../../components/sparkline.js';
import { count, duration, share } from '../../components/format.js';
import { changeOf } from '../../state/chance.js';
import type { Rate } from './rates.js';

export interface RateColumn {
  readonly title: string;
  /** The value by which it sorts, the greatest first; undefined comes last. */
  value(rate: Rate): number | undefined;
  /** `longest` is the greatest median of all rows. */
  cell(rate: Rate, longest: number): ComponentChildren;
}

const failing = ({ failing: { part, of } }: Rate): number | undefined => (of === 0 ? undefined : part / of);
const before = ({ before: { part, of } }: Rate): number | undefined => (of === 0 ? undefined : part / of);

const MARKS = {
  more: { text: 'worse', color: 'bad' },
  less: { text: 'better', color: 'good' },
} as const;

/** A share before, with a word where the difference is larger than chance. */
function Before({ rate }: { readonly rate: Rate }) {
  const was = before(rate);
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
  const part = failing(rate);
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

/** By the ids of the order. */
export const RATE_COLUMNS: Readonly<Record<string, RateColumn>> = {
  failing: {
    title: 'Failing',
    value: failing,
    cell: (rate) => <Failing rate={rate} />,
  },
  before: { title: 'Before', value: before, cell: (rate) => <Before rate={rate} /> },
  failed: { title: 'Failed', value: ({ failed }) => failed, cell: ({ failed }) => count(failed) },
  stuck: { title: 'Stuck', value: ({ stuck }) => stuck, cell: stuckCell },
  jobs: { title: 'Jobs', value: ({ jobs }) => jobs, cell: ({ jobs }) => count(jobs) },
  median: {
    title: 'Median',
    value: ({ median }) => median,
    cell: ({ median, isSlower }, longest) => (
      <>
        {isSlower && <strong class="bad">slower </strong>}
        <Measured part={median === undefined ? undefined : median / longest} text={duration(median ?? 0)} />
      </>
    ),
  },
};

/** The order of a table: the worst first without a column; by name; or by a column, the greatest first. */
export interface Order {
  readonly by: string;
  readonly isReversed: boolean;
}

export const WORST_FIRST: Order = { by: '', isReversed: false };
export const NAME = 'name';

/** An order as the route has it: the id of a column, behind '-' if it is reversed. */
export const orderText = ({ by, isReversed }: Order): string => `${isReversed ? '-' : ''}${by}`;
export const orderOf = (text: string): Order =>
  text.startsWith('-') ? { by: text.slice(1), isReversed: true } : { by: text, isReversed: false };

const compare = (by: string): ((one: Rate, other: Rate) => number) | undefined => {
  if (by === NAME) return (one, other) => one.name.localeCompare(other.name);
  const column = Object.hasOwn(RATE_COLUMNS, by) ? RATE_COLUMNS[by] : undefined;
  return column && ((one, other) => (column.value(other) ?? -1) - (column.value(one) ?? -1));
};

/** Sorts rows that come with the worst first; rows that are equal stay in that order. */
export function sorted(rates: readonly Rate[], { by, isReversed }: Order): readonly Rate[] {
  const order = compare(by);
  const found = order === undefined ? rates : rates.toSorted(order);
  return isReversed && order !== undefined ? found.toReversed() : found;
}
