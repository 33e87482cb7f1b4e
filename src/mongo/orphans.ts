/** Counts operations that outlive their time in the database (docs/monitor.md «Metrics»). */
import type { Db, MongoClient } from 'mongodb';
import type { MonotonicClock } from '../clock.js';
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
  readonly monotonicNow: MonotonicClock;
}

export interface OrphanCount {
  latest(): number;
  /** Counts again if the latest counts are old. It never fails; the count of a server without an answer stays. */
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
  const never = new AbortController().signal;
  /** The latest count of each server; of one that is gone it goes with its client. */
  let counts: ReadonlyMap<MongoClient, number> = new Map();
  let countedAt = -Infinity;

  async function countOn({ client }: Db): Promise<readonly [MongoClient, number]> {
    const count = async (signal: AbortSignal): Promise<number> => {
      const { cursor }: Reply = await client.db('admin').command(command, { signal });
      return cursor?.firstBatch[0]?.orphans ?? 0;
    };
    // A server without an answer says nothing about the others.
    const latest = await withTimeout(TIMEOUT_MS, never, count).catch(() => counts.get(client) ?? 0);
    return [client, latest];
  }

  const countAll = async () => new Map(await Promise.all(servers().map(countOn)));

  return {
    latest: () => [...counts.values()].reduce((sum, each) => sum + each, 0),
    async refresh() {
      if (monotonicNow() - countedAt < TTL_MS) return;
      countedAt = monotonicNow();
      counts = await countAll().catch(() => counts);
    },
  };
}
