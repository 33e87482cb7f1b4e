/**
 * Follows the answers due on each connection of an HTTP server (docs/configure.md «Connections»): a client may send only so
 * many requests ahead of them and has so much time to take each, they end with their connection, and the connection ends with
 * them once the server closes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endUnlessTaken, peerOf } from './connections.js';
import type { ConnectionLimitOptions } from './connections.js';

/** As many as streams over HTTP/2. */
const MAX_DUE = 256;

export interface HttpAnswerOptions extends Pick<ConnectionLimitOptions, 'metrics'> {
  /** The requests of one connection without an answer. */
  readonly maxDue?: number;
  /** The time for a client to take an answer. */
  readonly answerTimeoutMs?: number | undefined;
}

export interface HttpAnswers {
  /** Follows the answer to a request; false: its connection is over, and nobody waits for the answer. */
  follow(request: IncomingMessage, response: ServerResponse): boolean;
  /** Limits the time for a client to take an answer, from the answer's turn on its connection. */
  limitTaking(response: ServerResponse): void;
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

/** Calls `begun` when an answer is the next one on its connection. */
function whenTurn(response: ServerResponse, begun: () => void): void {
  if (response.socket === null) response.once('socket', begun);
  else begun();
}

/** Creates the record of the answers of one server. */
export function createHttpAnswers(options: HttpAnswerOptions): HttpAnswers {
  const { maxDue = MAX_DUE, answerTimeoutMs, metrics } = options;
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
      if (due.size <= maxDue) return true;
      socket.destroy();
      return false;
    },
    limitTaking(response) {
      if (response.destroyed) return;
      whenTurn(response, () => {
        const taken = endUnlessTaken(() => response.socket?.destroy(), answerTimeoutMs, metrics);
        response.once('close', taken);
      });
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
