/**
 * Makes and exports spans with OpenTelemetry's own packages. The module is loaded only where spans have a destination
 * (docs/monitor.md «Traces»).
 */
import { createTraceState, ROOT_CONTEXT, SpanKind as Kind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Context, Span as SdkSpan, SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import type { Config } from '../../config/config.js';
import { observed, resourceOf, urlOf } from '../otlp.js';
import type { Otlp } from '../otlp.js';
import { flagsOf, spanIdOf, traceIdOf } from './trace-context.js';
import type { TraceContext } from './trace-context.js';
import type { Span, SpanKind, Tracer } from './tracer.js';

export interface Sampling {
  readonly sampler: Config['otelTracesSampler'];
  /** The share of traces for the samplers by ratio. */
  readonly ratio: number;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends the spans that are left. It may take as long as the receiver does, and never fails. */
  close(): Promise<void>;
}

/** Each sampler of the specification, for roots alone or for every span. */
const ROOT_SAMPLERS: Readonly<
  Record<'always_on' | 'always_off' | 'traceidratio', (ratio: number) => Sampler>
> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};

const parentBased = (root: Sampler): Sampler => new ParentBasedSampler({ root });

const SAMPLERS: Readonly<Record<Config['otelTracesSampler'], (ratio: number) => Sampler>> = {
  ...ROOT_SAMPLERS,
  parentbased_always_on: (ratio) => parentBased(ROOT_SAMPLERS.always_on(ratio)),
  parentbased_always_off: (ratio) => parentBased(ROOT_SAMPLERS.always_off(ratio)),
  parentbased_traceidratio: (ratio) => parentBased(ROOT_SAMPLERS.traceidratio(ratio)),
};

const OUTAGE = {
  down: 'OTEL_EXPORTER_OTLP_ENDPOINT: spans cannot be delivered, and are lost meanwhile',
  up: 'OTEL_EXPORTER_OTLP_ENDPOINT: spans are delivered again',
} as const;

const KINDS: Readonly<Record<SpanKind, Kind>> = { server: Kind.SERVER, client: Kind.CLIENT };

/** The parent of a server's span is in another process. */
const spanContextOf = ({ traceparent, tracestate }: TraceContext, isRemote: boolean): SpanContext => ({
  traceId: traceIdOf(traceparent),
  spanId: spanIdOf(traceparent),
  traceFlags: flagsOf(traceparent),
  isRemote,
  ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
});

function contextOf(span: SdkSpan): TraceContext {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  const flags = traceFlags.toString(16).padStart(2, '0');
  return { traceparent: `00-${traceId}-${spanId}-${flags}`, tracestate: traceState?.serialize() };
}

const spanOf = (span: SdkSpan): Span => ({
  context: contextOf(span),
  isRecording: span.isRecording(),
  end(attributes, isError) {
    span.setAttributes(attributes);
    if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  },
});

const contextBelow = (parent: TraceContext | undefined, isRemote: boolean): Context =>
  parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent, isRemote));

/** Creates a tracer. Spans wait in a queue of limited length, and nobody waits for their delivery. */
export function createTracing(otlp: Otlp, { sampler, ratio }: Sampling): Tracing {
  const exporter = new OTLPTraceExporter({ url: urlOf(otlp, 'traces') });
  const provider = new BasicTracerProvider({
    sampler: SAMPLERS[sampler](ratio),
    resource: resourceOf(otlp),
    spanProcessors: [new BatchSpanProcessor(observed(exporter, OUTAGE, otlp))],
  });
  const sdk = provider.getTracer('inventory-job', otlp.version);
  return {
    tracer: {
      begin(kind, name, parent, attributes) {
        const context = contextBelow(parent, kind === 'server');
        const span = sdk.startSpan(name, { kind: KINDS[kind] }, context);
        if (span.isRecording()) span.setAttributes(attributes());
        return spanOf(span);
      },
    },
    // Undelivered spans are in the log already.
    close: () => provider.shutdown().catch(() => undefined),
  };
}
