/** Maps columns and values of a chart to pixels. */
import { valueAt } from './series.js';
import type { Series } from './series.js';

export const HEIGHT = 160;
export const LEFT = 52;
export const BOTTOM = 22;
export const TOP = 8;
export const RIGHT = 8;
const GRIDLINES = 4;

export interface Scale {
  /** The left edge of a column. */
  readonly x: (column: number) => number;
  readonly y: (value: number) => number;
  /** The width of a column. */
  readonly step: number;
  /** The distance of two grid lines, and the value of the topmost. */
  readonly grid: number;
  readonly top: number;
}

/** The smallest round number that reaches `peak` in at most `steps` steps. */
function roundStep(peak: number, steps: number): number {
  const rough = Math.max(peak / steps, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5].find((each) => each * power >= rough) ?? 10) * power;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The greatest value of a column in lines, or of the stack of one. */
const peakOf = (series: readonly Series[], columns: number, isStacked: boolean): number => {
  const peaks = Array.from({ length: columns }, (_, column) => {
    const values = series.map((one) => valueAt(one, column));
    return isStacked ? sum(values) : Math.max(0, ...values);
  });
  return Math.max(1, ...peaks);
};

export function scaleOf(
  width: number,
  series: readonly Series[],
  columns: number,
  isStacked: boolean,
): Scale {
  const isWhole = series.every(({ values }) => values.every((value) => Number.isInteger(value)));
  const peak = peakOf(series, columns, isStacked);
  const grid = Math.max(roundStep(peak, GRIDLINES), isWhole ? 1 : 0);
  const top = Math.ceil(peak / grid) * grid;
  const step = Math.max(width - LEFT - RIGHT, 1) / Math.max(columns, 1);
  return {
    step,
    grid,
    top,
    x: (column) => LEFT + column * step,
    y: (value) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP),
  };
}
