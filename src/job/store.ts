/**
 * The collections job and collector (docs/architecture.md «Storage»): time limits, cancellation and read preference.
 * Reads take only confined filters, and nothing changes a document: the one write deletes one job.
 */
import type { Db, ObjectId } from 'mongodb';
import { projectionTo } from '../query/compile.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { MongoFilter, MongoSort, MongoStage } from '../query/mongo.js';
import type { Page } from '../query/model.js';
import { FilterRefused } from './database-errors.js';
import { running } from './operation.js';
import type { Batches, Budget, Cursor, Within } from './operation.js';
import type { StoredDocument } from './stored.js';

export interface Collector extends StoredDocument {
  readonly _id: ObjectId;
}

export interface JobStore {
  one(filter: ConfinedFilter, projection: MongoFilter, budget: Budget): Promise<StoredDocument | undefined>;
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
  readonly projection: MongoFilter;
  readonly sort: MongoSort;
  readonly page: Page | undefined;
}

/** Documents that come at once: a page of 1,000 and the one that would be next, and no more however long the list. */
const BATCH = 1001;

/** One batch for a page: the driver would otherwise fetch 101 documents first. */
const batchOf = (page: Page | undefined): number =>
  page === undefined ? BATCH : Math.min(page.limit + 1, BATCH);

/** The store over `db`, with `control` to end operations by; errors that have no name here go to `report`. */
export function jobStore(db: Db, control: Db, report: (error: unknown) => void): JobStore {
  const jobs = db.collection('job');
  const collectors = db.collection<Collector>('collector');
  const { once, inBatches } = running(db, control, report);

  const find = (filter: ConfinedFilter, { projection, sort, page }: FindPlan, within: Within): Cursor =>
    jobs.find(filter, {
      projection,
      sort: new Map(sort),
      // A limit of 0 would mean the same to MongoDB, but makes the driver ask for batches that double each time.
      ...page,
      batchSize: batchOf(page),
      allowDiskUse: true,
      ...within,
    });

  const aggregate = (filter: ConfinedFilter, stages: readonly MongoStage[], within: Within) =>
    jobs.aggregate<StoredDocument>([{ $match: filter }, ...stages], {
      readPreference: 'secondaryPreferred',
      batchSize: BATCH,
      allowDiskUse: true,
      ...within,
    });

  async function rowCount(
    filter: ConfinedFilter,
    stages: readonly MongoStage[],
    within: Within,
  ): Promise<number> {
    const [counted] = await aggregate(filter, stages, within).toArray();
    return Number(counted?.['rows'] ?? 0);
  }

  async function collectorIds(scope: ConfinedFilter, filters: readonly MongoFilter[], within: Within) {
    const facets = filters.map(
      (filter, i) => [`facet${i}`, [{ $match: filter }, { $project: { _id: 1 } }]] as const,
    );
    const pipeline = [{ $match: scope }, { $facet: Object.fromEntries(facets) }];
    const [found] = await collectors.aggregate<Record<string, Collector[]>>(pipeline, within).toArray();
    return facets.map(([name]) => (found?.[name] ?? []).map(({ _id }) => _id));
  }

  async function accepts(filter: MongoFilter, budget: Budget): Promise<boolean> {
    const none = { $and: [{ job_id: { $in: [] } }, filter] };
    try {
      await once(budget, (within) => jobs.findOne(none, within));
      return true;
    } catch (error) {
      if (error instanceof FilterRefused) return false;
      throw error;
    }
  }

  return {
    accepts,
    one: (filter, projection, budget) =>
      once(budget, async (within) => (await jobs.findOne(filter, { projection, ...within })) ?? undefined),
    list: (filter, plan, budget) => inBatches(budget, (within) => find(filter, plan, within)),
    count: (filter, budget) => once(budget, (within) => jobs.countDocuments(filter, within)),
    rows: (filter, stages, budget) => inBatches(budget, (within) => aggregate(filter, stages, within)),
    rowCount: (filter, stages, budget) => once(budget, (within) => rowCount(filter, stages, within)),
    collectorIds: (scope, filters, budget) => once(budget, (within) => collectorIds(scope, filters, within)),
    remove: (filter, budget) =>
      once(budget, async ({ maxTimeMS }) => (await jobs.deleteOne(filter, { maxTimeMS })).deletedCount > 0),
    collectors: (filter, paths, budget) =>
      once(budget, (within) => {
        const projection = projectionTo(paths, 1);
        return collectors.find(filter, { projection, batchSize: BATCH, ...within }).toArray();
      }),
  };
}
