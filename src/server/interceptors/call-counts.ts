/** Counts the begin and the end of a call in the metrics of its transport (docs/monitor.md «Metrics»). */
import { AppError } from '../../errors.js';
import { SERVICE } from '../../rpcs.js';
import type { Rpc } from '../../rpcs.js';
import { errorTypeOf, GO_CODES } from '../../telemetry/metrics/rpc-definitions.js';
import type { CallStatus } from '../../telemetry/metrics/rpc-definitions.js';
import type { Meter } from '../../telemetry/metrics/registry.js';
import { countLimit } from '../limit-counts.js';
import type { CallContext, Transport } from '../call-context.js';

/** The status of a call that ends with `error`. */
export function statusOf(error: unknown): CallStatus {
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

/** Counts a call with its status and its time. */
function countEnd(meter: Meter, { incoming, format }: CallContext, status: CallStatus, ms: number): void {
  const { rpc, transport } = incoming;
  if (format !== undefined) countHttp(meter, 'export', rpc, status, ms / 1000);
  else if (transport === 'grpc') countGrpc(meter, rpc, status, ms / 1000);
  else countHttp(meter, transport, rpc, status, ms / 1000);
}

export function countBegin(meter: Meter, { incoming: { rpc, transport } }: CallContext): void {
  if (transport === 'grpc') meter.add('grpc_server_started_total', grpcMethodOf(rpc));
}

/** Counts a call with an answer of `bytes`. */
export function countAnswer(meter: Meter, call: CallContext, ms: number, bytes: number): void {
  countEnd(meter, call, 'OK', ms);
  const method = call.format === undefined ? call.incoming.rpc : 'export';
  meter.observe('inventory_job_answer_bytes', { method }, bytes);
}

/** Counts a call that fails with `error`. */
export function countFailure(meter: Meter, call: CallContext, ms: number, error: unknown): void {
  countEnd(meter, call, statusOf(error), ms);
  countLimit(meter, error);
}
