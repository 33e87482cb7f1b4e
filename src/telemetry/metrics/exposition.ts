/** Writes the metrics in Prometheus' text format (docs/monitor.md «Metrics»). */
import type { Labels } from './definition.js';
import type { CollectedMetric, CollectedSeries, Metrics } from './registry.js';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

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
function histogramLines(
  name: string,
  buckets: readonly number[],
  { labels, values }: CollectedSeries,
): readonly string[] {
  let count = 0;
  const below = [...buckets, Infinity].map((bound, index) => {
    count += values[index] ?? 0;
    return line(`${name}_bucket`, { ...labels, le: numberText(bound) }, count);
  });
  const sum = values[buckets.length + 1] ?? 0;
  return [...below, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count)];
}

function linesOf({ name, definition, series }: CollectedMetric): readonly string[] {
  const { type, help, buckets = [] } = definition;
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...series.flatMap((each) =>
      type === 'histogram'
        ? histogramLines(name, buckets, each)
        : [line(name, each.labels, each.values[0] ?? 0)],
    ),
  ];
}

/** Collects the metrics, and returns the text of a scrape. */
export const scrapeText = async (metrics: Pick<Metrics, 'collect'>): Promise<string> =>
  (await metrics.collect()).flatMap(linesOf).concat('').join('\n');
