/** The data of a chart: a value of each series in each column. */

export interface Series {
  readonly name: string;
  /** The CSS class with its colour. */
  readonly color: string;
  readonly values: readonly number[];
}

export const valueAt = ({ values }: Series, column: number): number => values[column] ?? 0;
