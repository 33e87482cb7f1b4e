/**
 * Follows the answers due on each connection of an HTTP server (docs/configure.md «Connections»): a client may send only so
 * many requests ahead of them, they end with their connection, and the connection ends with them once the server closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { peerOf } from './connections.js';

/** Requests of one connection without an answer; as many as streams over HTTP/2. */
const MAX_DUE = 256;

export interface HttpAnswers {
  /** Follows the answer to a request; false: its connection is over, and nobody waits for the answer. */
  follow(request: IncomingMessage, response: ServerResponse): boolean;
  /** Ends each connection with its last answer from now on: Node keeps those alive that become idle later. */
  end(): void;
  /** The clients with an answer due, as `address:port`. */
  waitingPeers(): ReadonlySet<string>;
}

/** Ends an answer that is queued behind another one, and has no socket yet: Node ends only answers with one. */
function endQueued(response: ServerResponse): void {
  if (response.socket !== null) return;
  response.destroy();
  response.emit('close');
}

/** Creates the record of the answers of one server. */
export function createHttpAnswers(): HttpAnswers {
  /** The answers due on each connection, in the order of the requests. */
  const dueOn = new WeakMap<Socket, Set<ServerResponse>>();
  /** The connections with an answer due. */
  const waiting = new Set<Socket>();
  let isEnding = false;

  function begin(socket: Socket): Set<ServerResponse> {
    const due = new Set<ServerResponse>();
    dueOn.set(socket, due);
    socket.once('close', () => {
      waiting.delete(socket);
      due.forEach(endQueued);
    });
    return due;
  }

  return {
    follow({ socket }, response) {
      if (socket.destroyed) return false;
      const due = dueOn.get(socket) ?? begin(socket);
      due.add(response);
      waiting.add(socket);
      response.shouldKeepAlive &&= !isEnding;
      response.once('close', () => {
        due.delete(response);
        if (due.size > 0) return;
        waiting.delete(socket);
        if (isEnding) socket.destroySoon();
      });
      if (due.size <= MAX_DUE) return true;
      socket.destroy();
      return false;
    },
    end() {
      isEnding = true;
      for (const socket of waiting) {
        const last = [...(dueOn.get(socket) ?? [])].at(-1);
        if (last !== undefined) last.shouldKeepAlive = false;
      }
    },
    waitingPeers: () => new Set([...waiting].map(peerOf)),
  };
}
