/** Begins spans; what a part of the service needs of the traces (docs/monitor.md «Traces»). */
import type { TraceContext } from './trace-context.js';

export type Attributes = Readonly<Record<string, string | number>>;

export interface Span {
  /** The context for work below the span. */
  readonly context: TraceContext | undefined;
  /** False: nobody is going to see the span. */
  readonly isRecording: boolean;
  /** Ends the span with further attributes; `isError` sets its status. */
  end(attributes: Attributes, isError: boolean): void;
}

/** `server`: work for a caller; `client`: a request to another service. */
export type SpanKind = 'server' | 'client';

export interface Tracer {
  /** Begins a span below `parent`, or a trace. `attributes` is called for spans to be seen. */
  begin(kind: SpanKind, name: string, parent: TraceContext | undefined, attributes: () => Attributes): Span;
}

/** Records nothing, and hands the context of the caller on. */
export const NO_TRACER: Tracer = {
  begin: (_kind, _name, context) => ({ context, isRecording: false, end: () => undefined }),
};

/** The parts of `host:port`; an address without a port is a host. */
export function partsOf(address: string): { readonly host: string; readonly port: number | undefined } {
  const [, host = address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** The attributes of the server at `host:port`. */
export function serverAttributes(address: string): Attributes {
  const { host, port } = partsOf(address);
  return { 'server.address': host, ...(port === undefined ? {} : { 'server.port': port }) };
}
