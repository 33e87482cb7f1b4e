/**
 * The collections job and collector (docs/architecture.md «Storage»): time limits, cancellation and read preference.
 * Reads take only confined filters, and nothing changes a document: the one write deletes one job.
 */
import type { AggregationCursor, Db, Document, FindCursor, ObjectId } from 'mongodb';
import { projectionTo } from '../query/compile.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { MongoFilter, MongoSort, MongoStage } from '../query/mongo.js';
import type { Page } from '../query/model.js';
import { FilterRefused, fromDatabase } from './database-errors.js';
import type { StoredDocument } from './schema.js';

/** How long a call may take, and whether it is still wanted. */
export interface Budget {
  readonly signal: AbortSignal;
  /** Milliseconds left, at least 1. */
  remaining(): number;
}

export interface Collector extends StoredDocument {
  readonly _id: ObjectId;
}

export type Batches = AsyncIterable<readonly StoredDocument[]>;

export interface JobStore {
  one(filter: ConfinedFilter, projection: Document, budget: Budget): Promise<StoredDocument | undefined>;
  list(filter: ConfinedFilter, find: FindPlan, budget: Budget): Batches;
  count(filter: ConfinedFilter, budget: Budget): Promise<number>;
  /** Deletes one job; false where there is none. */
  remove(filter: ConfinedFilter, budget: Budget): Promise<boolean>;
  /** The rows of a pipeline over what `filter` gives; they may be read from secondaries. */
  rows(filter: ConfinedFilter, stages: readonly MongoStage[], budget: Budget): Batches;
  /** How many rows a pipeline gives that ends by counting them as `{rows}`. */
  rowCount(filter: ConfinedFilter, stages: readonly MongoStage[], budget: Budget): Promise<number>;
  /** The collectors that meet `filter`, with the paths to show; `_id` always. */
  collectors(filter: ConfinedFilter, paths: readonly string[], budget: Budget): Promise<readonly Collector[]>;
  /** Whether MongoDB can make sense of `filter`. */
  accepts(filter: MongoFilter, budget: Budget): Promise<boolean>;
}

export interface FindPlan {
  readonly projection: Document;
  readonly sort: MongoSort;
  readonly page: Page | undefined;
}

const BATCH = 1000;
const LARGEST_BATCH = 100_000;

/** One batch for a page: the driver would otherwise fetch 101 documents first. */
const batchOf = (page: Page | undefined): number =>
  page === undefined ? BATCH : Math.min(page.limit + 1, LARGEST_BATCH);

async function* batches(cursor: FindCursor | AggregationCursor): Batches {
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

/** The store over `db`; errors that have no name here go to `report`. */
export function jobStore(db: Db, report: (error: unknown) => void): JobStore {
  const jobs = db.collection('job');
  const collectors = db.collection<Collector>('collector');
  const within = (budget: Budget) => ({ maxTimeMS: budget.remaining(), signal: budget.signal });

  const aggregate = (
    filter: ConfinedFilter,
    stages: readonly MongoStage[],
    budget: Budget,
  ): AggregationCursor =>
    jobs.aggregate([{ $match: filter }, ...stages], {
      readPreference: 'secondaryPreferred',
      batchSize: BATCH,
      allowDiskUse: true,
      ...within(budget),
    });

  async function run<T>(budget: Budget, work: () => Promise<T>): Promise<T> {
    try {
      budget.signal.throwIfAborted();
      return await work();
    } catch (error) {
      throw fromDatabase(error, budget.signal, report);
    }
  }

  async function* runBatches(budget: Budget, open: () => FindCursor | AggregationCursor): Batches {
    try {
      budget.signal.throwIfAborted();
      yield* batches(open());
    } catch (error) {
      throw fromDatabase(error, budget.signal, report);
    }
  }

  return {
    one: (filter, projection, budget) =>
      run(budget, async () => (await jobs.findOne(filter, { projection, ...within(budget) })) ?? undefined),

    list: (filter, { projection, sort, page }, budget) =>
      runBatches(budget, () =>
        jobs.find(filter, {
          projection,
          sort: new Map(sort),
          skip: page?.skip ?? 0,
          limit: page?.limit ?? 0,
          batchSize: batchOf(page),
          allowDiskUse: true,
          ...within(budget),
        }),
      ),

    count: (filter, budget) => run(budget, () => jobs.countDocuments(filter, within(budget))),

    remove: (filter, budget) =>
      run(
        budget,
        async () => (await jobs.deleteOne(filter, { maxTimeMS: budget.remaining() })).deletedCount > 0,
      ),

    rows: (filter, stages, budget) => runBatches(budget, () => aggregate(filter, stages, budget)),

    rowCount: (filter, stages, budget) =>
      run(budget, async () => {
        const [counted] = await aggregate(filter, stages, budget).toArray();
        return counted?.['rows'] ?? 0;
      }),

    collectors: (filter, paths, budget) =>
      run(budget, () =>
        collectors
          .find(filter, {
            projection: { _id: 1, ...projectionTo(paths) },
            batchSize: BATCH,
            ...within(budget),
          })
          .toArray(),
      ),

    async accepts(filter, budget) {
      const none = { $and: [{ job_id: { $in: [] } }, filter] };
      try {
        await run(budget, () => jobs.findOne(none, within(budget)));
        return true;
      } catch (error) {
        if (error instanceof FilterRefused) return false;
        throw error;
      }
    },
  };
}
