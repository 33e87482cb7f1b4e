/** Feeds the metrics of the database by the events of its driver: commands, pools and heartbeats (docs/monitor.md «Metrics»). */
import { MongoServerError } from 'mongodb';
import type { CommandFailedEvent, CommandStartedEvent, CommandSucceededEvent, MongoClient } from 'mongodb';
import type { MonotonicClock } from '../../clock.js';
import { PURPOSES } from '../../mongo/client-options.js';
import type { Purpose } from '../../mongo/client-options.js';
import { CODES, COLLECTIONS, IN_COLLECTION, OPERATIONS } from './database-definitions.js';
import type {
  DatabaseErrorType,
  OperatedCollection,
  OperationName,
  StatusCode,
} from './database-definitions.js';
import type { Meter, Metrics } from './registry.js';

export interface DatabaseMetricsOptions {
  /** The name of the service's database. */
  readonly database: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicNow: MonotonicClock;
}

/** Feeds the metrics from `client`, whose connections are those of `pool`. */
export type ObserveClient = (client: MongoClient, pool: Purpose) => void;

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

/** The connections of one client to one server. */
interface Pool {
  open: number;
  /** Those that have been established, at most all that are open. */
  ready: number;
  used: number;
  pending: number;
  readonly max: number;
}

type Pools = Readonly<Record<Purpose, Set<Pool>>>;

/**
 * The operations that wait for a connection. The driver tells of no wait that ends with its operation; while a connection
 * is idle, none is left.
 */
function pendingIn(pool: Pool): number {
  if (pool.ready > pool.used) pool.pending = 0;
  return pool.pending;
}

/** Counts the connections of `client` in `pools` while it is open. */
function followPools(client: MongoClient, name: Purpose, pools: Pools, meter: Meter): void {
  const byAddress = new Map<string, Pool>();
  const labels = { db_client_connection_pool_name: name };
  const leave = (address: string): void => {
    const pool = byAddress.get(address);
    byAddress.delete(address);
    if (pool !== undefined) pools[name].delete(pool);
  };
  /** Changes the counts of a pool; events of connections that outlive their pool count nowhere. */
  const change = (address: string, by: (pool: Pool) => Partial<Pool>): void => {
    const pool = byAddress.get(address);
    if (pool !== undefined) Object.assign(pool, by(pool));
  };
  const waited = (address: string, ms: number): void => {
    change(address, ({ pending }) => ({ pending: Math.max(0, pending - 1) }));
    meter.observe('db_client_connection_wait_time_seconds', labels, ms / 1000);
  };
  client.on('connectionPoolCreated', ({ address }) => {
    leave(address);
    const pool = { open: 0, ready: 0, used: 0, pending: 0, max: client.options.maxPoolSize };
    byAddress.set(address, pool);
    pools[name].add(pool);
  });
  client.on('connectionPoolClosed', ({ address }) => {
    leave(address);
  });
  client.on('topologyClosed', () => {
    for (const address of [...byAddress.keys()]) leave(address);
  });
  client.on('connectionCreated', ({ address }) => {
    change(address, ({ open }) => ({ open: open + 1 }));
  });
  client.on('connectionReady', ({ address }) => {
    change(address, ({ ready, open }) => ({ ready: Math.min(ready + 1, open) }));
  });
  client.on('connectionClosed', ({ address }) => {
    change(address, ({ open, ready }) => ({ open: Math.max(0, open - 1), ready: Math.min(ready, open - 1) }));
  });
  client.on('connectionCheckOutStarted', ({ address }) => {
    change(address, (pool) => ({ pending: pendingIn(pool) + 1 }));
  });
  client.on('connectionCheckedOut', ({ address, durationMS }) => {
    change(address, ({ used }) => ({ used: used + 1 }));
    waited(address, durationMS);
  });
  client.on('connectionCheckOutFailed', ({ address, durationMS, reason }) => {
    waited(address, durationMS);
    if (reason === 'timeout') meter.add('db_client_connection_timeouts_total', labels);
  });
  client.on('connectionCheckedIn', ({ address }) => {
    change(address, ({ used }) => ({ used: Math.max(0, used - 1) }));
  });
}

function registerPoolMetrics(pools: Pools, { observable }: Metrics): void {
  for (const name of PURPOSES) {
    const sumOf = (part: (pool: Pool) => number) => (): number =>
      [...pools[name]].reduce((sum, pool) => sum + part(pool), 0);
    const labels = { db_client_connection_pool_name: name };
    const inState = (state: 'idle' | 'used') => ({ ...labels, db_client_connection_state: state });
    observable(
      'db_client_connection_count',
      inState('idle'),
      sumOf(({ open, used }) => open - used),
    );
    observable(
      'db_client_connection_count',
      inState('used'),
      sumOf(({ used }) => used),
    );
    observable(
      'db_client_connection_max',
      labels,
      sumOf(({ max }) => max),
    );
    observable('db_client_connection_pending_requests', labels, sumOf(pendingIn));
  }
}

/** Creates the observer of all clients. */
export function observeDatabase(metrics: Metrics, options: DatabaseMetricsOptions): ObserveClient {
  const pools: Pools = { reads: new Set(), stats: new Set(), control: new Set() };
  const observe = observeCommands(metrics, options);
  let skewMs = 0;
  registerPoolMetrics(pools, metrics);
  metrics.observable('inventory_job_database_clock_skew_seconds', {}, () => skewMs / 1000);
  return (client, pool) => {
    observe(client);
    followPools(client, pool, pools, metrics);
    client.on('serverHeartbeatSucceeded', ({ reply }) => {
      const time: unknown = reply['localTime'];
      if (pool === 'control' && time instanceof Date) skewMs = time.getTime() - options.now();
    });
  };
}
