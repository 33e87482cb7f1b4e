/** One operation on the database: within a call's budget, ended on the server when the call is given up. */
import type { Abortable, AggregationCursor, ClientSession, Db, FindCursor, FindOptions } from 'mongodb';
import { fromDatabase } from './database-errors.js';
import type { StoredDocument } from './stored.js';

/** How long a call may take, and whether it is still wanted. */
export interface Budget {
  readonly signal: AbortSignal;
  /** Milliseconds left, at least 1. */
  remaining(): number;
}

export type Batches = AsyncIterable<readonly StoredDocument[]>;

export type Cursor = FindCursor | AggregationCursor;

/** Options that keep an operation within its budget. */
export type Within = Required<Pick<FindOptions, 'session' | 'maxTimeMS'> & Abortable>;

async function* batches(cursor: Cursor): Batches {
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

/** Milliseconds that an operation has to end after its session was killed; then its connection is closed. */
const LAST_RESORT = 150;

type SessionId = NonNullable<ClientSession['id']>;

/** Milliseconds to wait for the sessions to be killed. */
const KILL_PATIENCE = 2000;

/** Ends what runs in a session on the server, and waits for that. The sessions of one moment are killed by one command. */
function sessionKiller(control: Db): (id: SessionId) => Promise<void> {
  let waiting: SessionId[] = [];
  async function send(): Promise<void> {
    await new Promise(setImmediate);
    const ids = waiting;
    waiting = [];
    const signal = AbortSignal.timeout(KILL_PATIENCE);
    // Where the command fails, closing the connection remains.
    await control
      .admin()
      .command({ killSessions: ids }, { signal })
      .catch(() => undefined);
  }
  let sending = Promise.resolve();
  return (id) => {
    if (waiting.push(id) === 1) sending = send();
    return sending;
  };
}

interface Operation {
  readonly within: Within;
  close(): void;
}

/**
 * An operation in a session of its own, killed when the budget's signal is aborted: that ends it on the server within
 * milliseconds and keeps the connection, while closing the connection would be noticed only half a second later.
 */
function opened(db: Db, kill: (id: SessionId) => Promise<void>, budget: Budget): Operation {
  budget.signal.throwIfAborted();
  const session = db.client.startSession();
  const lastResort = new AbortController();
  let killed = Promise.resolve();
  const giveUp = (): void => {
    setTimeout(() => lastResort.abort(), LAST_RESORT).unref();
    if (session.id !== undefined) killed = kill(session.id);
  };
  budget.signal.addEventListener('abort', giveUp, { once: true });
  return {
    within: { session, maxTimeMS: budget.remaining(), signal: lastResort.signal },
    close() {
      budget.signal.removeEventListener('abort', giveUp);
      // The driver gives an ended session to the next operation, which a kill on its way would hit.
      void killed.then(() => session.endSession());
    },
  };
}

/**
 * Runs work on `db` within a budget; its errors become this service's, the unknown ones reported. `control` has
 * connections of its own, so that what ends work is never behind the work in a queue.
 */
export function running(db: Db, control: Db, report: (error: unknown) => void) {
  const kill = sessionKiller(control);
  return {
    async once<T>(budget: Budget, work: (within: Within) => Promise<T>): Promise<T> {
      const operation = opened(db, kill, budget);
      try {
        return await work(operation.within);
      } catch (error) {
        throw fromDatabase(error, budget.signal, report);
      } finally {
        operation.close();
      }
    },
    async *inBatches(budget: Budget, open: (within: Within) => Cursor): Batches {
      const operation = opened(db, kill, budget);
      try {
        yield* batches(open(operation.within));
      } catch (error) {
        throw fromDatabase(error, budget.signal, report);
      } finally {
        operation.close();
      }
    },
  };
}
