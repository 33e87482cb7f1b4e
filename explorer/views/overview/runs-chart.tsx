/** The durations of one collector's newest runs: a dot each, by status, with lines at the exact median and p95 of the window. */
import { MAX_RUNS } from '../../api/durations.js';
import type { Run } from '../../api/durations.js';
import { useWidth } from '../../components/chart/use-width.js';
import { count, duration, plural } from '../../components/format.js';
import { allStatuses, statusClass, statusName } from '../../components/status.js';
import { hashOf } from '../../state/route.js';
import { isolated } from '../../state/shown-text.js';
import { endOf } from '../../state/time-range.js';
import type { ViewContext } from '../../state/view-context.js';
import { isComparable, isSlower } from './runs.js';
import type { History } from './runs.js';

const HEIGHT = 160;
const [LEFT, RIGHT, TOP, BOTTOM] = [8, 90, 10, 10];

/** The history in a sentence. */
function Told({ history }: { readonly history: History }) {
  const { within, before } = history;
  if (within === undefined) return <p class="none">No run of the window has ended.</p>;
  const { runs, median } = within;
  return (
    <p>
      {runs === 1 ? 'The only run of this window takes' : `The ${plural(runs, 'run')} of this window take`}{' '}
      {duration(median)}
      {isComparable(history) ? (
        <>
          , {isSlower(history) ? <strong class="bad">slower than usual</strong> : 'as usual'}: in the 30 days
          before it was {duration(history.before.median)}, and 9 of 10 took at most{' '}
          {duration(history.before.p90)}
        </>
      ) : (
        `; ${plural(before?.runs ?? 0, 'run')} of the 30 days before: too few to tell what is usual`
      )}
      .
    </p>
  );
}

const Level = ({
  name,
  length,
  x,
  y,
}: {
  readonly name: string;
  readonly length: number;
  readonly x: number;
  readonly y: number;
}) => (
  <>
    <line class="level" x1={x} x2="100%" y1={y} y2={y} />
    <text x="100%" y={y - 3} text-anchor="end">
      {name} {duration(length)}
    </text>
  </>
);

interface Drawn {
  readonly runs: readonly Run[];
  readonly history: History;
  readonly context: ViewContext;
}

/** Lines over the window alone: they are about its runs. */
function Dots({
  runs,
  history: { within },
  width,
  context: { route, now, timeRange },
}: Drawn & { readonly width: number }) {
  const created = runs.map(({ created_at: time }) => Date.parse(time));
  const first = Math.min(...created);
  const levels = within === undefined ? {} : { p95: within.p95, median: within.median };
  const top = Math.max(1, ...runs.map(({ length }) => length), ...Object.values(levels));
  const x = (time: number): number =>
    LEFT + ((time - first) / Math.max(1, endOf(timeRange, now) - first)) * Math.max(1, width - LEFT - RIGHT);
  const y = (length: number): number => HEIGHT - BOTTOM - (length / top) * (HEIGHT - TOP - BOTTOM);
  return (
    <svg
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`Durations of ${runs.length} runs, up to ${duration(top)}`}
    >
      {Object.entries(levels).map(([name, length]) => (
        <Level
          key={name}
          name={name}
          length={length}
          x={x(Math.max(first, timeRange.from ?? first))}
          y={y(length)}
        />
      ))}
      {runs.map(({ job_id: id, status, length }, index) => (
        <a key={id} href={hashOf({ ...route, view: 'job', job: id })} tabIndex={-1}>
          <circle class={statusClass(status)} cx={x(created[index] ?? first)} cy={y(length)} r={3}>
            <title>{`${isolated(statusName(status))}, ${duration(length)}, ${isolated(id)}`}</title>
          </circle>
        </a>
      ))}
    </svg>
  );
}

export function RunsChart(drawn: Drawn) {
  const { runs, history } = drawn;
  const [element, width] = useWidth();
  if (runs.length === 0) return <p class="none">No run has ended.</p>;
  const found = new Set(runs.map(({ status }) => status));
  return (
    <>
      <Told history={history} />
      <div class="chart runs" ref={element}>
        <Dots {...drawn} width={width} />
        <p class="legend" aria-hidden="true">
          {allStatuses(new Map())
            .filter((status) => found.has(status))
            .map((status) => (
              <span key={status} class={`status ${statusClass(status)}`}>
                {statusName(status)}
              </span>
            ))}
        </p>
      </div>
      {runs.length >= MAX_RUNS && <p class="none">The newest {count(MAX_RUNS)} runs are drawn.</p>}
    </>
  );
}
