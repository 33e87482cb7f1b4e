/** One operation on the database: within a call's deadline, ended on the server when the call is given up. */
import { setTimeout as pause } from 'node:timers/promises';
import { Long, MongoServerError, MongoServerSelectionError, WriteConcern } from 'mongodb';
import type {
  Abortable,
  AggregationCursor,
  ClientSession,
  Db,
  Document,
  FindCursor,
  FindOptions,
  ReadPreferenceLike,
} from 'mongodb';
import { toAppError, isLost, unavailable } from './errors.js';
import type { Connection } from './connections.js';
import type { Deadline } from '../limits/abort.js';
import type { Kill } from './session-killer.js';

/** Documents as MongoDB sends them, in BSON. */
export type Batches = AsyncIterable<readonly Buffer[]>;

export type Cursor = FindCursor<Buffer> | AggregationCursor<Buffer>;

/** Options that keep an operation within its deadline. */
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

/**
 * Only documents are taken as bytes. The driver reads an error as it reads an answer, and what an error says of the
 * topology has to be an object: bytes there break the driver's monitoring of the server.
 */
const RAW_DOCUMENTS = { fieldsAsRaw: { firstBatch: true }, enableUtf8Validation: false } as const;

/** The same for the cursor of an aggregation, by the name that the driver has for it, and gives to other cursors itself. */
export const RAW_AGGREGATION = { raw: true, documentsReturnedIn: 'firstBatch' } as const;

/** The cursor that MongoDB answers. */
interface FirstBatch {
  readonly firstBatch: readonly Buffer[];
  readonly id: unknown;
}

/** Runs a read that its connection or its server has failed once more. */
async function withOneRetry<T>({ signal }: Deadline, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted || !isLost(error)) throw error;
    return await read();
  }
}

/** Errors: the connections were closed, which ends the driver's cursors as if there were nothing more. */
function checkOpen({ closed }: Connection): void {
  if (closed.aborted) throw unavailable();
}

/** Milliseconds after which an operation that is given up is killed again: it may have begun only since. */
const KILL_INTERVAL_MS = 50;
/** With which of these its connection is closed, in case that nothing else helps. */
const MAX_KILLS = 5;
/** One for all: connections of the driver keep the reason for a while, and with one of its own all that the call had. */
const UNENDED = new Error('an operation that was given up did not end');

interface Operation {
  readonly within: Within;
  /** Ends what runs, and closes the cursors that are open. */
  kill(): void;
  close(): void;
}

/**
 * An operation in a session of its own, killed when the deadline's signal is aborted: that ends it on the server within
 * milliseconds and keeps the connection, while closing the connection would be noticed only half a second later.
 */
function beginOperation({ client }: Db, kill: Kill, deadline: Deadline): Operation {
  deadline.signal.throwIfAborted();
  const session = client.startSession();
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
      if (++times === MAX_KILLS) {
        clearInterval(again);
        lastResort.abort(UNENDED);
      }
      end();
    }, KILL_INTERVAL_MS);
  };
  deadline.signal.addEventListener('abort', giveUp, { once: true });
  return {
    within: { session, maxTimeMS: deadline.remaining(), signal: lastResort.signal },
    kill: end,
    close() {
      deadline.signal.removeEventListener('abort', giveUp);
      clearInterval(again);
      // The driver gives an ended session to the next operation, which a kill on its way would hit.
      if (killed === undefined) void session.endSession();
      else void killed.then(() => session.endSession());
    },
  };
}

/** A standalone server knows no numbers of writes. */
const ILLEGAL_OPERATION = 20;

const lacksTransactionNumbers = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === ILLEGAL_OPERATION;

/** Milliseconds before a write that was lost is sent again. */
const RETRY_DELAY_MS = 100;

/** By its number a server knows a write again that it, or the primary before it, has done already, and answers the same. */
const nextTransactionNumber = ({ serverSession }: ClientSession): Document => ({
  txnNumber: Long.fromNumber(++serverSession.txnNumber),
});

/**
 * Does one write, as long as it is wanted again where its connection or its server was lost. The driver does so once,
 * and not where another call has already found out that the server is lost.
 */
async function untilWritten<T>({ signal }: Deadline, write: () => Promise<T>): Promise<T> {
  for (let lost = false; ; lost = true) {
    try {
      return await write();
    } catch (error) {
      const again = isLost(error) || (lost && error instanceof MongoServerSelectionError);
      if (signal.aborted || !again) throw error;
    }
    await pause(RETRY_DELAY_MS, undefined, { signal });
  }
}

/** What a command that writes answers. */
interface Written {
  /** Documents that it has changed. */
  readonly n?: number;
  readonly writeErrors?: readonly Document[];
}

/** How many documents `command` changes in a session: it is done once, however often it has to be sent. */
async function runWrite(
  db: Db,
  session: ClientSession,
  deadline: Deadline,
  command: Document,
): Promise<number> {
  const { signal } = deadline;
  const concern = db.writeConcern?.w === 0 ? undefined : db.writeConcern;
  const acknowledged = concern === undefined ? command : WriteConcern.apply({ ...command }, concern);
  async function send(more: Document): Promise<number> {
    const within = { ...acknowledged, ...more, maxTimeMS: deadline.remaining() };
    const { n = 0, writeErrors = [] }: Written = await db.command(within, { session, signal });
    for (const failed of writeErrors) throw new MongoServerError(failed);
    return n;
  }
  if (!db.client.options.retryWrites) return send({});
  const number = nextTransactionNumber(session);
  try {
    return await untilWritten(deadline, () => send(number));
  } catch (error) {
    if (!lacksTransactionNumbers(error)) throw error;
    return await send({});
  }
}

/** The first batch of what `command` reads, in an operation. A cursor that has more is closed. */
async function firstBatch(
  db: Db,
  { within: { session, signal, maxTimeMS }, kill }: Operation,
  deadline: Deadline,
  command: Document,
  readPreference: ReadPreferenceLike | undefined = db.readPreference,
): Promise<Batch> {
  // A command takes neither of these from the URI by itself.
  const concern = db.readConcern === undefined ? {} : { readConcern: db.readConcern.toJSON() };
  const options = { ...RAW_DOCUMENTS, readPreference, session, signal };
  const within = { ...command, ...concern, maxTimeMS };
  const { cursor }: { readonly cursor?: FirstBatch } = await withOneRetry(deadline, () =>
    db.command(within, options),
  );
  if (cursor === undefined) throw new Error('MongoDB answered no cursor');
  const more = String(cursor.id) !== '0';
  if (more) kill();
  return { documents: cursor.firstBatch, more };
}

/**
 * Runs work on the database within a deadline; its errors become this service's, the unknown ones reported. `kill` has
 * connections of its own, so that what ends work is never behind the work in a queue.
 */
export function createExecutor(connected: () => Connection, kill: Kill, report: (error: unknown) => void) {
  async function run<T>(
    deadline: Deadline,
    work: (operation: Operation, now: Connection) => Promise<T>,
  ): Promise<T> {
    const now = connected();
    const operation = beginOperation(now.db, kill, deadline);
    try {
      return await work(operation, now);
    } catch (error) {
      throw toAppError(error, deadline.signal, report);
    } finally {
      operation.close();
    }
  }

  return {
    run: <T>(deadline: Deadline, work: (within: Within, db: Db) => Promise<T>): Promise<T> =>
      run(deadline, async ({ within }, now) => {
        const done = await work(within, now.db);
        checkOpen(now);
        return done;
      }),
    /**
     * The first batch of what `command` reads, and no other: one round trip, and none of the driver's cost for each
     * document.
     */
    firstBatch: (
      deadline: Deadline,
      command: Document,
      readPreference?: ReadPreferenceLike,
    ): Promise<Batch> =>
      run(deadline, (operation, { db }) => firstBatch(db, operation, deadline, command, readPreference)),
    /** How many documents `command` changes. What is given up is not sent any more; what has been sent ends, or not. */
    write: (deadline: Deadline, command: Document): Promise<number> =>
      run(deadline, ({ within: { session } }, { db }) => runWrite(db, session, deadline, command)),
    async *stream(deadline: Deadline, open: (within: Within, db: Db) => Cursor): Batches {
      const now = connected();
      const operation = beginOperation(now.db, kill, deadline);
      try {
        yield* batches(open(operation.within, now.db));
        checkOpen(now);
      } catch (error) {
        throw toAppError(error, deadline.signal, report);
      } finally {
        operation.close();
      }
    },
  };
}

export type Executor = ReturnType<typeof createExecutor>;
