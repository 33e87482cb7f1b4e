/**
 * Pushes the metrics by OTLP with OpenTelemetry's own packages. The module is loaded only where metrics have a
 * destination (docs/monitor.md «OTLP»).
 */
import { ValueType } from '@opentelemetry/api';
import type { Attributes, HrTime } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { DataPoint, MetricData, MetricProducer } from '@opentelemetry/sdk-metrics';
import { observed, resourceOf, urlOf } from '../otlp.js';
import type { Otlp } from '../otlp.js';
import type { Definition, Labels } from './definition.js';
import type { CollectedMetric, CollectedSeries, Metrics } from './registry.js';

/** The attributes of OpenTelemetry's conventions, by their labels. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['rpc_system_name', 'rpc.system.name'],
  ['rpc_method', 'rpc.method'],
  ['rpc_status_code', 'rpc.status_code'],
  ['error_type', 'error.type'],
  ['db_system_name', 'db.system.name'],
  ['db_namespace', 'db.namespace'],
  ['db_operation_name', 'db.operation.name'],
  ['db_collection_name', 'db.collection.name'],
  ['db_response_status_code', 'db.response.status_code'],
  ['db_client_connection_pool_name', 'db.client.connection.pool.name'],
  ['db_client_connection_state', 'db.client.connection.state'],
]);

/** The unit of a metric, by the end of its name. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/_seconds(?:_total)?$/, 's'],
  [/_bytes(?:_total)?$/, 'By'],
  [/^db_client_connection_(?:count|max)$/, '{connection}'],
  [/^db_client_connection_pending_requests$/, '{request}'],
  [/^db_client_connection_timeouts_total$/, '{timeout}'],
];

const unitOf = (name: string): string => UNITS.find(([end]) => end.test(name))?.[1] ?? '1';

/** A label without a text is one that the series does not have. */
const attributesOf = (labels: Labels): Attributes =>
  Object.fromEntries(
    Object.entries(labels).flatMap(([label, text]) =>
      text === '' ? [] : [[ATTRIBUTES.get(label) ?? label, text]],
    ),
  );

/** Milliseconds since 1970 as whole seconds and nanoseconds. */
const timeOf = (ms: number): HrTime => [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];

/** The beginning and the end of what is counted. */
type Period = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

const pointOf = <T>({ labels }: CollectedSeries, value: T, period: Period): DataPoint<T> => ({
  ...period,
  attributes: attributesOf(labels),
  value,
});

function histogramOf({ buckets = [] }: Definition, { values }: CollectedSeries) {
  const counts = values.slice(0, buckets.length + 1);
  return {
    buckets: { boundaries: [...buckets], counts },
    sum: values[buckets.length + 1] ?? 0,
    count: counts.reduce((sum, count) => sum + count, 0),
  };
}

function dataOf({ name, definition, series }: CollectedMetric, period: Period): MetricData {
  const { help, convention, type } = definition;
  const described = {
    descriptor: {
      name: convention ?? name,
      description: help,
      unit: unitOf(name),
      valueType: ValueType.DOUBLE,
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  if (type === 'histogram') {
    const dataPoints = series.map((each) => pointOf(each, histogramOf(definition, each), period));
    return { ...described, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = series.map((each) => pointOf(each, each.values[0] ?? 0, period));
  // Numbers of connections are sums that rise and fall, by the conventions.
  return type === 'counter' || convention !== undefined
    ? { ...described, dataPointType: DataPointType.SUM, dataPoints, isMonotonic: type === 'counter' }
    : { ...described, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** Hands the counted values to OpenTelemetry's reader, in place of instruments of its own. */
function producerOf(
  metrics: Pick<Metrics, 'collect'>,
  resource: Resource,
  version: string,
  now: () => number,
): MetricProducer {
  const startTime = timeOf(now());
  const scope = { name: 'inventory-job', version };
  return {
    async collect() {
      const collected = await metrics.collect();
      const period = { startTime, endTime: timeOf(now()) };
      const scopeMetrics = [{ scope, metrics: collected.map((each) => dataOf(each, period)) }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
}

const OUTAGE = {
  down: 'OTEL_EXPORTER_OTLP_ENDPOINT: metrics cannot be delivered; each interval tries again',
  up: 'OTEL_EXPORTER_OTLP_ENDPOINT: metrics are delivered again',
} as const;

/**
 * Pushes the metrics every `intervalMs` milliseconds, counted from `now` on. Returns what pushes them a last time and
 * stops; it may take as long as the destination does, and never fails.
 */
export function pushEvery(
  intervalMs: number,
  metrics: Pick<Metrics, 'collect'>,
  otlp: Otlp,
  now: () => number,
): () => Promise<void> {
  const resource = resourceOf(otlp);
  const reader = new PeriodicExportingMetricReader({
    exporter: observed(new OTLPMetricExporter({ url: urlOf(otlp, 'metrics') }), OUTAGE, otlp),
    exportIntervalMillis: intervalMs,
    metricProducers: [producerOf(metrics, resource, otlp.version, now)],
  });
  const provider = new MeterProvider({ resource, readers: [reader] });
  // Undelivered values are in the log already.
  return () => provider.shutdown().catch(() => undefined);
}
