/** Opens the traces where spans have a destination (docs/monitor.md «Traces»). */
import { randomUUID } from 'node:crypto';
import type { MongoClient } from 'mongodb';
import type { Config } from '../config/config.js';
import { FIELD_NAMES } from '../job/collections.js';
import { delay } from '../limits/abort.js';
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

export const NO_TRACES: Traces = { tracer: NO_TRACER, observeClient: () => undefined };

/** The time for the last spans, beside a grace that is over by then. */
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

/** Loads OpenTelemetry's packages where OTEL_EXPORTER_OTLP_ENDPOINT is set, and nothing otherwise. */
export async function openTraces({ config, log, clock, cleanups }: Context): Promise<Traces> {
  const { otlpEndpoint: endpoint, otelSdkDisabled, otelTracesSampler: sampler } = config;
  if (endpoint === undefined || otelSdkDisabled) return NO_TRACES;
  const { createTracing } = await import('../telemetry/traces/open-telemetry.js');
  const { tracer, close } = createTracing({
    ...{ endpoint, sampler, ratio: config.otelTracesSamplerArg, resource: resourceOf(config) },
    ...{ version: VERSION, log, monotonicNow: clock.monotonicNow },
  });
  cleanups.push(async () => {
    const closed = new AbortController();
    await Promise.race([close(), delay(Math.min(config.shutdownGrace, FLUSH_TIMEOUT_MS), closed.signal)]);
    closed.abort();
  });
  return { tracer, observeClient: traceCommands(tracer, { fields: FIELD_NAMES }) };
}
