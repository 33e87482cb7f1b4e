/** Feeds the metrics of the database by the events of its driver: commands, pools and heartbeats (docs/monitor.md «Metrics»). */
import { MongoServerError } from 'mongodb';
import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb';
import { CODES, COLLECTIONS, IN_COLLECTION, OPERATIONS, POOLS } from './database-definitions.js';
import type {
  DatabaseErrorType,
  OperatedCollection,
  OperationName,
  PoolName,
  StatusCode,
} from './database-definitions.js';
import type { Meter, Metrics } from './registry.js';

export interface DatabaseMetricsOptions {
  /** The name of the service's database. */
  readonly database: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
}

/** Feeds the metrics from `client`, whose connections are those of `pool`. */
export type ObserveClient = (client: MongoClient, pool: PoolName) => void;

/** A command on its way. */
interface Begun {
  readonly time: number;
  readonly operation: OperationName;
  readonly collection: OperatedCollection;
}

const BY_NAME: ReadonlyMap<string, OperationName> = new Map(OPERATIONS.map((name) => [name, name]));
const NAMING_COLLECTION: ReadonlySet<OperationName> = new Set(IN_COLLECTION);

/** The collection of a command; undefined: none that calls read. */
function collectionOf({ command, commandName }: CommandStartedEvent): OperatedCollection | undefined {
  const named: unknown = commandName === 'getMore' ? command['collection'] : command[commandName];
  return COLLECTIONS.find((collection) => collection === named);
}

function begunAt(time: number, event: CommandStartedEvent): Begun {
  const operation = BY_NAME.get(event.commandName) ?? '_OTHER';
  if (!NAMING_COLLECTION.has(operation)) return { time, operation, collection: '' };
  const collection = collectionOf(event);
  return collection === undefined
    ? { time, operation: '_OTHER', collection: '' }
    : { time, operation, collection };
}

interface Failure {
  readonly code: StatusCode;
  readonly type: DatabaseErrorType;
}

const NONE: Failure = { code: '', type: '' };
const OTHER: Failure = { code: '_OTHER', type: '_OTHER' };

/** The failures of operations on collections of calls with codes of their own. */
const FAILURES: ReadonlyMap<unknown, Failure> = new Map<unknown, Failure>(
  CODES.map((code) => [Number(code), { code, type: code }]),
);

function failureOf({ failure }: CommandFailedEvent, { collection }: Begun): Failure {
  if (!(failure instanceof MongoServerError)) return { code: '', type: 'network' };
  return collection === '' ? OTHER : (FAILURES.get(failure.code) ?? OTHER);
}

/** Times the commands of all clients, from their events. */
function observeCommands(
  meter: Meter,
  { database, monotonicNow }: DatabaseMetricsOptions,
): (client: MongoClient) => void {
  const running = new Map<number, Begun>();

  function end(requestId: number, failureIn: (begun: Begun) => Failure): void {
    const begun = running.get(requestId);
    if (begun === undefined) return;
    running.delete(requestId);
    const { code, type } = failureIn(begun);
    meter.observe(
      'db_client_operation_duration_seconds',
      {
        db_system_name: 'mongodb',
        db_namespace: database,
        db_operation_name: begun.operation,
        db_collection_name: begun.collection,
        db_response_status_code: code,
        error_type: type,
      },
      (monotonicNow() - begun.time) / 1000,
    );
  }

  return (client) => {
    client.on('commandStarted', (event: CommandStartedEvent) => {
      running.set(event.requestId, begunAt(monotonicNow(), event));
    });
    client.on('commandSucceeded', ({ requestId }: CommandSucceededEvent) => {
      end(requestId, () => NONE);
    });
    client.on('commandFailed', (event: CommandFailedEvent) => {
      end(event.requestId, (begun) => failureOf(event, begun));
    });
  };
}

/** The connections of one client. */
interface Pool {
  open: number;
  used: number;
  pending: number;
  max: number;
}

type Pools = Readonly<Record<PoolName, Set<Pool>>>;

/** Counts the connections of `client` in `pools` while it is open. */
function followPool(client: MongoClient, name: PoolName, pools: Pools, meter: Meter): void {
  const pool: Pool = { open: 0, used: 0, pending: 0, max: 0 };
  const labels = { db_client_connection_pool_name: name };
  const waited = (ms: number): void => {
    pool.pending -= 1;
    meter.observe('db_client_connection_wait_time_seconds', labels, ms / 1000);
  };
  client.on('connectionPoolCreated', () => {
    if (!pools[name].has(pool)) Object.assign(pool, { open: 0, used: 0, pending: 0, max: 0 });
    pools[name].add(pool);
    pool.max += client.options.maxPoolSize;
  });
  client.on('connectionPoolClosed', () => {
    pool.max -= client.options.maxPoolSize;
  });
  client.on('topologyClosed', () => {
    pools[name].delete(pool);
  });
  client.on('connectionCreated', () => {
    pool.open += 1;
  });
  client.on('connectionClosed', () => {
    pool.open -= 1;
  });
  client.on('connectionCheckOutStarted', () => {
    pool.pending += 1;
  });
  client.on('connectionCheckedOut', ({ durationMS }) => {
    pool.used += 1;
    waited(durationMS);
  });
  client.on('connectionCheckOutFailed', ({ durationMS, reason }) => {
    waited(durationMS);
    if (reason === 'timeout') meter.add('db_client_connection_timeouts_total', labels);
  });
  client.on('connectionCheckedIn', () => {
    pool.used -= 1;
  });
}

function readPools(pools: Pools, { read }: Metrics): void {
  for (const name of POOLS) {
    const sumOf = (part: (pool: Pool) => number) => (): number =>
      [...pools[name]].reduce((sum, pool) => sum + part(pool), 0);
    const labels = { db_client_connection_pool_name: name };
    const inState = (state: 'idle' | 'used') => ({ ...labels, db_client_connection_state: state });
    read(
      'db_client_connection_count',
      inState('idle'),
      sumOf(({ open, used }) => open - used),
    );
    read(
      'db_client_connection_count',
      inState('used'),
      sumOf(({ used }) => used),
    );
    read(
      'db_client_connection_max',
      labels,
      sumOf(({ max }) => max),
    );
    read(
      'db_client_connection_pending_requests',
      labels,
      sumOf(({ pending }) => pending),
    );
  }
}

/** Creates the observer of all clients. */
export function observeDatabase(metrics: Metrics, options: DatabaseMetricsOptions): ObserveClient {
  const pools: Pools = { reads: new Set(), stats: new Set(), control: new Set() };
  const observe = observeCommands(metrics, options);
  let skewMs = 0;
  readPools(pools, metrics);
  metrics.read('inventory_job_database_clock_skew_seconds', {}, () => skewMs / 1000);
  return (client, pool) => {
    observe(client);
    followPool(client, pool, pools, metrics);
    client.on('serverHeartbeatSucceeded', ({ reply }) => {
      const time: unknown = reply['localTime'];
      if (pool === 'control' && time instanceof Date) skewMs = time.getTime() - options.now();
    });
  };
}
