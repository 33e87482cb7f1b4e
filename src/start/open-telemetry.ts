/** Opens traces and the push of metrics where they have a destination (docs/monitor.md «OTLP»). */
import { randomUUID } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import type { Config } from '../config/config.js';
import { FIELD_NAMES } from '../job/collections.js';
import { settleWithin } from '../limits/abort.js';
import type { Otlp } from '../telemetry/otlp.js';
import { traceCommands } from '../telemetry/traces/commands.js';
import { NO_TRACER } from '../telemetry/traces/tracer.js';
import type { Tracer } from '../telemetry/traces/tracer.js';
import { VERSION } from '../version.js';
import type { Context } from './context.js';

export interface Traces {
  readonly tracer: Tracer;
  /** Traces the commands of a client of the database. */
  readonly observeClient: (client: MongoClient) => void;
}

const NO_TRACES: Traces = { tracer: NO_TRACER, observeClient: () => undefined };

/** The time for the last spans and values, beside a grace that is over by then. */
const FLUSH_TIMEOUT_MS = 2000;

const DEFAULT_SERVICE_NAME = 'inventory-job';

/** OTEL_SERVICE_NAME goes before a name among the attributes. */
const resourceOf = ({ otelServiceName, otelResourceAttributes }: Config) => ({
  'service.name': DEFAULT_SERVICE_NAME,
  'service.version': VERSION,
  'service.instance.id': randomUUID(),
  ...otelResourceAttributes,
  ...(otelServiceName === undefined ? {} : { 'service.name': otelServiceName }),
});

/** The destination of spans and metrics; undefined without OTEL_EXPORTER_OTLP_ENDPOINT. */
function destination({ config, log, clock }: Context): Otlp | undefined {
  const { otlpEndpoint: endpoint, otelSdkDisabled } = config;
  return endpoint === undefined || otelSdkDisabled
    ? undefined
    : { endpoint, resource: resourceOf(config), version: VERSION, log, monotonicNow: clock.monotonicNow };
}

type Close = () => Promise<unknown>;

const NOTHING: Close = () => Promise.resolve();

async function openTraces(otlp: Otlp, { config }: Context): Promise<readonly [Traces, Close]> {
  const { otelTracesExporter, otelTracesSampler: sampler, otelTracesSamplerArg: ratio } = config;
  if (otelTracesExporter === 'none') return [NO_TRACES, NOTHING];
  const { createTracing } = await import('../telemetry/traces/open-telemetry.js');
  const { tracer, close } = createTracing(otlp, { sampler, ratio });
  return [{ tracer, observeClient: traceCommands(tracer, { fields: FIELD_NAMES }) }, close];
}

async function pushMetrics(otlp: Otlp, { config, clock, metrics }: Context): Promise<Close> {
  if (config.otelMetricsExporter === 'none') return NOTHING;
  const { pushEvery } = await import('../telemetry/metrics/open-telemetry.js');
  return pushEvery(config.otelMetricExportIntervalMs, metrics, otlp, clock.now);
}

/** Loads OpenTelemetry's packages where OTEL_EXPORTER_OTLP_ENDPOINT is set, and nothing otherwise. */
export async function openTelemetry(context: Context): Promise<Traces> {
  const { config, cleanups } = context;
  const otlp = destination(context);
  if (otlp === undefined) return NO_TRACES;
  const [traces, closeTraces] = await openTraces(otlp, context);
  const closeMetrics = await pushMetrics(otlp, context);
  // A destination may never answer.
  const timeoutMs = Math.min(config.shutdownGraceMs, FLUSH_TIMEOUT_MS);
  cleanups.push(() => settleWithin(timeoutMs, Promise.all([closeTraces(), closeMetrics()])));
  return traces;
}
