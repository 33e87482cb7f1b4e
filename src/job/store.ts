/**
 * The collections `job` and `collector` (docs/architecture.md «Storage»). Reads take confined filters only, and nothing
 * changes a document: the one write deletes one job.
 */
import { BSON, ObjectId } from 'mongodb';
import type { Db, ReadPreferenceLike } from 'mongodb';
import type { Deadline } from '../limits/abort.js';
import { FilterRefused } from '../mongo/errors.js';
import type { Connection } from '../mongo/connections.js';
import { createExecutor, RAW_AGGREGATION } from '../mongo/executor.js';
import type { Batches, Executor } from '../mongo/executor.js';
import { withExplanations } from '../mongo/explaining.js';
import type { ExplainingExecutor } from '../mongo/explaining.js';
import type { OperationOptions } from '../mongo/operation.js';
import { confinedPlanOf, planOf } from '../mongo/plan.js';
import type { Kill } from '../mongo/session-killer.js';
import type { CompiledFilter } from '../query/compile/filter.js';
import { projectionTo } from '../query/compile/projection.js';
import { insteadStages, matchStages } from '../query/confine.js';
import type { ConfinedFilter, ConfinedMatch } from '../query/confine.js';
import type { MongoFilter, MongoStage } from '../query/mongo-syntax.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { documentIdOf } from '../wire/bson.js';
import { BATCH_SIZE, createFindPage } from './find-page.js';
import type { FindPage } from './find-page.js';
import { JOB_SCHEMA } from './schema.js';

export type Collection = 'job' | 'collector';

/** Jobs by id, by list and by number. */
interface JobReads {
  one(filter: ConfinedFilter, projection: MongoFilter, deadline: Deadline): Promise<Buffer | undefined>;
  readonly findPage: FindPage;
  count(match: ConfinedMatch, deadline: Deadline): Promise<number>;
  /** Deletes one job; false: there is none. */
  remove(filter: ConfinedFilter, deadline: Deadline): Promise<boolean>;
  /** False: MongoDB refuses `filter`. */
  accepts(filter: MongoFilter, deadline: Deadline): Promise<boolean>;
}

/** Aggregations over jobs; secondaries may answer them. */
interface StatReads {
  /** The results of a pipeline over the jobs of `match`. */
  results(match: ConfinedMatch, stages: readonly MongoStage[], deadline: Deadline): Batches;
  /** The number of results of a pipeline. */
  resultCount(match: ConfinedMatch, stages: readonly MongoStage[], deadline: Deadline): Promise<number>;
}

/** Collectors, and the references of jobs to them. */
interface CollectorReads {
  /** The collectors of `filter` with these paths and `_id`. */
  collectors(
    filter: ConfinedFilter,
    paths: readonly string[],
    deadline: Deadline,
  ): Promise<readonly Buffer[]>;
  collectorIds(match: ConfinedMatch, deadline: Deadline): Promise<readonly ObjectId[]>;
  /** The ids of collectors referred to by jobs of `match`. */
  references(match: ConfinedMatch, deadline: Deadline): Promise<readonly ObjectId[]>;
}

/** Documents of either collection, for conditions on malformed text. */
interface DocumentReads {
  /** The documents of `filter` with these paths and `_id`. */
  batches(
    collection: Collection,
    filter: ConfinedFilter,
    paths: readonly string[],
    deadline: Deadline,
  ): Batches;
  /**
   * The `_id` of each of `documents`, sent as data, that meets `filter`; none once no document of the collection meets
   * `some` any more.
   */
  meeting(
    collection: Collection,
    some: ConfinedFilter,
    documents: readonly unknown[],
    filter: CompiledFilter,
    deadline: Deadline,
  ): Promise<readonly Buffer[]>;
  /** A value that changes with every write; undefined: the server has none. */
  lastWrite(deadline: Deadline): Promise<string | undefined>;
}

export interface JobStore extends JobReads, StatReads, CollectorReads, DocumentReads {}

/** Aggregations go to secondaries where there are any. */
const SECONDARY = 'secondaryPreferred';

const CURSOR = { ...RAW_AGGREGATION, batchSize: BATCH_SIZE } as const;

/** The number of documents of `match` left after `stages`. */
async function countAfter(
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

/** Finds documents with these paths. */
const find = (
  db: Db,
  collection: Collection,
  filter: ConfinedFilter,
  paths: readonly string[],
  within: OperationOptions,
) =>
  db.collection(collection).find<Buffer>(filter, {
    raw: true,
    projection: projectionTo(paths, 1),
    batchSize: BATCH_SIZE,
    ...within,
  });

function jobReads(executor: ExplainingExecutor, { orderedBy, meter = NO_METER }: JobStoreOptions): JobReads {
  const onTieRead = (): void => {
    meter.add('inventory_job_tie_reads_total', {});
  };
  return {
    async one(filter, projection, deadline) {
      const command = { find: 'job', filter, projection, limit: 1, singleBatch: true };
      return (await executor.firstBatch(deadline, command)).documents[0];
    },
    findPage: createFindPage({ collection: 'job', executor, indexed: orderedBy, onTieRead }),
    count: (match, deadline) => countAfter(executor, match, [], deadline),
    remove: async (filter, deadline) => (await executor.deleteOne(deadline, 'job', filter)) > 0,
    async accepts(filter, deadline) {
      const none = { $and: [{ [JOB_SCHEMA.id]: { $in: [] } }, filter] };
      try {
        await executor.run(deadline, (within, db) => db.collection('job').findOne(none, within));
        return true;
      } catch (error) {
        if (error instanceof FilterRefused) return false;
        throw error;
      }
    },
  };
}

function statReads(executor: ExplainingExecutor): StatReads {
  return {
    results(match, stages, deadline) {
      const pipeline = [...matchStages(match), ...stages];
      const options = { ...CURSOR, readPreference: SECONDARY, allowDiskUse: true } as const;
      return executor.stream(
        deadline,
        (within, db) => db.collection('job').aggregate<Buffer>(pipeline, { ...options, ...within }),
        { aggregate: 'job', pipeline, cursor: {}, allowDiskUse: true },
        SECONDARY,
      );
    },
    resultCount: (match, stages, deadline) => countAfter(executor, match, stages, deadline, SECONDARY),
  };
}

function collectorReads(executor: Executor): CollectorReads {
  /** The ObjectIds that `last` leaves as `_id`. */
  async function idsOf(
    collection: Collection,
    match: ConfinedMatch,
    last: MongoStage,
    deadline: Deadline,
  ): Promise<readonly ObjectId[]> {
    const ids: ObjectId[] = [];
    const batches = executor.stream(deadline, (within, db) =>
      db.collection(collection).aggregate<Buffer>([...matchStages(match), last], { ...CURSOR, ...within }),
    );
    for await (const batch of batches)
      for (const document of batch) {
        const id = documentIdOf(document);
        if (id !== undefined) ids.push(ObjectId.createFromHexString(id));
      }
    return ids;
  }

  return {
    collectors: (filter, paths, deadline) =>
      executor.run(deadline, (within, db) => find(db, 'collector', filter, paths, within).toArray()),
    collectorIds: (match, deadline) => idsOf('collector', match, { $project: { _id: 1 } }, deadline),
    references: (match, deadline) =>
      idsOf('job', match, { $group: { _id: `$${JOB_SCHEMA.reference.field}` } }, deadline),
  };
}

/** The fields of a member's answer to hello. */
interface Hello {
  readonly me?: string;
  readonly lastWrite?: { readonly opTime: unknown };
}

/** The last write of the member that reads go to; undefined unless that is one member of a replica set. */
async function lastWriteOf(db: Db): Promise<string | undefined> {
  if (db.readPreference.mode !== 'primary') return undefined;
  const { me, lastWrite }: Hello = await db.command({ hello: 1 });
  return lastWrite === undefined ? undefined : JSON.stringify([me, lastWrite.opTime]);
}

function documentReads(executor: Executor): DocumentReads {
  return {
    batches: (collection, filter, paths, deadline) =>
      executor.stream(deadline, (within, db) => find(db, collection, filter, paths, within)),
    async meeting(collection, some, documents, filter, deadline) {
      const stages = [{ $match: some }, { $limit: 1 }, ...insteadStages(documents, filter)];
      const cursor = { batchSize: documents.length + 1 };
      const pipeline = [...stages, { $project: { _id: 1 } }];
      return (await executor.firstBatch(deadline, { aggregate: collection, pipeline, cursor })).documents;
    },
    lastWrite: (deadline) => executor.run(deadline, (_, db) => lastWriteOf(db)),
  };
}

export interface JobStoreOptions {
  /** Takes errors without a name here. */
  readonly report: (error: unknown) => void;
  /** Fields with an index in order of domain, field and id, ties broken by id in the same direction. */
  readonly orderedBy: () => ReadonlySet<string>;
  readonly meter?: Meter;
  /** Callers are confined to a domain each: no explanation tells them of others. */
  readonly areConfined?: boolean;
}

/** The database by separate connections for each kind of work, so that none waits behind another. */
export interface StoreConnections {
  readonly reads: () => Connection;
  /** Aggregations may be slow, and many. */
  readonly stats: () => Connection;
  readonly kill: Kill;
}

/** The store over a database. */
export function createJobStore({ reads, stats, kill }: StoreConnections, options: JobStoreOptions): JobStore {
  const { report } = options;
  const { tenant } = JOB_SCHEMA.owner;
  const planFor = options.areConfined === true ? confinedPlanOf : planOf;
  const explaining = (each: Executor) => withExplanations(each, (reply) => planFor(reply, tenant));
  const executor = explaining(createExecutor(reads, kill, report));
  return {
    ...jobReads(executor, options),
    ...statReads(explaining(createExecutor(stats, kill, report))),
    ...collectorReads(executor),
    ...documentReads(executor),
  };
}
