/** The trace context of the W3C: the headers of a caller, and those for others (docs/monitor.md «Traces»). */

/** The trace of a call, and the span in it for new spans to be below. */
export interface TraceContext {
  /** `00-<trace id>-<span id>-<flags>`. */
  readonly traceparent: string;
  /** Data of other tracing systems, handed on. */
  readonly tracestate?: string | undefined;
}

/** Later versions may have further parts. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;
/** Nothing, or the key of a system or of a tenant at one with its value. */
const TRACESTATE_MEMBER =
  /^ *(?:(?:[a-z][a-z\d_*/-]{0,255}|[a-z\d][a-z\d_*/-]{0,240}@[a-z][a-z\d_*/-]{0,13})=(?! *$)[ -+\--<>-~]{1,256})?$/;
const MAX_TRACESTATE_CHARACTERS = 512;
const MAX_TRACESTATE_MEMBERS = 32;

function isTracestate(text: string): boolean {
  if (text.length > MAX_TRACESTATE_CHARACTERS || !text.includes('=')) return false;
  const members = text.split(',');
  return (
    members.length <= MAX_TRACESTATE_MEMBERS && members.every((member) => TRACESTATE_MEMBER.test(member))
  );
}

/** Reads the headers of a caller. A malformed `traceparent` is none; a malformed `tracestate` is left out. */
export function readTraceContext(sent: (name: string) => string | undefined): TraceContext | undefined {
  const header = sent('traceparent');
  if (header === undefined) return undefined;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(header) ?? [];
  if (version === undefined || (version === '00' && more !== undefined)) return undefined;
  const tracestate = sent('tracestate') ?? '';
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    tracestate: isTracestate(tracestate) ? tracestate : undefined,
  };
}

const TRACE_ID = { start: 3, end: 35 } as const;
const SPAN_ID = { start: 36, end: 52 } as const;
const FLAGS_START = 53;

export const traceIdOf = (traceparent: string): string => traceparent.slice(TRACE_ID.start, TRACE_ID.end);
export const spanIdOf = (traceparent: string): string => traceparent.slice(SPAN_ID.start, SPAN_ID.end);
export const flagsOf = (traceparent: string): number => Number.parseInt(traceparent.slice(FLAGS_START), 16);

const SAMPLED = 1;
export const isSampled = (traceparent: string): boolean => (flagsOf(traceparent) & SAMPLED) === SAMPLED;
