/** Defines the service's own metrics: limits, work in the database, callers and connections (docs/monitor.md «Metrics»). */
import { CLASS_NAMES } from '../../limits/fair-scheduler.js';
import type { Definitions } from './definition.js';

const CLASSES = { class: CLASS_NAMES } as const;
const TRANSPORT = { transport: ['grpc', 'http', 'admin'] } as const;
const SECONDS = [0.001, 0.01, 0.1, 0.5, 1, 5, 10] as const;

export const LIMIT_DEFINITIONS = {
  inventory_job_scheduler_running: {
    type: 'gauge',
    help: 'Running pieces of work of a class.',
    labels: CLASSES,
  },
  inventory_job_scheduler_waiting: {
    type: 'gauge',
    help: 'Pieces of work of a class in its queue.',
    labels: CLASSES,
  },
  inventory_job_scheduler_limit: {
    type: 'gauge',
    help: 'The most running and waiting pieces of work of a class.',
    labels: { ...CLASSES, kind: ['running', 'waiting'] },
  },
  inventory_job_scheduler_wait_seconds: {
    type: 'histogram',
    help: 'Time in the queue of work that began; 0 for work that found a free slot.',
    labels: CLASSES,
    buckets: SECONDS,
  },
  inventory_job_scheduler_refused_total: {
    type: 'counter',
    help: 'Work refused since the queue of its class, or the share of its domain in it, was full.',
    labels: { ...CLASSES, why: ['class_full', 'domain_full'] },
  },
  inventory_job_coalesced_total: {
    type: 'counter',
    help: 'Calls for coalesced work: one leads it, others join it.',
    labels: { kind: ['stat', 'count', 'scan', 'last_write'], how: ['led', 'joined'] },
  },
  inventory_job_answer_memory_bytes: {
    type: 'gauge',
    help: 'Bytes reserved for requests and answers.',
    labels: {},
  },
  inventory_job_answer_memory_limit_bytes: {
    type: 'gauge',
    help: 'The most bytes reserved for requests and answers.',
    labels: {},
  },
} as const satisfies Definitions;

export const WORK_DEFINITIONS = {
  inventory_job_exported_rows_total: {
    type: 'counter',
    help: 'Jobs read for exports.',
    labels: { format: ['ndjson', 'csv'] },
  },
  inventory_job_collector_cache_total: {
    type: 'counter',
    help: 'Collectors of shown jobs, found in the cache or looked up.',
    labels: { result: ['hit', 'miss'] },
  },
  inventory_job_tie_reads_total: {
    type: 'counter',
    help: 'Further reads of pages whose edge cuts jobs of one date.',
    labels: {},
  },
  inventory_job_killed_operations_total: {
    type: 'counter',
    help: 'Operations killed in the database, by the reason.',
    labels: { why: ['deadline', 'client', 'not_serving', 'needless'] },
  },
  inventory_job_kill_seconds: {
    type: 'histogram',
    help: "Time of the first kill of an operation, to the database's answer.",
    labels: {},
    buckets: SECONDS,
  },
  inventory_job_orphan_operations: {
    type: 'gauge',
    help: 'Operations of the service past their time in the database; looked up at scrapes, every 10 s at most.',
    labels: {},
  },
} as const satisfies Definitions;

export const indexDefinitions = (indexes: readonly string[]) =>
  ({
    inventory_job_index_present: {
      type: 'gauge',
      help: '1 for an index that lists need and the last check has found.',
      labels: { index: indexes },
    },
    inventory_job_index_check_age_seconds: {
      type: 'gauge',
      help: 'Time since the last successful check of the indexes; since the start before the first.',
      labels: {},
    },
  }) as const satisfies Definitions;

const REFUSED_TOKENS = ['missing', 'malformed', 'claims', 'no_key', 'signature', 'expired'] as const;
export type RefusedToken = (typeof REFUSED_TOKENS)[number];

/** Statuses of identity with a series of their own. */
export const IDENTITY_STATUSES = [
  'OK',
  'CANCELLED',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'PERMISSION_DENIED',
  'UNAVAILABLE',
  'UNAUTHENTICATED',
  '_OTHER',
] as const;

export const CALLER_DEFINITIONS = {
  inventory_job_identity_requests_total: {
    type: 'counter',
    help: 'Requests to the identity service, by the status of their answer.',
    labels: { rpc: ['get_public_key', 'verify'], status: IDENTITY_STATUSES },
  },
  inventory_job_identity_request_seconds: {
    type: 'histogram',
    help: 'Time of a request to the identity service.',
    labels: {},
    buckets: SECONDS,
  },
  inventory_job_tokens_refused_total: {
    type: 'counter',
    help: 'Refused tokens, by the reason; no client reads it.',
    labels: { why: REFUSED_TOKENS },
  },
  inventory_job_tls_certificate_expiry_timestamp_seconds: {
    type: 'gauge',
    help: 'End of the certificate in use, in seconds since 1970; 0 without TLS.',
    labels: {},
  },
  inventory_job_reload_failed: {
    type: 'gauge',
    help: '1 while the changed files of a setting cannot be used, and those before them are.',
    labels: { file: ['TLS_CERT_FILE', 'AUTH_PUBLIC_KEYS'] },
  },
  inventory_job_connections: {
    type: 'gauge',
    help: 'Open connections of a listener.',
    labels: TRANSPORT,
  },
  inventory_job_connections_refused_total: {
    type: 'counter',
    help: 'Connections closed on arrival because the listener was at its connection limit.',
    labels: TRANSPORT,
  },
  inventory_job_slow_clients_ended_total: {
    type: 'counter',
    help: 'Connections closed since their client did not take an answer in time.',
    labels: {},
  },
} as const satisfies Definitions;
