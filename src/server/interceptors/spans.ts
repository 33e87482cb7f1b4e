/** Makes a span of each call, below the span of its caller (docs/monitor.md «Traces»). */
import { SERVICE } from '../../rpcs.js';
import { errorTypeOf } from '../../telemetry/metrics/rpc-definitions.js';
import type { CallStatus } from '../../telemetry/metrics/rpc-definitions.js';
import { traceIdOf } from '../../telemetry/traces/trace-context.js';
import { NO_TRACER, partsOf } from '../../telemetry/traces/tracer.js';
import type { Attributes, Span, Tracer } from '../../telemetry/traces/tracer.js';
import type { CallContext, Interceptor, Transport } from '../call-context.js';
import { statusOf } from './call-counts.js';
import { follow } from './follow.js';

/** The systems of OpenTelemetry's conventions; JSON by the routes of HTTP is none of them. */
const SYSTEMS: Readonly<Record<Transport, string>> = {
  grpc: 'grpc',
  grpc_web: 'grpc',
  connect: 'connectrpc',
  json: 'json',
};

function attributesOf({ incoming: { rpc, transport, peer, requestId }, format }: CallContext): Attributes {
  const { host, port = 0 } = partsOf(peer);
  return {
    'rpc.system.name': SYSTEMS[transport],
    'rpc.method': `${SERVICE}/${rpc}`,
    'network.peer.address': host,
    'network.peer.port': port,
    'inventory_job.transport': format === undefined ? transport : 'export',
    'inventory_job.request_id': requestId,
  };
}

/** Ends a span; its status is an error for failures of the service alone. */
function end(span: Span, status: CallStatus): void {
  const type = errorTypeOf(status);
  span.end({ 'rpc.status_code': status, ...(type === '' ? {} : { 'error.type': type }) }, type !== '');
}

export const spans =
  ({ tracer = NO_TRACER }: { readonly tracer?: Tracer }): Interceptor =>
  (next) =>
  (call) => {
    const { rpc, trace: sent } = call.incoming;
    const span = tracer.begin('server', `${SERVICE}/${rpc}`, sent, () => attributesOf(call));
    const { context: trace, isRecording } = span;
    if (trace === undefined) return next(call);
    // A trace that begins here without being recorded is of no use to any reader, and each comment costs some microseconds.
    if (!isRecording && sent === undefined) return next({ ...call, trace });
    call.noted({ trace_id: traceIdOf(trace.traceparent) });
    const traced = { ...call, trace, traceparent: trace.traceparent };
    if (!isRecording) return next(traced);
    return follow(call, () => next(traced), {
      succeeded() {
        end(span, 'OK');
      },
      failed(error) {
        end(span, statusOf(error));
        return error;
      },
    });
  };
