/** Counts operations that outlive their time in the database (docs/monitor.md «Metrics»). */
import type { Db } from 'mongodb';
import { withTimeout } from '../limits/abort.js';
import { APP_NAME } from './client-options.js';

/** The age of a count that is still reported. */
const TTL_MS = 10_000;
const TIMEOUT_MS = 1000;
/** The time beyond its budget in which an operation ends by itself. */
const GRACE_MS = 1000;

export interface OrphanCountOptions {
  /** The name of the database. */
  readonly database: string;
  /** A database on each server. Errors: there are no connections. */
  readonly servers: () => readonly Db[];
  /** The collections of calls. */
  readonly collections: readonly string[];
  /** Milliseconds of an operation without a time of its own. */
  readonly maxTimeMs: number;
  readonly monotonicNow: () => number;
}

export interface OrphanCount {
  latest(): number;
  /** Counts again if the latest count is old. It never fails; without an answer the latest count stays. */
  refresh(): Promise<void>;
}

interface Reply {
  readonly cursor?: { readonly firstBatch: readonly { readonly orphans: number }[] };
}

/** Finds operations of this service on `collections` that run beyond their time; any user may list its own. */
const pipelineFor = ({ database, collections, maxTimeMs }: OrphanCountOptions) => [
  { $currentOp: { allUsers: false } },
  {
    $match: {
      appName: APP_NAME,
      active: true,
      ns: { $in: collections.map((name) => `${database}.${name}`) },
    },
  },
  {
    $set: {
      budget: {
        $ifNull: ['$command.maxTimeMS', { $ifNull: ['$cursor.originatingCommand.maxTimeMS', maxTimeMs] }],
      },
    },
  },
  {
    $match: {
      $expr: { $gt: ['$microsecs_running', { $multiply: [1000, { $add: ['$budget', GRACE_MS] }] }] },
    },
  },
  { $count: 'orphans' },
];

export function createOrphanCount(options: OrphanCountOptions): OrphanCount {
  const { servers, monotonicNow } = options;
  const command = { aggregate: 1, pipeline: pipelineFor(options), cursor: {}, maxTimeMS: TIMEOUT_MS };
  let latest = 0;
  let countedAt = -Infinity;

  async function countOn({ client }: Db, signal: AbortSignal): Promise<number> {
    const { cursor }: Reply = await client.db('admin').command(command, { signal });
    const [found] = cursor?.firstBatch ?? [];
    return found?.orphans ?? 0;
  }

  async function count(signal: AbortSignal): Promise<number> {
    const counts = await Promise.all(servers().map((server) => countOn(server, signal)));
    return counts.reduce((sum, each) => sum + each, 0);
  }

  return {
    latest: () => latest,
    async refresh() {
      if (monotonicNow() - countedAt < TTL_MS) return;
      countedAt = monotonicNow();
      const never = new AbortController().signal;
      latest = await withTimeout(TIMEOUT_MS, never, count).catch(() => latest);
    },
  };
}
