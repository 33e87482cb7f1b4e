/**
 * The collections job and collector (docs/architecture.md «Storage»): time limits, cancellation and read preference.
 * Reads take only confined filters, and nothing changes a document: the one write deletes one job.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { BSON } from 'mongodb';
import type { Db, ObjectId, ReadPreferenceLike } from 'mongodb';
import { projectionTo } from '../query/compile.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { MongoFilter, MongoSort, MongoStage } from '../query/mongo.js';
import type { Page } from '../query/model.js';
import { FilterRefused } from './database-errors.js';
import { running } from './operation.js';
import type { Batches, Budget, Cursor, Within } from './operation.js';
import { keyOf, sharing } from './sharing.js';
import type { StoredDocument } from './stored.js';

export interface JobStore {
  one(filter: ConfinedFilter, projection: MongoFilter, budget: Budget): Promise<Buffer | undefined>;
  list(filter: ConfinedFilter, find: FindPlan, budget: Budget): Batches;
  /** How many jobs there are; equal counts at one time are one. */
  count(filter: ConfinedFilter, budget: Budget): Promise<number>;
  /** Deletes one job; false where there is none. */
  remove(filter: ConfinedFilter, budget: Budget): Promise<boolean>;
  /** The rows of a pipeline over what `filter` gives; they may be read from secondaries. */
  rows(filter: ConfinedFilter, stages: readonly MongoStage[], budget: Budget): Batches;
  /** How many rows a pipeline gives. */
  rowCount(filter: ConfinedFilter, stages: readonly MongoStage[], budget: Budget): Promise<number>;
  /** The collectors that meet `filter`, with the paths to show; `_id` always. */
  collectors(filter: ConfinedFilter, paths: readonly string[], budget: Budget): Promise<readonly Buffer[]>;
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

const SECONDARY = 'secondaryPreferred';

/** Documents that come at once: a page of 1,000 and the one that would be next, and no more however long the list. */
const BATCH = 1001;

/** Jobs of a page that come by one command; MongoDB cuts a batch at 16 MB. */
const AT_ONCE = 10_000;

const isShort = (page: Page | undefined): page is Page => page !== undefined && page.limit <= AT_ONCE;

/** A few at a time, so that a large page does not keep others from their turn. */
async function* slices(documents: readonly Buffer[]): Batches {
  for (let at = 0; at < documents.length; at += BATCH) {
    if (at > 0) await othersTurn();
    yield documents.slice(at, at + BATCH);
  }
}

interface Found {
  readonly _id: ObjectId;
}

/** The store over `db`, with `control` to end operations by; errors that have no name here go to `report`. */
export function jobStore(db: Db, control: Db, report: (error: unknown) => void): JobStore {
  const jobs = db.collection('job');
  const collectors = db.collection<StoredDocument>('collector');
  const { once, batch, inBatches } = running(db, control, report);
  const counting = sharing<number>();

  const find = (filter: ConfinedFilter, { projection, sort, page }: FindPlan, within: Within): Cursor =>
    jobs.find<Buffer>(filter, {
      raw: true,
      projection,
      sort: new Map(sort),
      // A limit of 0 would mean the same to MongoDB, but makes the driver ask for batches that double each time.
      ...page,
      batchSize: BATCH,
      allowDiskUse: true,
      ...within,
    });

  async function* list(filter: ConfinedFilter, plan: FindPlan, budget: Budget): Batches {
    const { page, ...asked } = plan;
    if (isShort(page)) {
      // A batch as large as the limit would leave a cursor open that has nothing more.
      const command = {
        find: 'job',
        filter,
        ...asked,
        ...page,
        batchSize: page.limit + 1,
        allowDiskUse: true,
      };
      const { documents, more } = await batch(budget, command);
      if (!more) {
        yield* slices(documents);
        return;
      }
    }
    yield* inBatches(budget, (within) => find(filter, plan, within));
  }

  const aggregate = (filter: ConfinedFilter, stages: readonly MongoStage[], within: Within) =>
    jobs.aggregate<Buffer>([{ $match: filter }, ...stages], {
      raw: true,
      readPreference: SECONDARY,
      batchSize: BATCH,
      allowDiskUse: true,
      ...within,
    });

  /** How many documents of `filter` are left after `stages`. */
  async function count(
    filter: ConfinedFilter,
    stages: readonly MongoStage[],
    budget: Budget,
    readPreference?: ReadPreferenceLike,
  ): Promise<number> {
    const pipeline = [{ $match: filter }, ...stages, { $group: { _id: 1, n: { $sum: 1 } } }];
    const command = { aggregate: 'job', pipeline, cursor: {}, allowDiskUse: true };
    const [counted] = (await batch(budget, command, readPreference)).documents;
    return counted === undefined ? 0 : Number(BSON.deserialize(counted)['n']);
  }

  async function collectorIds(scope: ConfinedFilter, filters: readonly MongoFilter[], within: Within) {
    const facets = filters.map(
      (filter, i) => [`facet${i}`, [{ $match: filter }, { $project: { _id: 1 } }]] as const,
    );
    const pipeline = [{ $match: scope }, { $facet: Object.fromEntries(facets) }];
    const [found] = await collectors.aggregate<Record<string, Found[]>>(pipeline, within).toArray();
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
    async one(filter, projection, budget) {
      const command = { find: 'job', filter, projection, limit: 1, singleBatch: true };
      return (await batch(budget, command)).documents[0];
    },
    list,
    count: (filter, budget) => counting(keyOf(filter), budget, (shared) => count(filter, [], shared)),
    rows: (filter, stages, budget) => inBatches(budget, (within) => aggregate(filter, stages, within)),
    rowCount: (filter, stages, budget) => count(filter, stages, budget, SECONDARY),
    collectorIds: (scope, filters, budget) => once(budget, (within) => collectorIds(scope, filters, within)),
    remove: (filter, budget) =>
      once(budget, async ({ maxTimeMS }) => (await jobs.deleteOne(filter, { maxTimeMS })).deletedCount > 0),
    collectors: (filter, paths, budget) =>
      once(budget, (within) => {
        const projection = projectionTo(paths, 1);
        const options = { raw: true, projection, batchSize: BATCH, ...within };
        return collectors.find<Buffer>(filter, options).toArray();
      }),
  };
}
