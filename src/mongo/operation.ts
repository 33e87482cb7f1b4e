/** Begins operations, each in a session of its own, killed when the call is aborted (docs/configure.md «Deadlines»). */
import type { Abortable, Db, FindOptions } from 'mongodb';
import type { Deadline } from '../limits/abort.js';
import type { Kill } from './session-killer.js';

/**
 * Compares text byte by byte. Without it an operation takes the collation of its collection, and one that ignores case makes
 * `d1` and `D1` one tenant.
 */
export const SIMPLE_COLLATION = { locale: 'simple' } as const;

/** Options that keep an operation within its deadline, and its comparisons exact. */
export type OperationOptions = Required<
  Pick<FindOptions, 'session' | 'maxTimeMS' | 'collation'> & Abortable
> &
  Pick<FindOptions, 'comment'>;

export interface Operation extends Disposable {
  readonly options: OperationOptions;
  /** Kills the session: its commands end, and its open cursors are closed. */
  kill(): void;
}

/** The interval of further kills after an abort: the operation may begin on the server only after the first. */
const KILL_INTERVAL_MS = 50;
/** The number of the further kill that also closes the connection, in case nothing else helps. */
const MAX_KILLS = 5;
/** One error for all: the driver's connections hold the reason for a while, and an error of its own would hold all of its call. */
const NOT_ENDED = new Error('an aborted operation did not end');

/** The comment of a command in the log and in the running operations of the database; none without a trace. */
export const commentOf = ({ traceparent }: Deadline): { readonly comment?: string } =>
  traceparent === undefined ? {} : { comment: traceparent };

/**
 * Begins an operation and kills its session once the deadline's signal is aborted. A kill ends it on the server within
 * milliseconds and keeps the connection; the server notices a closed connection only after half a second.
 */
export function beginOperation({ client }: Db, kill: Kill, deadline: Deadline): Operation {
  deadline.signal.throwIfAborted();
  const session = client.startSession();
  const lastResort = new AbortController();
  let kills: Promise<unknown> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function killSession(reason?: unknown): void {
    if (session.id !== undefined) kills = Promise.all([kills, kill(session.id, reason)]);
  }

  function killUntilEnded(): void {
    let further = 0;
    killSession(deadline.signal.reason);
    timer = setInterval(() => {
      if (++further === MAX_KILLS) {
        clearInterval(timer);
        lastResort.abort(NOT_ENDED);
      }
      killSession();
    }, KILL_INTERVAL_MS);
  }

  deadline.signal.addEventListener('abort', killUntilEnded, { once: true });
  return {
    options: {
      session,
      maxTimeMS: deadline.remaining(),
      signal: lastResort.signal,
      collation: SIMPLE_COLLATION,
      ...commentOf(deadline),
    },
    kill: () => {
      killSession();
    },
    [Symbol.dispose]() {
      deadline.signal.removeEventListener('abort', killUntilEnded);
      clearInterval(timer);
      // The driver reuses an ended session for the next operation, and a kill under way would hit that.
      if (kills === undefined) void session.endSession();
      else void kills.then(() => session.endSession());
    },
  };
}
