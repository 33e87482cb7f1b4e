/** The drawn elements of a chart: bars or lines, grid, ticks, and the marked columns. */
import { count } from '../format.js';
import { BOTTOM, HEIGHT, LEFT, RIGHT, TOP } from './scale.js';
import type { Scale } from './scale.js';
import { valueAt } from './series.js';
import type { Series } from './series.js';

const TICK_WIDTH = 84;

interface Drawn {
  readonly series: readonly Series[];
  readonly scale: Scale;
}

/** The pixels between two bars. */
const gapOf = (step: number): number => (step > 6 ? 2 : step > 3 ? 1 : 0);

function Stack({ series, column, scale: { x, y, step } }: Drawn & { readonly column: number }) {
  const gap = gapOf(step);
  let below = 0;
  return (
    <g>
      {series.map((one) => {
        const value = valueAt(one, column);
        const from = y(below);
        below += value;
        return value === 0 ? undefined : (
          <rect
            key={one.name}
            class={one.color}
            x={x(column) + gap / 2}
            width={Math.max(step - gap, 1)}
            y={y(below)}
            height={Math.max(from - y(below), 1)}
          />
        );
      })}
    </g>
  );
}

export const Bars = ({ columns, ...drawn }: Drawn & { readonly columns: readonly string[] }) => (
  <>
    {columns.map((name, column) => (
      <Stack key={name} column={column} {...drawn} />
    ))}
  </>
);

export const Lines = ({ series, scale: { x, y, step } }: Drawn) => (
  <>
    {series.map((one) => (
      <g key={one.name} class={`line ${one.color}`}>
        <polyline
          points={one.values.map((value, column) => `${x(column) + step / 2},${y(value)}`).join(' ')}
        />
        {one.values.map((value, column) => (
          <circle key={column} cx={x(column) + step / 2} cy={y(value)} r={2.5} />
        ))}
      </g>
    ))}
  </>
);

/** Shares of 1 over the whole height: 1 is the topmost line. Columns without one break the line. */
export const RateLine = ({
  values,
  scale: { x, y, step, top },
}: {
  readonly values: readonly number[];
  readonly scale: Scale;
}) => (
  <g class="line is-line">
    {values.map((value, column) => {
      const before = values[column - 1] ?? NaN;
      const [cx, cy] = [x(column) + step / 2, y(value * top)];
      if (Number.isNaN(value)) return undefined;
      return Number.isNaN(before) ? (
        <circle key={column} cx={cx} cy={cy} r={2} />
      ) : (
        <line key={column} x1={cx - step} y1={y(before * top)} x2={cx} y2={cy} />
      );
    })}
  </g>
);

interface Sized {
  readonly width: number;
  readonly scale: Scale;
}

export function Grid({ width, scale: { grid, top, y } }: Sized) {
  const marks = Array.from({ length: Math.round(top / grid) + 1 }, (_, index) => index * grid);
  return (
    <>
      {marks.map((value) => (
        <g key={value} class="grid">
          <line x1={LEFT} x2={width - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 6} y={y(value)} dy="0.32em" text-anchor="end">
            {count(value)}
          </text>
        </g>
      ))}
    </>
  );
}

/** The names of as many columns as there is room for. */
export function Ticks({ ticks, width, scale: { x, step } }: Sized & { readonly ticks: readonly string[] }) {
  const every = Math.max(1, Math.ceil(TICK_WIDTH / step));
  const hasRoom = (column: number): boolean => column % every === 0 && x(column) + TICK_WIDTH / 2 < width;
  return (
    <>
      {ticks.map((tick, column) =>
        hasRoom(column) ? (
          <text key={column} x={x(column)} y={HEIGHT - 6}>
            {tick}
          </text>
        ) : undefined,
      )}
    </>
  );
}

/** A column under the pointer or a range of columns. */
export function Mark({
  first,
  last,
  scale: { x, step },
}: {
  readonly first: number;
  readonly last: number;
  readonly scale: Scale;
}) {
  return (
    <rect
      class="pointed"
      x={x(first)}
      y={TOP}
      width={(last - first + 1) * step}
      height={HEIGHT - BOTTOM - TOP}
    />
  );
}
