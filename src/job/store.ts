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
import type { StoredDocument } from './stored.js';

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
  /** For each of `filters` the ids of the collectors within `scope` that meet it; one query for all. */
  collectorIds(
    scope: ConfinedFilter,
    filters: readonly MongoFilter[],
    budget: Budget,
  ): Promise<readonly (readonly ObjectId[])[]>;
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

type Cursor = FindCursor | AggregationCursor;

async function* batches(cursor: Cursor): Batches {
  try {
    while (await cursor.hasNext()) yield cursor.readBufferedDocuments();
  } finally {
    await cursor.close();
  }
}

/** Runs work on the database within a budget; its errors become this service's, the unknown ones reported. */
function running(report: (error: unknown) => void) {
  return {
    async once<T>(budget: Budget, work: () => Promise<T>): Promise<T> {
      try {
        budget.signal.throwIfAborted();
        return await work();
      } catch (error) {
        throw fromDatabase(error, budget.signal, report);
      }
    },
    async *inBatches(budget: Budget, open: () => Cursor): Batches {
      try {
        budget.signal.throwIfAborted();
        yield* batches(open());
      } catch (error) {
        throw fromDatabase(error, budget.signal, report);
      }
    },
  };
}

const within = (budget: Budget) => ({ maxTimeMS: budget.remaining(), signal: budget.signal });

/** The store over `db`; errors that have no name here go to `report`. */
export function jobStore(db: Db, report: (error: unknown) => void): JobStore {
  const jobs = db.collection('job');
  const collectors = db.collection<Collector>('collector');
  const { once, inBatches } = running(report);

  const find = (filter: ConfinedFilter, { projection, sort, page }: FindPlan, budget: Budget): Cursor =>
    jobs.find(filter, {
      projection,
      sort: new Map(sort),
      skip: page?.skip ?? 0,
      limit: page?.limit ?? 0,
      batchSize: batchOf(page),
      allowDiskUse: true,
      ...within(budget),
    });

  const aggregate = (filter: ConfinedFilter, stages: readonly MongoStage[], budget: Budget) =>
    jobs.aggregate<StoredDocument>([{ $match: filter }, ...stages], {
      readPreference: 'secondaryPreferred',
      batchSize: BATCH,
      allowDiskUse: true,
      ...within(budget),
    });

  async function rowCount(
    filter: ConfinedFilter,
    stages: readonly MongoStage[],
    budget: Budget,
  ): Promise<number> {
    const [counted] = await aggregate(filter, stages, budget).toArray();
    return Number(counted?.['rows'] ?? 0);
  }

  async function collectorIds(scope: ConfinedFilter, filters: readonly MongoFilter[], budget: Budget) {
    const facets = filters.map(
      (filter, i) => [`facet${i}`, [{ $match: filter }, { $project: { _id: 1 } }]] as const,
    );
    const pipeline = [{ $match: scope }, { $facet: Object.fromEntries(facets) }];
    const [found] = await collectors
      .aggregate<Record<string, Collector[]>>(pipeline, within(budget))
      .toArray();
    return facets.map(([name]) => (found?.[name] ?? []).map(({ _id }) => _id));
  }

  async function accepts(filter: MongoFilter, budget: Budget): Promise<boolean> {
    const none = { $and: [{ job_id: { $in: [] } }, filter] };
    try {
      await once(budget, () => jobs.findOne(none, within(budget)));
      return true;
    } catch (error) {
      if (error instanceof FilterRefused) return false;
      throw error;
    }
  }

  return {
    accepts,
    one: (filter, projection, budget) =>
      once(budget, async () => (await jobs.findOne(filter, { projection, ...within(budget) })) ?? undefined),
    list: (filter, plan, budget) => inBatches(budget, () => find(filter, plan, budget)),
    count: (filter, budget) => once(budget, () => jobs.countDocuments(filter, within(budget))),
    rows: (filter, stages, budget) => inBatches(budget, () => aggregate(filter, stages, budget)),
    rowCount: (filter, stages, budget) => once(budget, () => rowCount(filter, stages, budget)),
    collectorIds: (scope, filters, budget) => once(budget, () => collectorIds(scope, filters, budget)),
    remove: (filter, budget) =>
      once(
        budget,
        async () => (await jobs.deleteOne(filter, { maxTimeMS: budget.remaining() })).deletedCount > 0,
      ),
    collectors: (filter, paths, budget) =>
      once(budget, () => {
        const projection = projectionTo(['_id', ...paths]);
        return collectors.find(filter, { projection, batchSize: BATCH, ...within(budget) }).toArray();
      }),
  };
}
