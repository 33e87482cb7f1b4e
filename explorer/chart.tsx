/** Charts drawn as SVG, so that style sheet, zoom and dark mode apply to them: stacked bars, and lines. */
import type { TargetedPointerEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from './format.js';

/** What is drawn over the columns: a value for each. */
export interface Series {
  readonly name: string;
  /** The class that gives its colour. */
  readonly color: string;
  readonly values: readonly number[];
}

export interface ChartOptions {
  readonly label: string;
  /** The name of each column, and how it is written below it, which is shorter. */
  readonly columns: readonly string[];
  readonly ticks: readonly string[];
  readonly series: readonly Series[];
  readonly lines?: boolean;
  /** What is done with a stretch of columns, both ends in it; without it nothing can be chosen. */
  readonly onSelect?: (first: number, last: number) => void;
}

const HEIGHT = 200;
const LEFT = 52;
const BOTTOM = 22;
const TOP = 8;
const RIGHT = 8;
const TICK_WIDTH = 84;
const GRIDLINES = 4;

/** A round number that `most` steps of reach `peak`. */
function step(peak: number, most: number): number {
  const rough = Math.max(peak / most, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((each) => each * power >= rough) ?? 10) * power;
}

/** The width that an element has, as it changes. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}

interface Scale {
  readonly x: (column: number) => number;
  readonly y: (value: number) => number;
  readonly each: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const valueAt = ({ values }: Series, column: number): number => values[column] ?? 0;

function Bars({
  series,
  columns,
  scale: { x, y, each },
}: Pick<ChartOptions, 'series' | 'columns'> & { readonly scale: Scale }) {
  const gap = each > 6 ? 2 : each > 3 ? 1 : 0;
  return (
    <>
      {columns.map((name, column) => {
        let below = 0;
        return (
          <g key={name}>
            {series.map((one) => {
              const value = valueAt(one, column);
              const from = y(below);
              below += value;
              return value === 0 ? undefined : (
                <rect
                  key={one.name}
                  class={one.color}
                  x={x(column) + gap / 2}
                  width={Math.max(each - gap, 1)}
                  y={y(below)}
                  height={Math.max(from - y(below), 1)}
                />
              );
            })}
          </g>
        );
      })}
    </>
  );
}

function Lines({ series, scale: { x, y, each } }: Pick<ChartOptions, 'series'> & { readonly scale: Scale }) {
  return (
    <>
      {series.map((one) => (
        <g key={one.name} class={`line ${one.color}`}>
          <polyline
            points={one.values.map((value, column) => `${x(column) + each / 2},${y(value)}`).join(' ')}
          />
          {one.values.map((value, column) => (
            <circle key={column} cx={x(column) + each / 2} cy={y(value)} r={2.5} />
          ))}
        </g>
      ))}
    </>
  );
}

const readout = (series: readonly Series[], column: number): string =>
  series
    .filter((one) => valueAt(one, column) !== 0)
    .map((one) => `${one.name} ${count(valueAt(one, column))}`)
    .join(', ') || 'nothing';

/** Where the reader points, and from where a stretch is drawn. */
interface Pointed {
  readonly at: number;
  readonly from: number | undefined;
}

const MOVES: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  Home: -Infinity,
  End: Infinity,
};

/** Pointing at columns up to `last`, and drawing stretches of them where `onSelect` takes them. */
function usePointing(last: number, columnAt: (x: number) => number, onSelect: ChartOptions['onSelect']) {
  const [pointed, setPointed] = useState<Pointed | undefined>(undefined);
  const nearest = (column: number): number => Math.min(Math.max(column, 0), last);
  const leave = (): void => setPointed(undefined);
  const take = ({ at, from = at }: Pointed): void => {
    leave();
    onSelect?.(Math.min(at, from), Math.max(at, from));
  };
  const move = (by: number, isExtending: boolean): void => {
    const before = pointed ?? { at: by > 0 ? -1 : last + 1, from: undefined };
    const from = isExtending && onSelect !== undefined ? (before.from ?? nearest(before.at)) : undefined;
    setPointed({ at: nearest(before.at + by), from });
  };
  return {
    pointed,
    on: {
      onBlur: leave,
      onPointerLeave: leave,
      onKeyDown(event: KeyboardEvent) {
        const by = MOVES[event.key];
        if (event.key === 'Enter' && pointed !== undefined) take(pointed);
        if (event.key === 'Escape') leave();
        if (by === undefined) return;
        move(by, event.shiftKey);
        event.preventDefault();
      },
      onPointerDown(event: TargetedPointerEvent<SVGSVGElement>) {
        if (onSelect === undefined || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = nearest(columnAt(event.offsetX));
        setPointed({ at, from: at });
      },
      onPointerMove({ offsetX }: PointerEvent) {
        setPointed({ at: nearest(columnAt(offsetX)), from: pointed?.from });
      },
      onPointerUp() {
        if (pointed?.from !== undefined) take(pointed);
      },
    },
  };
}

/** What values and columns are measured by, for a chart of a width. */
function scaleOf(
  width: number,
  { columns, series, lines }: ChartOptions,
): Scale & { readonly grid: number; readonly top: number } {
  const peaks = columns.map((_, column) => {
    const values = series.map((one) => valueAt(one, column));
    return lines === true ? Math.max(0, ...values) : sum(values);
  });
  const peak = Math.max(1, ...peaks);
  const isWhole = series.every(({ values }) => values.every((value) => Number.isInteger(value)));
  const grid = Math.max(step(peak, GRIDLINES), isWhole ? 1 : 0);
  const top = Math.ceil(peak / grid) * grid;
  const each = Math.max(width - LEFT - RIGHT, 1) / Math.max(columns.length, 1);
  return {
    each,
    grid,
    top,
    x: (column) => LEFT + column * each,
    y: (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP),
  };
}

function Grid({ width, grid, top, y }: { readonly width: number } & ReturnType<typeof scaleOf>) {
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
function Ticks({
  ticks,
  width,
  scale: { x, each },
}: Pick<ChartOptions, 'ticks'> & { readonly width: number; readonly scale: Scale }) {
  const every = Math.max(1, Math.ceil(TICK_WIDTH / each));
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

function Mark({
  pointed: { at, from = at },
  scale: { x, each },
}: {
  readonly pointed: Pointed;
  readonly scale: Scale;
}) {
  const size = (Math.abs(at - from) + 1) * each;
  return (
    <rect class="pointed" x={x(Math.min(at, from))} y={TOP} width={size} height={HEIGHT - BOTTOM - TOP} />
  );
}

/** A chart. By keyboard: arrows go through its columns, with shift they draw a stretch, Enter takes it, Escape leaves it. */
export function Chart(options: ChartOptions) {
  const { label, columns, ticks, series, lines = false, onSelect } = options;
  const [element, width] = useWidth();
  const scale = scaleOf(width, options);
  const { pointed, on } = usePointing(
    columns.length - 1,
    (x) => Math.floor((x - LEFT) / scale.each),
    onSelect,
  );
  return (
    <div class="chart" ref={element}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={label}
        tabIndex={0}
        class={onSelect === undefined ? '' : 'choosable'}
        {...on}
      >
        <Grid width={width} {...scale} />
        {pointed !== undefined && <Mark pointed={pointed} scale={scale} />}
        {lines ? (
          <Lines series={series} scale={scale} />
        ) : (
          <Bars series={series} columns={columns} scale={scale} />
        )}
        <Ticks ticks={ticks} width={width} scale={scale} />
      </svg>
      <p class="readout">
        <span role="status">
          {pointed !== undefined && `${columns[pointed.at] ?? ''}: ${readout(series, pointed.at)}`}
        </span>
        {pointed === undefined && onSelect !== undefined && 'Drag over it, or click, to choose a window.'}
      </p>
    </div>
  );
}

/** Values with names beside each other, the longest bar for the greatest. */
export function Shares({
  rows,
}: {
  readonly rows: readonly { readonly name: string; readonly value: number; readonly written: string }[];
}) {
  const peak = Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE);
  return (
    <ul class="shares">
      {rows.map(({ name, value, written }, index) => (
        <li key={index}>
          <span class="name">{name}</span>
          <Bar share={value / peak} />
          <span class="number">{written}</span>
        </li>
      ))}
    </ul>
  );
}

/** A share of 1 as a small bar. */
export const Bar = ({ share, color = 'is-bar' }: { readonly share: number; readonly color?: string }) => (
  <span class="bar" aria-hidden="true">
    <span class={color} style={{ width: `${Math.max(0, Math.min(1, share)) * 100}%` }} />
  </span>
);
