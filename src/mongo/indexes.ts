/** The indexes that this service's orders need: made by a command, and watched while it serves (docs/operations.md). */
import { setTimeout as pause } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { withTimeout } from '../limits/abort.js';
import { isUnauthorized, createRightsLog, summaryOf } from './rights.js';
import { INDEXES, JOB_SCHEMA } from '../job/schema.js';

const MISSING_COLLECTION = 26;

type IndexKey = Readonly<Record<string, unknown>>;

/** Options by which an index has not each job, or not in the order of our sorts, or not for queries. */
const NARROWING = ['partialFilterExpression', 'sparse', 'collation', 'hidden'] as const;

/** An index as MongoDB lists it; one that is being built stands in a `spec`. */
type Listed = Readonly<Record<(typeof NARROWING)[number], unknown>> & { readonly key?: IndexKey };

interface Listing {
  readonly cursor?: { readonly firstBatch: readonly Listed[] };
}

/** Milliseconds that MongoDB has to list the indexes. */
const LIST_TIMEOUT_MS = 10_000;

/** The keys of the indexes that a query on any jobs can use. */
async function existingKeys(db: Db, signal: AbortSignal): Promise<readonly IndexKey[]> {
  const command = { listIndexes: 'job', includeBuildUUIDs: true, maxTimeMS: LIST_TIMEOUT_MS };
  try {
    const listing: Listing = await db.command(command, { signal });
    const listed = listing.cursor?.firstBatch ?? [];
    const whole = listed.filter((index) => NARROWING.every((option) => !index[option]));
    return whole.flatMap(({ key }) => (key === undefined ? [] : [key]));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === MISSING_COLLECTION) return [];
    throw error;
  }
}

/** The keys of INDEXES that are not among `found`. */
function missingOf(found: readonly IndexKey[]): readonly (typeof INDEXES)[number][] {
  const keys = new Set(found.map((key) => JSON.stringify(key)));
  return INDEXES.filter((key) => !keys.has(JSON.stringify(key)));
}

/** The fields by which an index has the jobs of a domain in order, ties broken by id in the same direction. */
function orderedBy(found: readonly IndexKey[]): ReadonlySet<string> {
  const three = found.map((key) => Object.entries(key)).filter(({ length }) => length === 3);
  const ordering = three.filter(
    ([domain, field, id]) => domain?.[0] === 'domain_id' && id?.[0] === JOB_SCHEMA.id && field?.[1] === id[1],
  );
  return new Set(ordering.map(([, field]) => field?.[0] ?? ''));
}

/** Makes the missing indexes, and answers their names. */
export async function makeIndexes(db: Db): Promise<readonly string[]> {
  const missing = missingOf(await existingKeys(db, AbortSignal.timeout(LIST_TIMEOUT_MS)));
  return Promise.all(missing.map((key) => db.collection('job').createIndex({ ...key })));
}

/** What the indexes are found to be. */
export interface FoundIndexes {
  readonly missing: readonly IndexKey[];
  readonly orderedBy: ReadonlySet<string>;
}

export async function findIndexes(
  db: Db,
  signal: AbortSignal = AbortSignal.timeout(LIST_TIMEOUT_MS),
): Promise<FoundIndexes> {
  const found = await existingKeys(db, signal);
  return { missing: missingOf(found), orderedBy: orderedBy(found) };
}

/** Milliseconds between two looks. */
const POLL_INTERVAL_MS = 60_000;

/** A subset of pino's. */
export interface IndexLog {
  info(message: string): void;
  warn(message: string): void;
  warn(about: object, message: string): void;
  debug(about: object, message: string): void;
}

export interface IndexWatch {
  readonly orderedBy: () => ReadonlySet<string>;
  /** Looks once. */
  look(): Promise<void>;
  /** Begins to look, unless it has begun; `stop` ends it. */
  begin(): void;
  stop(): Promise<void>;
}

/** Knows the indexes of the database, and says once which are missing, and which rights. */
export function createIndexWatch(database: () => Db, log: IndexLog): IndexWatch {
  const stop = new AbortController();
  let known: ReadonlySet<string> = new Set();
  let said = '[]';
  let failure: string | undefined;
  const rights = createRightsLog(log);
  let watching: Promise<void> | undefined;

  function say(missing: FoundIndexes['missing']): void {
    const text = JSON.stringify(missing);
    if (text !== said && missing.length > 0)
      log.warn({ missing }, 'indexes are missing; lists are slow without them: npm run indexes');
    said = text;
  }

  /** Says once why the indexes are not known, until they are; what a right is missing for, `rights` says. */
  function sayFailure(error: unknown): void {
    const reason = summaryOf(error);
    if (stop.signal.aborted || reason === failure) return;
    failure = reason;
    log.debug({ err: error }, 'the indexes cannot be looked at');
    if (!isUnauthorized(error))
      log.warn(`the indexes cannot be looked at (${reason}); it is tried each minute`);
  }

  async function lookAtIndexes(signal: AbortSignal): Promise<void> {
    try {
      const found = await findIndexes(database(), signal);
      known = found.orderedBy;
      failure = undefined;
      say(found.missing);
    } catch (error) {
      sayFailure(error);
    }
  }

  async function look(): Promise<void> {
    await withTimeout(LIST_TIMEOUT_MS, stop.signal, async (signal) => {
      await Promise.all([lookAtIndexes(signal), rights.look(database(), signal)]);
    });
  }

  async function watch(signal: AbortSignal): Promise<void> {
    do {
      await look();
      // The pause ends early, with an error that says nothing more, when the watch is stopped.
      await pause(POLL_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    } while (!signal.aborted);
  }

  return {
    orderedBy: () => known,
    look,
    begin() {
      watching ??= watch(stop.signal);
    },
    async stop() {
      stop.abort();
      await watching;
    },
  };
}
