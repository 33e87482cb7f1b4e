/** Counts and times each call, once for all transports (docs/monitor.md «Metrics»). */
import { AppError } from '../../errors.js';
import { errorTypeOf, GO_CODES, SERVICE } from '../../telemetry/metrics/rpc-definitions.js';
import type { CallStatus } from '../../telemetry/metrics/rpc-definitions.js';
import { NO_METER } from '../../telemetry/metrics/registry.js';
import type { Meter } from '../../telemetry/metrics/registry.js';
import type { CallContext, Interceptor, Rpc, Transport } from '../call-context.js';
import { limitKindOf } from '../limit-kinds.js';
import { follow } from './follow.js';

export interface CallMetricsOptions {
  readonly meter?: Meter;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
}

/** The status of a call that ends with `error`. */
function statusOf(error: unknown): CallStatus {
  const status = error instanceof AppError ? error.status : 'INTERNAL';
  return status === 'UNIMPLEMENTED' ? 'INTERNAL' : status;
}

const grpcMethodOf = (rpc: Rpc) => ({ grpc_type: 'unary', grpc_service: SERVICE, grpc_method: rpc }) as const;

function countGrpc(meter: Meter, rpc: Rpc, status: CallStatus, seconds: number): void {
  const method = grpcMethodOf(rpc);
  meter.add('grpc_server_handled_total', { ...method, grpc_code: GO_CODES[status] });
  meter.observe('grpc_server_handling_seconds', method, seconds);
  meter.observe(
    'rpc_server_call_duration_seconds',
    {
      rpc_system_name: 'grpc',
      rpc_method: `${SERVICE}/${rpc}`,
      rpc_status_code: status,
      error_type: errorTypeOf(status),
    },
    seconds,
  );
}

type HttpTransport = Exclude<Transport, 'grpc'> | 'export';

function countHttp(
  meter: Meter,
  transport: HttpTransport,
  method: Rpc,
  status: CallStatus,
  seconds: number,
): void {
  meter.add('inventory_job_calls_total', { transport, method, status });
  meter.observe('inventory_job_call_duration_seconds', { transport, method }, seconds);
}

/** Counts the end of a call. */
function count(meter: Meter, { incoming, format }: CallContext, status: CallStatus, ms: number): void {
  const { rpc, transport } = incoming;
  if (format !== undefined) countHttp(meter, 'export', rpc, status, ms / 1000);
  else if (transport === 'grpc') countGrpc(meter, rpc, status, ms / 1000);
  else countHttp(meter, transport, rpc, status, ms / 1000);
}

export const callMetrics =
  ({ meter = NO_METER, monotonicNow }: CallMetricsOptions): Interceptor =>
  (next) =>
  (call) => {
    const begun = monotonicNow();
    const { rpc, transport } = call.incoming;
    if (transport === 'grpc') meter.add('grpc_server_started_total', grpcMethodOf(rpc));
    return follow(call, () => next(call), {
      succeeded(bytes) {
        count(meter, call, 'OK', monotonicNow() - begun);
        const method = call.format === undefined ? rpc : 'export';
        meter.observe('inventory_job_answer_bytes', { method }, bytes);
      },
      failed(error) {
        count(meter, call, statusOf(error), monotonicNow() - begun);
        const limit = limitKindOf(error);
        if (limit !== undefined) meter.add('inventory_job_limits_hit_total', { limit });
        return error;
      },
    });
  };
