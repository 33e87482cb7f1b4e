/** Limits the connections of a listener, and closes those of clients that do not read their answers (docs/configure.md «Connections»). */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import type { Meter, Metrics } from '../telemetry/metrics/registry.js';

/** The default time for a client to read an answer. */
const ANSWER_TIMEOUT_MS = 60_000;

/** Calls `end`, and counts that, unless the answered function is called within `timeoutMs` milliseconds. */
export function endUnlessTaken(
  end: () => void,
  timeoutMs = ANSWER_TIMEOUT_MS,
  meter?: Pick<Meter, 'add'>,
): () => void {
  const timer = setTimeout(() => {
    meter?.add('inventory_job_slow_clients_ended_total', {});
    end();
  }, timeoutMs);
  return () => {
    clearTimeout(timer);
  };
}

/** The other end of a connection, as `address:port`. */
export const peerOf = ({ remoteAddress = '', remotePort = 0 }: Socket): string =>
  `${remoteAddress}:${remotePort}`;

/** Node's diagnostics channel for new connections of all servers in the process. */
const CHANNEL = 'net.server.socket';

export interface ConnectionLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

/** The listeners with the labels of their connections. */
const LABELS = { gRPC: 'grpc', HTTP: 'http', admin: 'admin' } as const;
export type ListenerName = keyof typeof LABELS;

export interface ConnectionLimitOptions {
  /** The connection limit; connections beyond it are closed at once. */
  readonly maxConnections: number;
  readonly log: ConnectionLog;
  readonly metrics?: Pick<Metrics, 'add' | 'observable'>;
}

export interface OpenConnection {
  /** `address:port`. */
  readonly peer: string;
  readonly bytesRead: number;
}

export interface ListenerConnections {
  /** Starts tracking the connections to `port`. */
  follow(port: number): void;
  /** Closes the connection from `peer`, `address:port`. */
  end(peer: string): void;
  /** Closes the connections without work; those that have not begun TLS or HTTP are unknown to their server. */
  endIdle(isIdle: (connection: OpenConnection) => boolean): void;
  close(): void;
}

/** The share of the limit at which the log reports the end of refusals. */
const RECOVERED_SHARE = 1 / 2;

/** Shows the number of connections in the metrics; answers the function that counts a refused one. */
function measure(name: ListenerName, { metrics }: ConnectionLimitOptions, size: () => number): () => void {
  const labels = { transport: LABELS[name] };
  metrics?.observable('inventory_job_connections', labels, size);
  return () => metrics?.add('inventory_job_connections_refused_total', labels);
}

/** Tracks the connections of the listener `name`. */
export function followConnections(name: ListenerName, options: ConnectionLimitOptions): ListenerConnections {
  const { maxConnections, log } = options;
  const open = new Map<string, Socket>();
  const about = { listener: name, max: maxConnections };
  let trackedPort: number | undefined;
  let isRefusing = false;
  const countRefused = measure(name, options, () => open.size);

  function refuse(socket: Socket): void {
    socket.destroy();
    countRefused();
    if (isRefusing) return;
    isRefusing = true;
    log.warn(about, 'connection limit reached: new connections are refused');
  }

  function leave(peer: string, socket: Socket): void {
    if (open.get(peer) === socket) open.delete(peer);
    if (!isRefusing || open.size > maxConnections * RECOVERED_SHARE) return;
    isRefusing = false;
    log.info(about, 'below the connection limit: new connections are accepted');
  }

  function take(message: unknown): void {
    const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
    if (!(socket instanceof Socket) || socket.localPort !== trackedPort) return;
    if (open.size >= maxConnections) {
      refuse(socket);
      return;
    }
    const peer = peerOf(socket);
    open.set(peer, socket);
    socket.once('close', () => {
      leave(peer, socket);
    });
  }

  return {
    follow(port) {
      trackedPort = port;
      subscribe(CHANNEL, take);
    },
    end(peer) {
      open.get(peer)?.destroy();
    },
    endIdle(isIdle) {
      for (const [peer, socket] of open) if (isIdle({ peer, bytesRead: socket.bytesRead })) socket.destroy();
    },
    close() {
      unsubscribe(CHANNEL, take);
    },
  };
}
