/** A chart of stacked bars or of lines, drawn as SVG, so that style sheet, zoom and dark mode apply to it. */
import { isolated } from '../../state/shown-text.js';
import { count, share } from '../format.js';
import { Bars, Grid, Lines, Mark, RateLine, Ticks } from './marks.js';
import { HEIGHT, LEFT, scaleOf } from './scale.js';
import { valueAt } from './series.js';
import type { Series } from './series.js';
import { useWidth } from './use-width.js';
import { rangeOf, useCursor } from './use-cursor.js';
import type { OnSelect } from './use-cursor.js';

export interface ChartOptions {
  readonly label: string;
  /** The names of the columns, and their shorter form below the chart. */
  readonly columns: readonly string[];
  readonly ticks: readonly string[];
  readonly series: readonly Series[];
  readonly shape: 'stack' | 'lines';
  /** A share of 1 in each column, drawn as a line over the whole height; NaN where there is none. */
  readonly rate?: Pick<Series, 'name' | 'values'>;
  /** Without it no range of columns can be selected. */
  readonly onSelect?: OnSelect;
}

function readingOf({ series, rate }: ChartOptions, column: number): string {
  const values = series
    .filter((one) => valueAt(one, column) !== 0)
    .map((one) => `${isolated(one.name)} ${count(valueAt(one, column))}`);
  const ratio = rate?.values[column] ?? NaN;
  const last = rate === undefined || Number.isNaN(ratio) ? [] : [`${rate.name} ${share(ratio)}`];
  return [...values, ...last].join(', ') || 'nothing';
}

/** The values under the cursor, or a hint. */
function Readout({
  options,
  column,
}: {
  readonly options: ChartOptions;
  readonly column: number | undefined;
}) {
  const { columns, onSelect } = options;
  return (
    <p class="readout">
      <span role="status">
        {column !== undefined && `${isolated(columns[column] ?? '')}: ${readingOf(options, column)}`}
      </span>
      {column === undefined && onSelect !== undefined && 'Drag over it, or click, to choose a window.'}
    </p>
  );
}

const isDrawn = ({ values }: Series): boolean => values.some((value) => value !== 0);

const Legend = ({ series, rate }: ChartOptions) => (
  <p class="legend" aria-hidden="true">
    {series.filter(isDrawn).map(({ name, color }) => (
      <span key={name} class={`status ${color}`}>
        {name}
      </span>
    ))}
    {rate !== undefined && <span class="status is-line">{rate.name}</span>}
  </p>
);

/** On the keyboard, arrows move through the columns, Shift extends a range, Enter selects it, Escape drops it. */
export function Chart(options: ChartOptions) {
  const { label, columns, ticks, series, shape, rate, onSelect } = options;
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
        {rate !== undefined && <RateLine values={rate.values} scale={scale} />}
        <Ticks ticks={ticks} width={width} scale={scale} />
      </svg>
      <Legend {...options} />
      <Readout options={options} column={cursor?.column} />
    </div>
  );
}
