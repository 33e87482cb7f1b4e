/** Polls the indexes of a collection and the rights of the service's user, and logs each change (docs/deploy.md «Database»). */
import type { Db } from 'mongodb';
import type { MonotonicClock } from '../clock.js';
import { delay, withTimeout } from '../limits/abort.js';
import { findIndexes, indexName, LIST_TIMEOUT_MS } from './indexes.js';
import type { IndexKey, IndexPlan } from './indexes.js';
import { createRightsLog, errorSummary, isUnauthorized } from './rights.js';
import type { RequiredRights, RightsLog } from './rights.js';

const POLL_INTERVAL_MS = 60_000;

export interface IndexLog extends RightsLog {
  warn(message: string): void;
  warn(about: object, message: string): void;
  debug(about: object, message: string): void;
}

export interface IndexWatchOptions {
  readonly database: () => Db;
  readonly indexes: IndexPlan;
  readonly rights: RequiredRights;
  readonly log: IndexLog;
  readonly monotonicNow: MonotonicClock;
}

export interface IndexWatch {
  /** The fields with an index to sort a tenant's documents by them; none before the first check. */
  readonly orderedBy: () => ReadonlySet<string>;
  /** True: the last check has found the index. */
  isPresent(name: string): boolean;
  /** Milliseconds since the last successful check, or since the creation of the watch. */
  age(): number;
  /** Checks once. */
  check(): Promise<void>;
  /** Begins to poll, once; `stop` ends it. */
  start(): void;
  stop(): Promise<void>;
}

/** Logs missing indexes when they change, and a failure to list them once until a check succeeds. */
function createFindingsLog(log: IndexLog) {
  let loggedMissing = '[]';
  let loggedFailure: string | undefined;
  return {
    found(missing: readonly IndexKey[]) {
      loggedFailure = undefined;
      const text = JSON.stringify(missing);
      if (text !== loggedMissing && missing.length > 0)
        log.warn({ missing }, 'indexes are missing; lists are slow without them: npm run indexes');
      loggedMissing = text;
    },
    failed(error: unknown) {
      const reason = errorSummary(error);
      if (reason === loggedFailure) return;
      loggedFailure = reason;
      log.debug({ err: error }, 'cannot list the indexes');
      // A missing right is logged with the other rights.
      if (!isUnauthorized(error)) log.warn(`cannot list the indexes (${reason}); retrying every minute`);
    },
  };
}

export function createIndexWatch(options: IndexWatchOptions): IndexWatch {
  const { database, indexes, rights, log, monotonicNow } = options;
  const stopping = new AbortController();
  const findingsLog = createFindingsLog(log);
  const rightsLog = createRightsLog(rights, log);
  let orderedBy: ReadonlySet<string> = new Set();
  let present: ReadonlySet<string> = new Set();
  let checkedAt = monotonicNow();
  let polling: Promise<void> | undefined;

  async function checkIndexes(signal: AbortSignal): Promise<void> {
    try {
      const found = await findIndexes(database(), indexes, signal);
      orderedBy = found.orderedBy;
      const missing = new Set(found.missing.map(indexName));
      present = new Set(indexes.keys.map(indexName).filter((name) => !missing.has(name)));
      checkedAt = monotonicNow();
      findingsLog.found(found.missing);
    } catch (error) {
      if (!stopping.signal.aborted) findingsLog.failed(error);
    }
  }

  const check = (): Promise<void> =>
    withTimeout(LIST_TIMEOUT_MS, stopping.signal, async (signal) => {
      await Promise.all([checkIndexes(signal), rightsLog.check(database(), signal)]);
    });

  async function poll(): Promise<void> {
    do {
      await check();
      await delay(POLL_INTERVAL_MS, stopping.signal);
    } while (!stopping.signal.aborted);
  }

  return {
    orderedBy: () => orderedBy,
    isPresent: (name) => present.has(name),
    age: () => monotonicNow() - checkedAt,
    check,
    start() {
      polling ??= poll();
    },
    async stop() {
      stopping.abort();
      await polling;
    },
  };
}
