/** Runs one write and repeats it until the server has answered; a number makes the repetitions one write. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Long, MongoServerError, MongoServerSelectionError, WriteConcern } from 'mongodb';
import type { ClientSession, Db, Document } from 'mongodb';
import type { Deadline } from '../limits/abort.js';
import { isLost } from './errors.js';
import { commentOf } from './operation.js';

/** The code for a numbered write on a standalone server. */
const ILLEGAL_OPERATION = 20;

const lacksTransactionNumbers = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === ILLEGAL_OPERATION;

/** The delay before a lost write is sent again. */
const RETRY_DELAY_MS = 100;

/** Numbers a write: the server, or a primary after it, recognizes a repetition by it and repeats only the answer. */
const nextTransactionNumber = ({ serverSession }: ClientSession): Document => ({
  txnNumber: Long.fromNumber(++serverSession.txnNumber),
});

/**
 * Repeats `write` while its connection or its server is lost and the call still waits. The driver retries once, and not at
 * all if another call has already found the server lost.
 */
async function retryWhileLost<T>({ signal }: Deadline, write: () => Promise<T>): Promise<T> {
  for (let wasLost = false; ; wasLost = true) {
    try {
      return await write();
    } catch (error) {
      const mayRetry = isLost(error) || (wasLost && error instanceof MongoServerSelectionError);
      if (signal.aborted || !mayRetry) throw error;
    }
    await sleep(RETRY_DELAY_MS, undefined, { signal });
  }
}

/** The reply to a write. */
interface WriteReply {
  /** Documents changed. */
  readonly n?: number;
  readonly writeErrors?: readonly Document[];
}

/** The command with the write concern of the URI, unless that asks for no acknowledgement. */
function withWriteConcern(command: Document, { writeConcern }: Db): Document {
  return writeConcern === undefined || writeConcern.w === 0
    ? command
    : WriteConcern.apply({ ...command }, writeConcern);
}

/** Runs the write `command` in a session, once however often it is sent, and returns the number of documents changed. */
export async function runWrite(
  db: Db,
  session: ClientSession,
  deadline: Deadline,
  command: Document,
): Promise<number> {
  const acknowledged = withWriteConcern(command, db);
  async function send(fields: Document): Promise<number> {
    const limited = {
      ...acknowledged,
      ...fields,
      ...commentOf(deadline),
      maxTimeMS: deadline.remaining(),
    };
    const { n = 0, writeErrors = [] }: WriteReply = await db.command(limited, {
      session,
      signal: deadline.signal,
    });
    for (const failed of writeErrors) throw new MongoServerError(failed);
    return n;
  }
  if (!db.client.options.retryWrites) return send({});
  const number = nextTransactionNumber(session);
  try {
    return await retryWhileLost(deadline, () => send(number));
  } catch (error) {
    if (!lacksTransactionNumbers(error)) throw error;
    return await send({});
  }
}
