/** One operation on the database: within a call's budget, ended on the server when the call is given up. */
import type {
  Abortable,
  AggregationCursor,
  Db,
  Document,
  FindCursor,
  FindOptions,
  ReadPreferenceLike,
} from 'mongodb';
import { Elements, longAt } from '../wire/bson.js';
import { fromDatabase, isLost } from './database-errors.js';
import type { Kill } from './killing.js';

/** How long a call may take, and whether it is still wanted. */
export interface Budget {
  readonly signal: AbortSignal;
  /** Milliseconds left, at least 1. */
  remaining(): number;
}

/** Why what `signal` ends was given up. */
export function reasonOf({ reason }: AbortSignal): Error {
  return reason instanceof Error ? reason : new Error('given up', { cause: reason });
}

/** What `done` gives, unless `signal` is aborted before. */
export function unlessAborted<T>(done: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(reasonOf(signal));
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    done
      .finally(() => {
        signal.removeEventListener('abort', leave);
      })
      .then(resolve, reject);
  });
}

const OVER = new Error('what this was part of is over');

/** Runs `work` within a budget that ends with it: when one part fails, or is no longer needed, the others are ended. */
export async function together<T>(budget: Budget, work: (budget: Budget) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([budget.signal, over.signal]);
  try {
    return await work({ signal, remaining: () => budget.remaining() });
  } finally {
    over.abort(OVER);
  }
}

/** Documents as MongoDB sends them, in BSON. */
export type Batches = AsyncIterable<readonly Buffer[]>;

export type Cursor = FindCursor<Buffer> | AggregationCursor<Buffer>;

/** Options that keep an operation within its budget. */
export type Within = Required<Pick<FindOptions, 'session' | 'maxTimeMS'> & Abortable>;

async function* batches(cursor: Cursor): Batches {
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

/** What a command that reads answers at once. */
export interface Batch {
  readonly documents: readonly Buffer[];
  /** Whether there are more than these. */
  readonly more: boolean;
}

function documentsAt(bytes: Buffer, list: number): readonly Buffer[] {
  const documents: Buffer[] = [];
  for (const each = new Elements(bytes, list); each.next();)
    documents.push(bytes.subarray(each.value, each.end));
  return documents;
}

/** The first batch of the cursor that MongoDB answers. */
function batchIn(cursor: Buffer): Batch {
  let documents: readonly Buffer[] = [];
  let more = false;
  for (const each = new Elements(cursor, 0); each.next();) {
    const name = cursor.toString('latin1', each.name, each.nameEnd);
    if (name === 'firstBatch') documents = documentsAt(cursor, each.value);
    if (name === 'id') more = longAt(cursor, each.value) !== 0;
  }
  return { documents, more };
}

/** Runs a read that its connection or its server has failed once more. */
async function retried<T>({ signal }: Budget, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted || !isLost(error)) throw error;
    return await read();
  }
}

/** Milliseconds after which an operation that is given up is killed again: it may have begun only since. */
const AGAIN = 50;
/** With which of these its connection is closed, in case that nothing else helps. */
const LAST = 5;

interface Operation {
  readonly within: Within;
  /** Ends what runs, and closes the cursors that are open. */
  kill(): void;
  close(): void;
}

/**
 * An operation in a session of its own, killed when the budget's signal is aborted: that ends it on the server within
 * milliseconds and keeps the connection, while closing the connection would be noticed only half a second later.
 */
function opened(db: Db, kill: Kill, budget: Budget): Operation {
  budget.signal.throwIfAborted();
  const session = db.client.startSession();
  const lastResort = new AbortController();
  let killed: Promise<unknown> | undefined;
  let again: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (session.id !== undefined) killed = Promise.all([killed, kill(session.id)]);
  };
  const giveUp = (): void => {
    let times = 0;
    end();
    again = setInterval(() => {
      if (++times === LAST) {
        clearInterval(again);
        lastResort.abort();
      }
      end();
    }, AGAIN);
  };
  budget.signal.addEventListener('abort', giveUp, { once: true });
  return {
    within: { session, maxTimeMS: budget.remaining(), signal: lastResort.signal },
    kill: end,
    close() {
      budget.signal.removeEventListener('abort', giveUp);
      clearInterval(again);
      // The driver gives an ended session to the next operation, which a kill on its way would hit.
      if (killed === undefined) void session.endSession();
      else void killed.then(() => session.endSession());
    },
  };
}

/**
 * Runs work on `db` within a budget; its errors become this service's, the unknown ones reported. `kill` has
 * connections of its own, so that what ends work is never behind the work in a queue.
 */
export function running(db: Db, kill: Kill, report: (error: unknown) => void) {
  // A command takes neither of these from the URI by itself.
  const concern = db.readConcern === undefined ? {} : { readConcern: db.readConcern.toJSON() };
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
    /**
     * The first batch of what `command` reads, and no other: one round trip, and none of the driver's cost for each
     * document. A cursor that has more is closed.
     */
    async batch(budget: Budget, command: Document, readPreference?: ReadPreferenceLike): Promise<Batch> {
      const operation = opened(db, kill, budget);
      const { session, signal, maxTimeMS } = operation.within;
      try {
        const options = { raw: true, session, signal, readPreference: readPreference ?? db.readPreference };
        const within = { ...command, ...concern, maxTimeMS };
        const { cursor }: { readonly cursor?: unknown } = await retried(budget, () =>
          db.command(within, options),
        );
        if (!Buffer.isBuffer(cursor)) throw new Error('MongoDB answered no cursor');
        const batch = batchIn(cursor);
        if (batch.more) operation.kill();
        return batch;
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

export type Running = ReturnType<typeof running>;
