// An OTLP receiver over HTTP: it decodes the spans that are sent to it, or never answers.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import protobuf from 'protobufjs';
import { objectOf, stringOf } from './json.js';
import { until } from './until.js';

/** The part of OTLP's messages that spans of the service have. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
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
const REQUEST = root.lookupType('Request');

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

function spansIn(body: Uint8Array): readonly ReceivedSpan[] {
  const decoded = REQUEST.toObject(REQUEST.decode(body), { bytes: String, enums: String, longs: Number });
  return listOf(decoded['resource_spans']).flatMap((each) => {
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
  /** The number of requests, answered or not. */
  requests(): number;
  /** Waits for the span `name` of a trace, and answers the spans of the trace. */
  trace(traceId: string, name: string): Promise<readonly ReceivedSpan[]>;
  stop(): void;
}

/** Starts a receiver. A silent one takes each request, and answers none. */
export async function startReceiver(isSilent = false): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (isSilent) return;
    void buffer(request).then((body) => {
      spans.push(...spansIn(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const ofTrace = (traceId: string) => spans.filter((span) => span.traceId === traceId);
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    requests: () => requests,
    async trace(traceId, name) {
      const isThere = () => ofTrace(traceId).some((span) => span.name === name);
      await until(`the span ${name} arrives`, isThere, 8000);
      return ofTrace(traceId);
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
