/**
 * Counts and observes the defined metrics, and writes them in Prometheus' text format (docs/monitor.md «Metrics»). Every
 * series is there from the start, so an observation is a walk along its labels and an addition.
 */
import { labelSets } from './definition.js';
import type { Definition, Definitions, Labels } from './definition.js';
import type { CounterName, GaugeName, HistogramName, LabelsOf } from './definitions.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Counts events; what a part of the service needs of the metrics. Labels without a series are not counted. */
export interface Meter {
  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends HistogramName>(name: Name, labels: LabelsOf<Name>, value: number): void;
}

/** Counts nothing. */
export const NO_METER: Meter = { add: () => undefined, observe: () => undefined };

export interface Metrics extends Meter {
  /** Reads a gauge, or a counter kept elsewhere, by `value` at each scrape. */
  read<Name extends CounterName | GaugeName>(name: Name, labels: LabelsOf<Name>, value: () => number): void;
  /** Awaits `refresh` before each scrape. It must not fail. */
  beforeScrape(refresh: () => Promise<void>): void;
  /** The text of a scrape. */
  scrape(): Promise<string>;
}

interface Series {
  readonly labels: Labels;
  /** One value, or the counts of a histogram's buckets and its sum. */
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

function increase(values: Float64Array, at: number, by: number): void {
  values[at] = (values[at] ?? 0) + by;
}

function observeIn({ buckets }: Metric, { values }: Series, value: number): void {
  let at = 0;
  while (at < buckets.length && value > (buckets[at] ?? Infinity)) at += 1;
  increase(values, at, 1);
  increase(values, buckets.length + 1, value);
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const numberText = (value: number): string =>
  Number.isFinite(value) || Number.isNaN(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';

/** A line of a series. A label without a text is one that the series does not have. */
function line(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).filter(([, text]) => text !== '');
  const list = pairs.map(([label, text]) => `${label}="${escaped(text)}"`).join(',');
  return `${name}${list === '' ? '' : `{${list}}`} ${numberText(value)}`;
}

/** The lines of a histogram: how many values lie below each bound, their sum and their number. */
function histogramLines({ name, buckets }: Metric, { labels, values }: Series): readonly string[] {
  let count = 0;
  const below = [...buckets, Infinity].map((bound, at) => {
    count += values[at] ?? 0;
    return line(`${name}_bucket`, { ...labels, le: numberText(bound) }, count);
  });
  const sum = values[buckets.length + 1] ?? 0;
  return [...below, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

function linesOf(metric: Metric): readonly string[] {
  const { name, definition, series } = metric;
  return [
    `# HELP ${name} ${definition.help}`,
    `# TYPE ${name} ${definition.type}`,
    ...series.flatMap((each) =>
      definition.type === 'histogram'
        ? histogramLines(metric, each)
        : [line(name, each.labels, each.read?.() ?? each.values[0] ?? 0)],
    ),
  ];
}

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
    read(name: string, labels: Labels, value: () => number) {
      const series = find(name, labels);
      if (series !== undefined) series.read = value;
    },
    beforeScrape: (refresh) => void refreshes.push(refresh),
    async scrape() {
      await Promise.all(refreshes.map((refresh) => refresh()));
      return [...metrics.values()].flatMap(linesOf).concat('').join('\n');
    },
  };
}
