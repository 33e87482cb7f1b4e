/**
 * Lists of jobs (docs/architecture.md «Storage»): a page comes by one command, a longer list from a cursor, both as the
 * bytes that MongoDB sends.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import { matchStages } from '../query/confine.js';
import type { ConfinedFilter, ConfinedMatch } from '../query/confine.js';
import type { MongoFilter, MongoSort, MongoStage } from '../query/mongo.js';
import type { Page } from '../query/model.js';
import { ParallelArrays } from '../mongo/errors.js';
import { RAW_AGGREGATION } from '../mongo/executor.js';
import type { Batches, Executor } from '../mongo/executor.js';
import type { Deadline } from '../limits/abort.js';
import { JOB_SCHEMA } from './schema.js';
import { settledPage } from './tie-breaking.js';
import type { DateOrder, Read } from './tie-breaking.js';

export interface FindPlan {
  readonly projection: MongoFilter;
  readonly sort: MongoSort;
  readonly page: Page | undefined;
}

/** A plan with a page of jobs that come at once. */
type ShortPlan = FindPlan & { readonly page: Page };

/** Documents that come at once from a cursor, and that are handed on at once, however many there are. */
export const BATCH_SIZE = 1001;

/** Jobs of a page that come by one command; MongoDB cuts a batch at 16 MB. */
const AT_ONCE = 10_000;

const isShort = (plan: FindPlan): plan is ShortPlan => plan.page !== undefined && plan.page.limit <= AT_ONCE;

/** A few at a time, so that a large page does not keep others from their turn. */
async function* slices(documents: readonly Buffer[]): Batches {
  for (let at = 0; at < documents.length; at += BATCH_SIZE) {
    if (at > 0) await othersTurn();
    yield documents.slice(at, at + BATCH_SIZE);
  }
}

/** An order by one field and the id; undefined where it is another. */
function fieldOrder(sort: MongoSort): DateOrder | undefined {
  const [first, second, ...more] = sort;
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  const [path, direction] = first;
  const [id, idDirection] = second;
  return id === JOB_SCHEMA.id ? { path, direction, id, idDirection } : undefined;
}

/** `sort` without the id that breaks its ties: a stored id that is an array must not fail it. */
function untied(sort: MongoSort): MongoSort | undefined {
  const own = new Map([...sort].filter(([path]) => path !== JOB_SCHEMA.id));
  return own.size > 0 && own.size < sort.size ? own : undefined;
}

/** Whether there is an index that has the order. */
const isIndexed = ({ path, direction, idDirection }: DateOrder, indexed: ReadonlySet<string>): boolean =>
  indexed.has(path) && direction === idDirection;

/** An order by one date and the id; undefined where it is another, or there is an index that has it. */
function unindexed(sort: MongoSort, indexed: ReadonlySet<string>): DateOrder | undefined {
  const order = fieldOrder(sort);
  const isOpen =
    order !== undefined && JOB_SCHEMA.fields.get(order.path) === 'date' && !isIndexed(order, indexed);
  return isOpen ? order : undefined;
}

const entriesOf = (filter: MongoFilter): Iterable<readonly [string, unknown]> =>
  filter instanceof Map ? filter : Object.entries(filter);

/** Lists what meets a filter. */
export type FindPage = (match: ConfinedMatch, plan: FindPlan, deadline: Deadline) => Batches;

/** Lists the collection `jobs`; `orderedBy` are the fields by which an index has them in order, ties broken by id. */
export function createFindPage(
  jobs: string,
  { firstBatch, stream }: Executor,
  orderedBy: () => ReadonlySet<string>,
): FindPage {
  /** The documents of a page; undefined where they are too much for one batch. */
  async function read(filter: MongoFilter, { page, ...plan }: ShortPlan, deadline: Deadline) {
    // A batch as large as the limit would leave a cursor open that has nothing more.
    const within = { ...plan, ...page, batchSize: page.limit + 1, allowDiskUse: true };
    const { documents, more } = await firstBatch(deadline, { find: jobs, filter, ...within });
    return more ? undefined : documents;
  }

  function settled(order: DateOrder, filter: ConfinedFilter, plan: ShortPlan, deadline: Deadline) {
    const reading: Read = ({ filter: also, sort, extra, ...page }) => {
      const projection = new Map([...entriesOf(plan.projection), ...entriesOf(extra)]);
      return read({ $and: [filter, also] }, { projection, sort, page }, deadline);
    };
    return settledPage(order, plan.page, reading);
  }

  const cursor = (
    filter: ConfinedFilter,
    { page, sort, projection }: FindPlan,
    deadline: Deadline,
  ): Batches =>
    stream(deadline, (within, db) =>
      db.collection(jobs).find<Buffer>(filter, {
        raw: true,
        projection,
        sort: new Map(sort),
        // A limit of 0 would mean the same to MongoDB, but makes the driver ask for batches that double each time.
        ...page,
        batchSize: BATCH_SIZE,
        allowDiskUse: true,
        ...within,
      }),
    );

  async function short(filter: ConfinedFilter, plan: ShortPlan, deadline: Deadline) {
    const order = unindexed(plan.sort, orderedBy());
    const page = order === undefined ? undefined : await settled(order, filter, plan, deadline);
    return page ?? (await read(filter, plan, deadline));
  }

  /** A list with guarded conditions: in the order of an index before the guard, or sorted behind it. */
  function guardedStages(match: ConfinedMatch, { sort, page, projection }: FindPlan): readonly MongoStage[] {
    const order = fieldOrder(sort);
    const sorted = [{ $sort: sort }];
    const stages =
      order !== undefined && isIndexed(order, orderedBy())
        ? matchStages(match, sorted)
        : [...matchStages(match), ...sorted];
    const cut = page === undefined ? [] : [{ $skip: page.skip }, { $limit: page.limit }];
    return [...stages, ...cut, { $project: projection }];
  }

  async function guardedPage(pipeline: readonly MongoStage[], { page }: ShortPlan, deadline: Deadline) {
    const cursor = { batchSize: page.limit + 1 };
    const command = { aggregate: jobs, pipeline, cursor, allowDiskUse: true };
    const { documents, more } = await firstBatch(deadline, command);
    return more ? undefined : documents;
  }

  const guardedCursor = (pipeline: readonly MongoStage[], deadline: Deadline): Batches =>
    stream(deadline, (within, db) =>
      db.collection(jobs).aggregate<Buffer>([...pipeline], {
        ...RAW_AGGREGATION,
        batchSize: BATCH_SIZE,
        allowDiskUse: true,
        ...within,
      }),
    );

  /** A page at once where it is short and fits into one batch, and otherwise batch by batch. */
  async function* listed(
    plan: FindPlan,
    page: (plan: ShortPlan) => Promise<readonly Buffer[] | undefined>,
    all: () => Batches,
  ): Batches {
    const documents = isShort(plan) ? await page(plan) : undefined;
    yield* documents === undefined ? all() : slices(documents);
  }

  function inOrder(match: ConfinedMatch, plan: FindPlan, deadline: Deadline): Batches {
    if (match.guarded === undefined) {
      const { within } = match;
      return listed(
        plan,
        (asked) => short(within, asked, deadline),
        () => cursor(within, plan, deadline),
      );
    }
    const pipeline = guardedStages(match, plan);
    return listed(
      plan,
      (asked) => guardedPage(pipeline, asked, deadline),
      () => guardedCursor(pipeline, deadline),
    );
  }

  return async function* list(match, plan, deadline) {
    try {
      yield* inOrder(match, plan, deadline);
    } catch (error) {
      const own = untied(plan.sort);
      if (!(error instanceof ParallelArrays) || own === undefined) throw error;
      yield* inOrder(match, { ...plan, sort: own }, deadline);
    }
  };
}
