/**
 * The connections of a listener: so many at once, an end to one whose client does not take an answer, and the end of
 * an answer with its connection (docs/operations.md «Connections»).
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';

/** Milliseconds that a client has to take an answer. */
const PATIENCE = 60_000;

/** Calls `end` where what is sent from now on has not been taken, and is `over`, within `patience` milliseconds. */
export function endUnlessTaken(over: AbortSignal, end: () => void, patience = PATIENCE): void {
  if (over.aborted) return;
  const timer = setTimeout(end, patience);
  over.addEventListener('abort', () => {
    clearTimeout(timer);
  });
}

/**
 * Closes an answer with its connection also while it waits for another before it: until then it has no socket, and Node
 * closes only those with one.
 */
export function closeWithConnection({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.socket !== null) return;
  const close = (): void => {
    response.destroy();
    response.emit('close');
  };
  // As many may wait as the client has sent requests.
  socket.setMaxListeners(0);
  socket.once('close', close);
  response.once('socket', () => {
    socket.off('close', close);
  });
}

/** Calls `begun` when an answer is the next of its connection. */
export function whenNext(response: ServerResponse, begun: () => void): void {
  if (response.socket === null) response.once('socket', begun);
  else begun();
}

/** Where Node tells of each connection that a server of this process gets. */
const CHANNEL = 'net.server.socket';

/** What is written to the log; a subset of pino's. */
export interface ConnectionLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

export interface ConnectionsOptions {
  /** Connections at once; more are ended before they are served. */
  readonly maxConnections: number;
  readonly log: ConnectionLog;
}

export interface Connections {
  /** Follows those to the listener on `port` from now on. */
  follow(port: number): void;
  /** Ends the connection from `peer`, `address:port`. */
  end(peer: string): void;
  close(): void;
}

/** Of the connections that there may be, the share under which the log says that it is over. */
const OVER_SHARE = 1 / 2;

/** Follows the connections of the listener `name`. */
export function followConnections(name: string, { maxConnections, log }: ConnectionsOptions): Connections {
  const open = new Map<string, Socket>();
  const about = { listener: name, max: maxConnections };
  let followed: number | undefined;
  let refusing = false;

  function refuse(socket: Socket): void {
    socket.destroy();
    if (refusing) return;
    refusing = true;
    log.warn(about, 'connection limit reached: new connections are refused');
  }

  function leave(peer: string, socket: Socket): void {
    if (open.get(peer) === socket) open.delete(peer);
    if (!refusing || open.size > maxConnections * OVER_SHARE) return;
    refusing = false;
    log.info(about, 'below the connection limit: new connections are accepted');
  }

  function take(message: unknown): void {
    const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
    if (!(socket instanceof Socket) || socket.localPort !== followed) return;
    if (open.size >= maxConnections) {
      refuse(socket);
      return;
    }
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    open.set(peer, socket);
    socket.once('close', () => {
      leave(peer, socket);
    });
  }

  return {
    follow(port) {
      followed = port;
      subscribe(CHANNEL, take);
    },
    end(peer) {
      open.get(peer)?.destroy();
    },
    close() {
      unsubscribe(CHANNEL, take);
    },
  };
}
