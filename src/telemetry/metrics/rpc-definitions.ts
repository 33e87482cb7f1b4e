/** Defines the metrics of calls: those of gRPC as others name them, and those of the HTTP transports (docs/monitor.md «Metrics»). */
import { LIMIT_KINDS } from '../../errors.js';
import type { StatusName } from '../../errors.js';
import { RPCS, SERVICE } from '../../rpcs.js';
import type { Definitions, Labels } from './definition.js';

/** Statuses of calls with gRPC's codes as Go writes them. */
export const GO_CODES = {
  OK: 'OK',
  CANCELLED: 'Canceled',
  INVALID_ARGUMENT: 'InvalidArgument',
  DEADLINE_EXCEEDED: 'DeadlineExceeded',
  NOT_FOUND: 'NotFound',
  PERMISSION_DENIED: 'PermissionDenied',
  RESOURCE_EXHAUSTED: 'ResourceExhausted',
  UNIMPLEMENTED: 'Unimplemented',
  INTERNAL: 'Internal',
  UNAVAILABLE: 'Unavailable',
  UNAUTHENTICATED: 'Unauthenticated',
} as const satisfies Readonly<Record<'OK' | StatusName, string>>;

/** No call ends as UNIMPLEMENTED: such a request has no rpc. */
const STATUSES = [
  'OK',
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'INTERNAL',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
] as const satisfies readonly ('OK' | StatusName)[];

export type CallStatus = (typeof STATUSES)[number];

/** Statuses that are failures of the service; the others are failures of a request. */
const SERVER_FAILURES = ['DEADLINE_EXCEEDED', 'INTERNAL', 'UNAVAILABLE'] as const;

/** The `error.type` of a status: empty unless the service has failed. */
export const errorTypeOf = (status: string | undefined): (typeof SERVER_FAILURES)[number] | '' =>
  SERVER_FAILURES.find((failure) => failure === status) ?? '';

const GRPC_METHOD = {
  grpc_type: ['unary'],
  grpc_service: [SERVICE],
  grpc_method: RPCS,
} as const;

const GRPC_CODES = STATUSES.map((status) => GO_CODES[status]);

export const TRANSPORTS = ['json', 'connect', 'grpc_web', 'export'] as const;

/** Only lists are exported. */
const isExportable = ({ transport, method }: Labels): boolean => transport !== 'export' || method === 'list';

/** The buckets of OpenTelemetry's semantic conventions for RPC. */
const RPC_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;
/** The default buckets of Prometheus' clients. */
const GRPC_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
/** Exports may take minutes. */
const HTTP_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60] as const;

export const RPC_DEFINITIONS = {
  grpc_server_started_total: {
    type: 'counter',
    help: 'Calls begun over gRPC.',
    labels: GRPC_METHOD,
  },
  grpc_server_handled_total: {
    type: 'counter',
    help: 'Calls ended over gRPC, by the code of their answer.',
    labels: { ...GRPC_METHOD, grpc_code: GRPC_CODES },
  },
  grpc_server_handling_seconds: {
    type: 'histogram',
    help: 'Time from the beginning of a call over gRPC to its answer.',
    labels: GRPC_METHOD,
    buckets: GRPC_BUCKETS,
  },
  rpc_server_call_duration_seconds: {
    type: 'histogram',
    help: "OpenTelemetry's rpc.server.call.duration: time of a call over gRPC.",
    convention: 'rpc.server.call.duration',
    labels: {
      rpc_system_name: ['grpc'],
      rpc_method: RPCS.map((rpc) => `${SERVICE}/${rpc}` as const),
      rpc_status_code: STATUSES,
      error_type: ['', ...SERVER_FAILURES],
    },
    occurs: ({ rpc_status_code: status, error_type: type }: Labels) => type === errorTypeOf(status),
    buckets: RPC_BUCKETS,
  },
  inventory_job_calls_total: {
    type: 'counter',
    help: 'Calls ended over HTTP, by the status of their answer.',
    labels: { transport: TRANSPORTS, method: RPCS, status: STATUSES },
    occurs: isExportable,
  },
  inventory_job_call_duration_seconds: {
    type: 'histogram',
    help: 'Time from the beginning of a call over HTTP until its answer is made; writing it as JSON and sending it come after. An export: to its end.',
    labels: { transport: TRANSPORTS, method: RPCS },
    occurs: isExportable,
    buckets: HTTP_BUCKETS,
  },
  inventory_job_answer_bytes: {
    type: 'histogram',
    help: 'Bytes of answers, before any encoding as JSON; those of exports as they are sent.',
    labels: { method: [...RPCS, 'export'] },
    buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
  },
  inventory_job_limits_hit_total: {
    type: 'counter',
    help: 'Calls refused with ERROR_LIMIT_EXCEEDED, by the limit.',
    labels: { limit: [...LIMIT_KINDS, 'request'] },
  },
} as const satisfies Definitions;
