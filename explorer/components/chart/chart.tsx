/** A chart of stacked bars or of lines, drawn as SVG, so that style sheet, zoom and dark mode apply to it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from '../format.js';
import { Bars, Grid, Lines, Mark, Ticks } from './marks.js';
import { HEIGHT, LEFT, scaleOf } from './scale.js';
import { valueAt } from './series.js';
import type { Series } from './series.js';
import { rangeOf, useCursor } from './use-cursor.js';
import type { OnSelect } from './use-cursor.js';

export interface ChartOptions {
  readonly label: string;
  /** The names of the columns, and their shorter form below the chart. */
  readonly columns: readonly string[];
  readonly ticks: readonly string[];
  readonly series: readonly Series[];
  readonly shape: 'stack' | 'lines';
  /** Without it no range of columns can be selected. */
  readonly onSelect?: OnSelect;
}

/** The current width of an element. */
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

const readingOf = (series: readonly Series[], column: number): string =>
  series
    .filter((one) => valueAt(one, column) !== 0)
    .map((one) => `${one.name} ${count(valueAt(one, column))}`)
    .join(', ') || 'nothing';

/** The values under the cursor, or a hint. */
function Readout({
  options: { columns, series, onSelect },
  column,
}: {
  readonly options: ChartOptions;
  readonly column: number | undefined;
}) {
  return (
    <p class="readout">
      <span role="status">
        {column !== undefined && `${columns[column] ?? ''}: ${readingOf(series, column)}`}
      </span>
      {column === undefined && onSelect !== undefined && 'Drag over it, or click, to choose a window.'}
    </p>
  );
}

/** On the keyboard, arrows move through the columns, Shift extends a range, Enter selects it, Escape drops it. */
export function Chart(options: ChartOptions) {
  const { label, columns, ticks, series, shape, onSelect } = options;
  const [element, width] = useWidth();
  const scale = scaleOf(width, series, columns.length, shape === 'stack');
  const columnAt = (x: number): number => Math.floor((x - LEFT) / scale.step);
  const { cursor, handlers } = useCursor(columns.length - 1, columnAt, onSelect);
  const [first, last] = cursor === undefined ? [] : rangeOf(cursor);
  return (
    <div class="chart" ref={element}>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={label}
        tabIndex={0}
        class={onSelect === undefined ? '' : 'choosable'}
        {...handlers}
      >
        <Grid width={width} scale={scale} />
        {first !== undefined && last !== undefined && <Mark first={first} last={last} scale={scale} />}
        {shape === 'lines' ? (
          <Lines series={series} scale={scale} />
        ) : (
          <Bars series={series} columns={columns} scale={scale} />
        )}
        <Ticks ticks={ticks} width={width} scale={scale} />
      </svg>
      <Readout options={options} column={cursor?.column} />
    </div>
  );
}
