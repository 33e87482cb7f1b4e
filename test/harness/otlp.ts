// An OTLP receiver over HTTP: it decodes the spans and metrics that are sent to it, or never answers.
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { objectOf, stringOf } from './json.js';
import { listen } from './tcp.js';
import { until } from './until.js';

/** The part of OTLP's messages that spans and metrics of the service have. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Traces { repeated ResourceSpans resource_spans = 1; }
  message Metrics { repeated ResourceMetrics resource_metrics = 1; }
  message ResourceMetrics { Resource resource = 1; repeated ScopeMetrics scope_metrics = 2; }
  message ScopeMetrics { repeated Metric metrics = 2; }
  message Metric {
    string name = 1;
    string unit = 3;
    oneof data { Gauge gauge = 5; Sum sum = 7; Histogram histogram = 9; }
  }
  message Gauge { repeated NumberPoint data_points = 1; }
  message Sum { repeated NumberPoint data_points = 1; Temporality aggregation_temporality = 2; bool is_monotonic = 3; }
  message Histogram { repeated HistogramPoint data_points = 1; Temporality aggregation_temporality = 2; }
  enum Temporality { UNKNOWN = 0; DELTA = 1; CUMULATIVE = 2; }
  message NumberPoint { fixed64 start = 2; fixed64 time = 3; double value = 4; repeated KeyValue attributes = 7; }
  message HistogramPoint {
    fixed64 start = 2;
    fixed64 time = 3;
    fixed64 count = 4;
    double sum = 5;
    repeated fixed64 counts = 6;
    repeated double bounds = 7;
    repeated KeyValue attributes = 9;
  }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1;
    bytes span_id = 2;
    string trace_state = 3;
    bytes parent_span_id = 4;
    string name = 5;
    SpanKind kind = 6;
    repeated KeyValue attributes = 9;
    Status status = 15;
  }
  enum SpanKind { SPAN_KIND_UNSPECIFIED = 0; INTERNAL = 1; SERVER = 2; CLIENT = 3; }
  message Status { Code code = 3; enum Code { UNSET = 0; OK = 1; ERROR = 2; } }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string text = 1; int64 whole = 3; } }`,
  { keepCase: true },
);
const [TRACES, METRICS] = [root.lookupType('Traces'), root.lookupType('Metrics')];

type Attributes = Readonly<Record<string, unknown>>;

/** A span as received; ids in hexadecimal digits, '' for none. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  readonly status: string;
  readonly attributes: Attributes;
  /** The attributes of its resource. */
  readonly resource: Attributes;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const hexOf = (base64: unknown): string => Buffer.from(stringOf(base64), 'base64').toString('hex');

const attributesOf = (pairs: unknown): Attributes =>
  Object.fromEntries(
    listOf(pairs).map((pair) => {
      const { key, value } = objectOf(pair);
      const { text, whole } = objectOf(value);
      return [stringOf(key), text ?? Number(whole)];
    }),
  );

function spanOf(value: unknown, resource: Attributes): ReceivedSpan {
  const span = objectOf(value);
  return {
    traceId: hexOf(span['trace_id']),
    spanId: hexOf(span['span_id']),
    parentId: hexOf(span['parent_span_id']),
    traceState: stringOf(span['trace_state']),
    name: stringOf(span['name']),
    kind: stringOf(span['kind']),
    status: stringOf(objectOf(span['status'])['code']) || 'UNSET',
    attributes: attributesOf(span['attributes']),
    resource,
  };
}

const decode = (type: protobuf.Type, body: Uint8Array) =>
  type.toObject(type.decode(body), { bytes: String, enums: String, longs: Number });

/** A point of a series: its value, or the count and the counts of a histogram's buckets. */
export interface ReceivedPoint {
  readonly attributes: Attributes;
  readonly value: number;
  readonly counts: readonly number[];
}

export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  readonly temporality: string;
  readonly points: readonly ReceivedPoint[];
  readonly resource: Attributes;
}

const KINDS = ['gauge', 'sum', 'histogram'] as const;

function pointOf(value: unknown): ReceivedPoint {
  const point = objectOf(value);
  return {
    attributes: attributesOf(point['attributes']),
    value: Number(point['value'] ?? point['count'] ?? 0),
    counts: listOf(point['counts']).map(Number),
  };
}

function metricOf(value: unknown, resource: Attributes): ReceivedMetric {
  const metric = objectOf(value);
  const kind = KINDS.find((each) => each in metric) ?? 'gauge';
  const data = objectOf(metric[kind]);
  return {
    ...{ name: stringOf(metric['name']), unit: stringOf(metric['unit']), kind, resource },
    temporality: stringOf(data['aggregation_temporality']),
    points: listOf(data['data_points']).map(pointOf),
  };
}

function metricsIn(body: Uint8Array): readonly ReceivedMetric[] {
  return listOf(decode(METRICS, body)['resource_metrics']).flatMap((each) => {
    const { resource, scope_metrics } = objectOf(each);
    const of = attributesOf(objectOf(resource)['attributes']);
    return listOf(scope_metrics).flatMap((scope) =>
      listOf(objectOf(scope)['metrics']).map((metric) => metricOf(metric, of)),
    );
  });
}

function spansIn(body: Uint8Array): readonly ReceivedSpan[] {
  return listOf(decode(TRACES, body)['resource_spans']).flatMap((each) => {
    const { resource, scope_spans } = objectOf(each);
    const of = attributesOf(objectOf(resource)['attributes']);
    return listOf(scope_spans).flatMap((scope) =>
      listOf(objectOf(scope)['spans']).map((span) => spanOf(span, of)),
    );
  });
}

export interface Receiver {
  /** The value of OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** The metrics of each request for them, the latest last. */
  readonly pushes: (readonly ReceivedMetric[])[];
  /** The number of requests, answered or not. */
  requests(): number;
  /** Waits for the span `name` of a trace, and answers the spans of the trace. */
  trace(traceId: string, name: string): Promise<readonly ReceivedSpan[]>;
  stop(): Promise<void>;
}

/** Starts a receiver. A silent one takes each request, and answers none. */
export async function startReceiver(isSilent = false): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const pushes: (readonly ReceivedMetric[])[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (isSilent) return;
    void buffer(request).then((body) => {
      if (request.url === '/v1/metrics') pushes.push(metricsIn(body));
      else spans.push(...spansIn(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const { address, [Symbol.asyncDispose]: stop } = await listen(server);
  const ofTrace = (traceId: string) => spans.filter((span) => span.traceId === traceId);
  return {
    url: `http://${address}`,
    spans,
    pushes,
    requests: () => requests,
    async trace(traceId, name) {
      const isThere = () => ofTrace(traceId).some((span) => span.name === name);
      await until(`the span ${name} arrives`, isThere, 8000);
      return ofTrace(traceId);
    },
    stop,
  };
}
