/** Runs operations within the deadline of a call: whole, as a stream, or for their first batch (docs/configure.md «Deadlines»). */
import type { AggregationCursor, Db, Document, FindCursor, ReadPreferenceLike } from 'mongodb';
import { timed } from '../limits/abort.js';
import type { Deadline } from '../limits/abort.js';
import type { Connection } from './connections.js';
import { isLost, toAppError, unavailable } from './errors.js';
import { beginOperation, commentOf } from './operation.js';
import type { Operation, OperationOptions } from './operation.js';
import type { Kill } from './session-killer.js';
import { runWrite } from './write.js';

/** Documents in BSON, as sent by MongoDB. */
export type Batches = AsyncIterable<readonly Buffer[]>;

export type Cursor = FindCursor<Buffer> | AggregationCursor<Buffer>;

/** The first documents of a read. */
export interface Batch {
  readonly documents: readonly Buffer[];
  /** True: the read has further documents. */
  readonly more: boolean;
}

/**
 * Keeps only documents as bytes. The driver parses an error with the options of the expected reply, and an error's
 * report on the topology has to be an object: bytes there break the driver's monitoring of the server.
 */
const RAW_DOCUMENTS = { fieldsAsRaw: { firstBatch: true }, enableUtf8Validation: false } as const;

/** Does the same for the cursor of an aggregation, by an option that the driver sets for other cursors itself. */
export const RAW_AGGREGATION = { raw: true, documentsReturnedIn: 'firstBatch' } as const;

/** The cursor in a reply of MongoDB. */
interface CursorReply {
  readonly firstBatch: readonly Buffer[];
  readonly id: unknown;
}

async function* batchesOf(cursor: Cursor, deadline: Deadline): Batches {
  try {
    while (await timed(deadline, 'database', () => cursor.hasNext())) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

/** Repeats a read once if its connection or its server is lost, unless the URI has `retryReads=false`. */
async function withOneRetry<T>({ client }: Db, { signal }: Deadline, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (signal.aborted || !client.options.retryReads || !isLost(error)) throw error;
    return await read();
  }
}

/** Errors: the connections were closed, and then the driver's cursors end without an error, as if complete. */
function checkOpen({ closed }: Connection): void {
  if (closed.aborted) throw unavailable();
}

/** Reads the first batch of `command`, and closes a cursor with further documents. */
async function readFirstBatch(
  db: Db,
  { options: { session, signal, maxTimeMS, collation }, kill }: Operation,
  deadline: Deadline,
  command: Document,
  readPreference: ReadPreferenceLike | undefined = db.readPreference,
): Promise<Batch> {
  // A command takes neither the read concern nor the read preference of the URI by itself.
  const concern = db.readConcern === undefined ? {} : { readConcern: db.readConcern.toJSON() };
  const options = { ...RAW_DOCUMENTS, readPreference, session, signal };
  const limited = { ...command, ...concern, ...commentOf(deadline), maxTimeMS, collation };
  const { cursor }: { readonly cursor?: CursorReply } = await withOneRetry(db, deadline, () =>
    db.command(limited, options),
  );
  if (cursor === undefined) throw new Error('MongoDB answered no cursor');
  const more = String(cursor.id) !== '0';
  if (more) kill();
  return { documents: cursor.firstBatch, more };
}

/**
 * Creates an executor on the current connections. Errors of the database become AppErrors; unknown ones are also
 * reported. `kill` has connections of its own, so that a kill never waits behind the operation that it ends.
 */
export function createExecutor(connected: () => Connection, kill: Kill, report: (error: unknown) => void) {
  async function begin<T>(
    deadline: Deadline,
    work: (operation: Operation, connection: Connection) => Promise<T>,
  ): Promise<T> {
    const connection = connected();
    using operation = beginOperation(connection.db, kill, deadline);
    const end = deadline.observer?.begin('database');
    try {
      return await work(operation, connection);
    } catch (error) {
      throw toAppError(error, deadline.signal, report);
    } finally {
      end?.();
    }
  }

  return {
    run: <T>(deadline: Deadline, work: (options: OperationOptions, db: Db) => Promise<T>): Promise<T> =>
      begin(deadline, async ({ options }, connection) => {
        const result = await work(options, connection.db);
        checkOpen(connection);
        return result;
      }),
    /** Reads one batch in one round trip, without the driver's cost for each document. */
    firstBatch: (
      deadline: Deadline,
      command: Document,
      readPreference?: ReadPreferenceLike,
    ): Promise<Batch> =>
      begin(deadline, (operation, { db }) =>
        readFirstBatch(db, operation, deadline, command, readPreference),
      ),
    /**
     * Deletes one document of `filter` and returns the number deleted. After an abort the command is not sent any more; one
     * sent before may or may not take effect.
     */
    deleteOne: (deadline: Deadline, collection: string, filter: Document): Promise<number> =>
      begin(deadline, ({ options: { session, collation } }, { db }) => {
        const statement = { q: filter, limit: 1, collation };
        return runWrite(db, session, deadline, { delete: collection, deletes: [statement] });
      }),
    async *stream(deadline: Deadline, open: (options: OperationOptions, db: Db) => Cursor): Batches {
      const connection = connected();
      using operation = beginOperation(connection.db, kill, deadline);
      try {
        yield* batchesOf(open(operation.options, connection.db), deadline);
        checkOpen(connection);
      } catch (error) {
        throw toAppError(error, deadline.signal, report);
      }
    },
  };
}

export type Executor = ReturnType<typeof createExecutor>;
