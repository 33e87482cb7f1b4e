/** Defines the metrics of the database, fed by the events of its driver (docs/monitor.md «Metrics»). */
import { PURPOSES } from '../../mongo/client-options.js';
import type { Definitions, Labels } from './definition.js';

export const COLLECTIONS = ['job', 'collector'] as const;

/** Operations on the collections of calls. */
const READS = ['find', 'aggregate', 'getMore'] as const;
/** Operations on no collection, or on another: control, and what the driver does by itself. */
const OTHERS = ['killSessions', 'killCursors', 'listIndexes', '_OTHER'] as const;

/** Operations that name a collection of calls. */
export const IN_COLLECTION = [...READS, 'delete'] as const;

export const OPERATIONS = [...IN_COLLECTION, ...OTHERS] as const;
export type OperationName = (typeof OPERATIONS)[number];
export type OperatedCollection = (typeof COLLECTIONS)[number] | '';

/** Codes of MongoDB with a series of their own: its time is over, and it was killed. */
export const CODES = ['50', '11601'] as const;
const STATUS_CODES = ['', ...CODES, '_OTHER'] as const;
const ERROR_TYPES = ['', ...CODES, '_OTHER', 'network'] as const;

export type StatusCode = (typeof STATUS_CODES)[number];
export type DatabaseErrorType = (typeof ERROR_TYPES)[number];

const isOther = (operation: string | undefined): boolean => OTHERS.some((other) => other === operation);

/** The collections of an operation. */
function isOperated(operation: string | undefined, collection: string | undefined): boolean {
  if (isOther(operation)) return collection === '';
  return operation === 'delete' ? collection === 'job' : collection !== '';
}

/** A failure with a code has that code as its type; one without an answer is one of the network. */
function isFailure(code: string | undefined, type: string | undefined): boolean {
  return code === '' ? type === '' || type === 'network' : type === code;
}

const occurs = (labels: Labels): boolean => {
  const { db_operation_name, db_collection_name, db_response_status_code, error_type } = labels;
  return (
    isOperated(db_operation_name, db_collection_name) &&
    isFailure(db_response_status_code, error_type) &&
    // What no call waits for has no codes of its own.
    !(isOther(db_operation_name) && CODES.some((code) => code === error_type))
  );
};

const POOL_STATES = ['idle', 'used'] as const;

const POOL = { db_client_connection_pool_name: PURPOSES } as const;

const POOL_DEFINITIONS = {
  db_client_connection_count: {
    type: 'gauge',
    help: "OpenTelemetry's db.client.connection.count: connections of a pool by state.",
    convention: 'db.client.connection.count',
    labels: { ...POOL, db_client_connection_state: POOL_STATES },
  },
  db_client_connection_max: {
    type: 'gauge',
    help: "OpenTelemetry's db.client.connection.max: the limit on connections, of all servers in use together.",
    convention: 'db.client.connection.max',
    labels: POOL,
  },
  db_client_connection_pending_requests: {
    type: 'gauge',
    help: "OpenTelemetry's db.client.connection.pending_requests: operations that wait for a connection.",
    convention: 'db.client.connection.pending_requests',
    labels: POOL,
  },
  db_client_connection_timeouts_total: {
    type: 'counter',
    help: "OpenTelemetry's db.client.connection.timeouts: operations that got no connection in time.",
    convention: 'db.client.connection.timeouts',
    labels: POOL,
  },
  db_client_connection_wait_time_seconds: {
    type: 'histogram',
    help: "OpenTelemetry's db.client.connection.wait_time: time to get a connection.",
    convention: 'db.client.connection.wait_time',
    labels: POOL,
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
  },
} as const satisfies Definitions;

export const databaseDefinitions = (database: string) =>
  ({
    db_client_operation_duration_seconds: {
      type: 'histogram',
      help: "OpenTelemetry's db.client.operation.duration: time of a command of the driver.",
      convention: 'db.client.operation.duration',
      labels: {
        db_system_name: ['mongodb'],
        db_namespace: [database],
        db_operation_name: OPERATIONS,
        db_collection_name: [...COLLECTIONS, ''],
        db_response_status_code: STATUS_CODES,
        error_type: ERROR_TYPES,
      },
      occurs,
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
    },
    ...POOL_DEFINITIONS,
    inventory_job_database_clock_skew_seconds: {
      type: 'gauge',
      help: "The database's clock minus that of this service, at the last heartbeat.",
      labels: {},
    },
  }) as const satisfies Definitions;
