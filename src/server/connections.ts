/**
 * The connections of the gRPC door, which its library keeps to itself: so many at once, and an end to one whose client
 * does not take an answer (docs/operations.md «Connections»).
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** Connections at once, of each door. */
export const MOST = 4096;

/** Milliseconds that a client has to take an answer. */
const PATIENCE = 60_000;

/** Calls `end` where what is sent from now on has not been taken, and is `over`, within `patience` milliseconds. */
export function insist(over: AbortSignal, end: () => void, patience = PATIENCE): void {
  if (over.aborted) return;
  const timer = setTimeout(end, patience);
  over.addEventListener('abort', () => {
    clearTimeout(timer);
  });
}

/** Where Node tells of each connection that a server of this process gets. */
const CHANNEL = 'net.server.socket';

export interface Connections {
  /** Follows those to the door that listens on `port` from now on. */
  follow(port: number): void;
  /** Ends the connection from `peer`, `address:port`. */
  end(peer: string): void;
  close(): void;
}

/** The connections of one door. */
export function connections(most = MOST): Connections {
  const open = new Map<string, Socket>();
  let followed: number | undefined;

  function take(message: unknown): void {
    const socket = typeof message === 'object' && message !== null && 'socket' in message && message.socket;
    if (!(socket instanceof Socket) || socket.localPort !== followed) return;
    const peer = `${socket.remoteAddress ?? ''}:${socket.remotePort ?? 0}`;
    if (open.size >= most) {
      socket.destroy();
      return;
    }
    open.set(peer, socket);
    socket.once('close', () => open.delete(peer));
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
