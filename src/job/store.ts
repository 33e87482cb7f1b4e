/**
 * The collections job and collector (docs/architecture.md «Storage»): time limits, cancellation and read preference.
 * Reads take only confined filters, and nothing changes a document: the one write deletes one job.
 */
import { BSON, ObjectId } from 'mongodb';
import type { Db, ReadPreferenceLike } from 'mongodb';
import { projectionTo } from '../query/compile.js';
import type { CompiledFilter } from '../query/compile.js';
import { insteadStages, matchStages } from '../query/confine.js';
import type { ConfinedFilter, ConfinedMatch } from '../query/confine.js';
import type { MongoFilter, MongoStage } from '../query/mongo.js';
import { idIn } from '../wire/bson.js';
import { namesOf } from '../wire/names.js';
import { FilterRefused } from '../mongo/errors.js';
import type { Kill } from '../mongo/session-killer.js';
import { BATCH_SIZE, createFindPage } from './find-page.js';
import type { FindPage } from './find-page.js';
import { RAW_AGGREGATION, createExecutor } from '../mongo/executor.js';
import type { Batches, Executor, Within } from '../mongo/executor.js';
import type { Connection } from '../mongo/connections.js';
import type { Deadline } from '../limits/abort.js';

export interface JobStore {
  one(filter: ConfinedFilter, projection: MongoFilter, deadline: Deadline): Promise<Buffer | undefined>;
  readonly findPage: FindPage;
  /** How many jobs there are. */
  count(match: ConfinedMatch, deadline: Deadline): Promise<number>;
  /** Deletes one job; false where there is none. */
  remove(filter: ConfinedFilter, deadline: Deadline): Promise<boolean>;
  /** The rows of a pipeline over what `match` gives; they may be read from secondaries. */
  results(match: ConfinedMatch, stages: readonly MongoStage[], deadline: Deadline): Batches;
  /** How many rows a pipeline gives. */
  resultCount(match: ConfinedMatch, stages: readonly MongoStage[], deadline: Deadline): Promise<number>;
  /** The documents of a collection that meet `filter`, with the paths to show; `_id` always. */
  batches(
    collection: Collection,
    filter: ConfinedFilter,
    paths: readonly string[],
    deadline: Deadline,
  ): Batches;
  /**
   * The `_id` of those of `documents`, which are data, that meet `filter`; none where no document of the collection meets
   * `some` any more.
   */
  meeting(
    collection: Collection,
    some: ConfinedFilter,
    documents: readonly unknown[],
    filter: CompiledFilter,
    deadline: Deadline,
  ): Promise<readonly Buffer[]>;
  /** What changes with everything that is written; undefined where there is no such thing. */
  moment(deadline: Deadline): Promise<string | undefined>;
  /** The collectors that meet `filter`, with the paths to show; `_id` always. */
  collectors(
    filter: ConfinedFilter,
    paths: readonly string[],
    deadline: Deadline,
  ): Promise<readonly Buffer[]>;
  /** The ids of the collectors that `match` gives. */
  collectorIds(match: ConfinedMatch, deadline: Deadline): Promise<readonly ObjectId[]>;
  /** The ids by which jobs refer to collectors. */
  references(match: ConfinedMatch, deadline: Deadline): Promise<readonly ObjectId[]>;
  /** Whether MongoDB can make sense of `filter`. */
  accepts(filter: MongoFilter, deadline: Deadline): Promise<boolean>;
}

export type Collection = 'job' | 'collector';

const SECONDARY = 'secondaryPreferred';

const ID = namesOf([['_id', true]]);

/** What a member of a replica set says of itself. */
interface Hello {
  readonly me?: string;
  readonly lastWrite?: { readonly opTime: unknown };
}

export interface JobStoreOptions {
  /** Is told errors that have no name here. */
  readonly report: (error: unknown) => void;
  /** The fields by which an index has the jobs of a domain in order, ties broken by id in the same direction. */
  readonly orderedBy: () => ReadonlySet<string>;
}

/** The one database, by connections of their own for each kind of work: none waits behind another. */
export interface StoreConnections {
  readonly reads: () => Connection;
  /** Stats may take long, and be many. */
  readonly stats: () => Connection;
  /** What ends the others. */
  readonly kill: Kill;
}

/** The store over a database. */
export function createJobStore(
  { reads, stats, kill }: StoreConnections,
  { report, orderedBy }: JobStoreOptions,
): JobStore {
  const operations = createExecutor(reads, kill, report);
  const statistics = createExecutor(stats, kill, report);
  const { run } = operations;

  const aggregate = (match: ConfinedMatch, stages: readonly MongoStage[], within: Within, db: Db) =>
    db.collection('job').aggregate<Buffer>([...matchStages(match), ...stages], {
      ...RAW_AGGREGATION,
      readPreference: SECONDARY,
      batchSize: BATCH_SIZE,
      allowDiskUse: true,
      ...within,
    });

  /** How many documents of `match` are left after `stages`. */
  async function count(
    { firstBatch }: Executor,
    match: ConfinedMatch,
    stages: readonly MongoStage[],
    deadline: Deadline,
    readPreference?: ReadPreferenceLike,
  ): Promise<number> {
    const pipeline = [...matchStages(match), ...stages, { $group: { _id: 1, n: { $sum: 1 } } }];
    const command = { aggregate: 'job', pipeline, cursor: {}, allowDiskUse: true };
    const [counted] = (await firstBatch(deadline, command, readPreference)).documents;
    return counted === undefined ? 0 : Number(BSON.deserialize(counted)['n']);
  }

  /** The ObjectIds that `last` leaves as `_id` of the documents of `match`. */
  async function idsOf(
    collection: string,
    match: ConfinedMatch,
    last: MongoStage,
    deadline: Deadline,
  ): Promise<readonly ObjectId[]> {
    const ids: ObjectId[] = [];
    const options = { ...RAW_AGGREGATION, batchSize: BATCH_SIZE };
    const found = operations.stream(deadline, (within, db) =>
      db.collection(collection).aggregate<Buffer>([...matchStages(match), last], { ...options, ...within }),
    );
    for await (const batch of found)
      for (const document of batch) {
        const id = idIn(document, ID);
        if (id !== undefined) ids.push(ObjectId.createFromHexString(id));
      }
    return ids;
  }

  const find = (
    collection: Collection,
    filter: ConfinedFilter,
    paths: readonly string[],
    within: Within,
    db: Db,
  ) =>
    db.collection(collection).find<Buffer>(filter, {
      raw: true,
      projection: projectionTo(paths, 1),
      batchSize: BATCH_SIZE,
      ...within,
    });

  /** The last write of the server that reads go to, where that is one member of a replica set. */
  async function momentOf(db: Db): Promise<string | undefined> {
    if (db.readPreference.mode !== 'primary') return undefined;
    const { me, lastWrite }: Hello = await db.command({ hello: 1 });
    return lastWrite === undefined ? undefined : JSON.stringify([me, lastWrite.opTime]);
  }

  async function accepts(filter: MongoFilter, deadline: Deadline): Promise<boolean> {
    const none = { $and: [{ job_id: { $in: [] } }, filter] };
    try {
      await run(deadline, (within, db) => db.collection('job').findOne(none, within));
      return true;
    } catch (error) {
      if (error instanceof FilterRefused) return false;
      throw error;
    }
  }

  return {
    accepts,
    async one(filter, projection, deadline) {
      const command = { find: 'job', filter, projection, limit: 1, singleBatch: true };
      return (await operations.firstBatch(deadline, command)).documents[0];
    },
    findPage: createFindPage('job', operations, orderedBy),
    count: (match, deadline) => count(operations, match, [], deadline),
    results: (match, stages, deadline) =>
      statistics.stream(deadline, (within, db) => aggregate(match, stages, within, db)),
    resultCount: (match, stages, deadline) => count(statistics, match, stages, deadline, SECONDARY),
    collectorIds: (match, deadline) => idsOf('collector', match, { $project: { _id: 1 } }, deadline),
    references: (match, deadline) => idsOf('job', match, { $group: { _id: '$collector' } }, deadline),
    remove: async (filter, deadline) =>
      (await operations.write(deadline, { delete: 'job', deletes: [{ q: filter, limit: 1 }] })) > 0,
    collectors: (filter, paths, deadline) =>
      run(deadline, (within, db) => find('collector', filter, paths, within, db).toArray()),
    batches: (collection, filter, paths, deadline) =>
      operations.stream(deadline, (within, db) => find(collection, filter, paths, within, db)),
    async meeting(collection, some, documents, filter, deadline) {
      const stages = [{ $match: some }, { $limit: 1 }, ...insteadStages(documents, filter)];
      const cursor = { batchSize: documents.length + 1 };
      const pipeline = [...stages, { $project: { _id: 1 } }];
      return (await operations.firstBatch(deadline, { aggregate: collection, pipeline, cursor })).documents;
    },
    moment: (deadline) => run(deadline, (_, db) => momentOf(db)),
  };
}
