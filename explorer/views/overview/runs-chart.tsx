/** The durations of one collector's runs: a dot each, by status, with lines at the median and the p95. */
import { useWidth } from '../../components/chart/use-width.js';
import { duration } from '../../components/format.js';
import { allStatuses, statusClass, statusName } from '../../components/status.js';
import { hashOf } from '../../state/route.js';
import type { ViewContext } from '../../state/view-context.js';
import { medianOf, percentile, usualOf } from './runs.js';
import type { Run } from './runs.js';

const HEIGHT = 160;
const [LEFT, RIGHT, TOP, BOTTOM] = [8, 90, 10, 10];

/** The runs in a sentence. */
function Told({ runs }: { readonly runs: readonly Run[] }) {
  const usual = usualOf(runs);
  if (usual === undefined) return <p class="none">Fewer than 25 runs: too few to tell what is usual.</p>;
  const { newest, median, before, limit } = usual;
  return (
    <p>
      The newest {newest} runs take {duration(median)},{' '}
      {median > limit ? <strong class="bad">slower than usual</strong> : 'as usual'}: before it was{' '}
      {duration(before)}, and 9 of 10 took at most {duration(limit)}.
    </p>
  );
}

const Level = ({
  name,
  length,
  y,
}: {
  readonly name: string;
  readonly length: number;
  readonly y: number;
}) => (
  <>
    <line class="level" x1={LEFT} x2="100%" y1={y} y2={y} />
    <text x="100%" y={y - 3} text-anchor="end">
      {name} {duration(length)}
    </text>
  </>
);

function Dots({
  runs,
  width,
  context,
}: {
  readonly runs: readonly Run[];
  readonly width: number;
  readonly context: ViewContext;
}) {
  const lengths = runs.map(({ length }) => length);
  const [first, last] = [Math.min(...runs.map(({ created }) => created)), context.now];
  const top = Math.max(1, ...lengths);
  const x = (time: number): number =>
    LEFT + ((time - first) / Math.max(1, last - first)) * Math.max(1, width - LEFT - RIGHT);
  const y = (length: number): number => HEIGHT - BOTTOM - (length / top) * (HEIGHT - TOP - BOTTOM);
  const levels = { p95: percentile(lengths, 0.95) ?? 0, median: medianOf(lengths) ?? 0 };
  return (
    <svg
      width={width}
      height={HEIGHT}
      role="img"
      aria-label={`Durations of ${runs.length} runs, up to ${duration(top)}`}
    >
      {Object.entries(levels).map(([name, length]) => (
        <Level key={name} name={name} length={length} y={y(length)} />
      ))}
      {runs.map(({ job_id: id, status, created, length }) => (
        <a key={id} href={hashOf({ ...context.route, view: 'job', job: id })} tabIndex={-1}>
          <circle class={statusClass(status)} cx={x(created)} cy={y(length)} r={3}>
            <title>{`${statusName(status)}, ${duration(length)}, ${id}`}</title>
          </circle>
        </a>
      ))}
    </svg>
  );
}

export function RunsChart({
  runs,
  context,
}: {
  readonly runs: readonly Run[];
  readonly context: ViewContext;
}) {
  const [element, width] = useWidth();
  if (runs.length === 0) return <p class="none">No run has ended.</p>;
  const found = new Set(runs.map(({ status }) => status));
  return (
    <>
      <Told runs={runs} />
      <div class="chart runs" ref={element}>
        <Dots runs={runs} width={width} context={context} />
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
    </>
  );
}
