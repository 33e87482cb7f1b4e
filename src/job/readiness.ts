/** Watches whether the database answers (docs/operations.md «Health»). */
import { setTimeout as pause } from 'node:timers/promises';
import type { Db } from 'mongodb';

/** Milliseconds: between two pings, between them while there is no answer, and until a ping counts as unanswered. */
const PAUSE = 1000;
const PAUSE_UNANSWERED = 300;
const PATIENCE = 2000;

async function ping(db: Db, signal: AbortSignal): Promise<boolean> {
  try {
    await db.command({ ping: 1 }, { signal });
    return true;
  } catch {
    // Why it does not answer shows in the calls' own errors; here it only matters that it does not.
    return false;
  }
}

/** One broken connection is no lost database, so a ping that fails early is tried once more. */
async function answers(db: Db): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE);
  return (await ping(db, signal)) || (!signal.aborted && (await ping(db, signal)));
}

/** Pings `db` until `stop` is aborted, and hands each answer to `heard`. */
export async function watchDatabase(
  db: Db,
  stop: AbortSignal,
  heard: (answered: boolean) => void,
): Promise<void> {
  for (;;) {
    const answered = await answers(db);
    if (stop.aborted) return;
    heard(answered);
    // A pause ends early, with an error that says nothing more, when the watch is stopped.
    await pause(answered ? PAUSE : PAUSE_UNANSWERED, undefined, { signal: stop }).catch(() => undefined);
  }
}
