/** Shared by both exports over OTLP: destination, resource, and the logging of outages (docs/monitor.md «OTLP»). */
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { MonotonicClock } from '../clock.js';
import { createOutage } from './outage.js';
import type { OutageLog, OutageTexts } from './outage.js';

export interface Otlp {
  /** The base of OTLP over HTTP. */
  readonly endpoint: string;
  /** Attributes of the resource, `service.name` among them. */
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  readonly log: OutageLog;
  readonly monotonicNow: MonotonicClock;
}

export const urlOf = ({ endpoint }: Otlp, signal: 'traces' | 'metrics'): string =>
  `${endpoint.replace(/\/$/, '')}/v1/${signal}`;

export const resourceOf = ({ resource }: Otlp): Resource =>
  defaultResource().merge(resourceFromAttributes(resource));

type Done = Parameters<SpanExporter['export']>[1];

/** ExportResultCode.FAILED of a package that is no dependency of this one. */
const FAILED = 1;

/** An exporter of spans or of metrics. */
interface Exporter<Data> {
  export(data: Data, done: Done): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

/** The packages bound the silence of a destination, and not the whole of its answer. */
const EXPORT_TIMEOUT_MS = 30_000;
const LATE = new Error('no whole answer in time');

/** Logs outages of the destination, which the packages themselves would tell nobody, and gives up late exports. */
export function observed<Data>(
  exporter: Exporter<Data>,
  texts: OutageTexts,
  otlp: Pick<Otlp, 'log' | 'monotonicNow'>,
  timeoutMs = EXPORT_TIMEOUT_MS,
): Exporter<Data> {
  const outage = createOutage(texts, otlp.log, otlp.monotonicNow);
  return {
    export(data, done) {
      let isDone = false;
      const finish: Done = (result) => {
        if (isDone) return;
        isDone = true;
        clearTimeout(late);
        if (result.error === undefined) outage.answered();
        else outage.failed(result.error);
        done(result);
      };
      const late = setTimeout(() => finish({ code: FAILED, error: LATE }), timeoutMs).unref();
      exporter.export(data, finish);
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
