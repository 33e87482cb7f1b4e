/**
 * Counts and observes the defined metrics (docs/monitor.md «Metrics»). Every series is there from the start, so an
 * observation is a walk along its labels and an addition.
 */
import { labelSets } from './definition.js';
import type { Definition, Definitions, Labels } from './definition.js';
import type { CounterName, GaugeName, HistogramName, LabelsOf } from './definitions.js';

/** Counts events; what a part of the service needs of the metrics. Labels without a series are not counted. */
export interface Meter {
  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
}

/** Counts nothing. */
export const NO_METER: Meter = { add: () => undefined, observe: () => undefined };

export interface Metrics extends Meter {
  /** Registers `value`, of a gauge or of a counter kept elsewhere; it is read at each collection. */
  observable<Name extends CounterName | GaugeName>(
    name: Name,
    labels: LabelsOf<Name>,
    value: () => number,
  ): void;
  /** Awaits `refresh` before each collection. It must not fail. */
  beforeCollection(refresh: () => Promise<void>): void;
  /** The values of all series now. */
  collect(): Promise<readonly CollectedMetric[]>;
}

/** A metric with the values of its series. */
export interface CollectedMetric {
  readonly name: string;
  readonly definition: Definition;
  readonly series: readonly CollectedSeries[];
}

export interface CollectedSeries {
  readonly labels: Labels;
  /** One value; or those of a histogram: the count of each bucket, the count beyond the last of them, and the sum. */
  readonly values: readonly number[];
}

interface Series {
  readonly labels: Labels;
  /** As in a collected series. */
  readonly values: Float64Array;
  /** Reads the value in place of the one kept here. */
  read: (() => number) | undefined;
}

/** The series below some labels. */
interface Tree {
  readonly below: Map<string, Tree>;
  series: Series | undefined;
}

interface Metric {
  readonly name: string;
  readonly definition: Definition;
  readonly names: readonly string[];
  readonly buckets: readonly number[];
  readonly tree: Tree;
  readonly series: readonly Series[];
}

const createTree = (): Tree => ({ below: new Map(), series: undefined });

function plant(tree: Tree, names: readonly string[], series: Series): void {
  let node = tree;
  for (const name of names) {
    const value = series.labels[name] ?? '';
    const next = node.below.get(value) ?? createTree();
    node.below.set(value, next);
    node = next;
  }
  node.series = series;
}

function createMetric(name: string, definition: Definition): Metric {
  const { type, buckets = [] } = definition;
  // Beside the buckets, those beyond the last of them, and the sum.
  const size = type === 'histogram' ? buckets.length + 2 : 1;
  const series = labelSets(definition).map((labels) => ({
    labels,
    values: new Float64Array(size),
    read: undefined,
  }));
  const names = Object.keys(definition.labels);
  const tree = createTree();
  for (const each of series) plant(tree, names, each);
  return { name, definition, names, buckets, tree, series };
}

function seriesOf({ names, tree }: Metric, labels: Labels): Series | undefined {
  let node: Tree | undefined = tree;
  for (const name of names) node = node?.below.get(labels[name] ?? '');
  return node?.series;
}

function increase(values: Float64Array, index: number, by: number): void {
  values[index] = (values[index] ?? 0) + by;
}

function observeIn({ buckets }: Metric, { values }: Series, value: number): void {
  let index = 0;
  while (value > (buckets[index] ?? Infinity)) index += 1;
  increase(values, index, 1);
  increase(values, buckets.length + 1, value);
}

const collected = ({ name, definition, series }: Metric): CollectedMetric => ({
  name,
  definition,
  series: series.map(({ labels, values, read }) => ({
    labels,
    values: read === undefined ? [...values] : [read()],
  })),
});

/** Creates the metrics of `definitions`, each series at 0. */
export function createMetrics(definitions: Definitions): Metrics {
  const metrics = new Map(
    Object.entries(definitions).map(([name, definition]) => [name, createMetric(name, definition)]),
  );
  const refreshes: (() => Promise<void>)[] = [];

  function find(name: string, labels: Labels): Series | undefined {
    const metric = metrics.get(name);
    return metric && seriesOf(metric, labels);
  }

  return {
    add(name: string, labels: Labels, by = 1) {
      const series = find(name, labels);
      if (series !== undefined) increase(series.values, 0, by);
    },
    observe(name: string, labels: Labels, value: number) {
      const metric = metrics.get(name);
      const series = metric && seriesOf(metric, labels);
      if (metric !== undefined && series !== undefined) observeIn(metric, series, value);
    },
    observable(name: string, labels: Labels, value: () => number) {
      const series = find(name, labels);
      if (series !== undefined) series.read = value;
    },
    beforeCollection: (refresh) => void refreshes.push(refresh),
    async collect() {
      await Promise.all(refreshes.map((refresh) => refresh()));
      return [...metrics.values()].map(collected);
    },
  };
}
