/**
 * Finds the jobs of a list (docs/architecture.md «Storage»): a page by one command, a longer list from a cursor, both as
 * the bytes sent by MongoDB.
 */
import { setImmediate as nextRound } from 'node:timers/promises';
import { BSON } from 'mongodb';
import type { Deadline } from '../limits/abort.js';
import { ParallelArrays } from '../mongo/errors.js';
import { RAW_AGGREGATION } from '../mongo/executor.js';
import type { Batches } from '../mongo/executor.js';
import type { ExplainingExecutor } from '../mongo/explaining.js';
import { sortStages } from '../query/computed.js';
import { matchStages } from '../query/confine.js';
import type { ConfinedFilter, ConfinedMatch } from '../query/confine.js';
import type { ListQuery, Page } from '../query/model.js';
import type { MongoFilter, MongoSort, MongoStage } from '../query/mongo-syntax.js';
import { keyAt } from '../query/schema.js';
import { hasRepeat, withoutRepeats } from './repeated-reads.js';
import type { SharedIds } from './repeated-reads.js';
import { JOB_SCHEMA, jobProjection } from './schema.js';
import { breakTies } from './tie-breaking.js';
import type { DateOrder, ReadSlice } from './tie-breaking.js';

export interface FindPlan {
  readonly projection: MongoFilter;
  readonly sort: MongoSort;
  /** undefined: all jobs. */
  readonly page: Page | undefined;
}

/** The plan to find the jobs of a list. */
export const findPlanOf = ({ only, sort, page }: ListQuery): FindPlan => ({
  projection: jobProjection(only),
  sort,
  page,
});

/** A plan for one command. */
type PagePlan = FindPlan & { readonly page: Page };

/** Finds the jobs of `match`, batch by batch. Errors: ParallelArrays, and those of the executor. */
export type FindPage = (match: ConfinedMatch, plan: FindPlan, deadline: Deadline) => Batches;

/** Documents a batch of a cursor, and documents handed on between two rounds of the event loop. */
export const BATCH_SIZE = 1001;

/** The most jobs of a page read by one command; MongoDB cuts a batch at 16 MB. */
const MAX_PAGE = 10_000;

const isPage = (plan: FindPlan): plan is PagePlan => plan.page !== undefined && plan.page.limit <= MAX_PAGE;

/** A large page in slices, each in a round of the event loop of its own. */
async function* inSlices(documents: readonly Buffer[]): Batches {
  for (let start = 0; start < documents.length; start += BATCH_SIZE) {
    if (start > 0) await nextRound();
    yield documents.slice(start, start + BATCH_SIZE);
  }
}

/** An order by one field and the id; undefined for any other order. */
function orderOf(sort: MongoSort): DateOrder | undefined {
  const [first, second, ...more] = sort;
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  const [path, direction] = first;
  const [id, idDirection] = second;
  return id === JOB_SCHEMA.id ? { path, direction, id, idDirection } : undefined;
}

/** `sort` without its tie-break: a stored id must not fail it by being an array. */
function withoutTieBreak(sort: MongoSort): MongoSort | undefined {
  const own = new Map([...sort].filter(([path]) => path !== JOB_SCHEMA.id));
  return own.size > 0 && own.size < sort.size ? own : undefined;
}

/** Fields with an index in order of domain, field and id. */
type Indexed = ReadonlySet<string>;

const isIndexed = ({ path, direction, idDirection }: DateOrder, indexed: Indexed): boolean =>
  indexed.has(path) && direction === idDirection;

/** An order by a date and the id without an index for both; undefined for any other order. */
function unindexedDateOrder(sort: MongoSort, indexed: Indexed): DateOrder | undefined {
  const order = orderOf(sort);
  if (order === undefined || JOB_SCHEMA.fields.get(order.path) !== 'date') return undefined;
  return isIndexed(order, indexed) ? undefined : order;
}

const entriesOf = (filter: MongoFilter): Iterable<readonly [string, unknown]> =>
  filter instanceof Map ? filter : Object.entries(filter);

/** The two ways to read a list: a page by one command, or everything from a cursor. */
interface Find {
  /** undefined: the page does not fit into one batch. */
  page(plan: PagePlan): Promise<readonly Buffer[] | undefined>;
  all(): Batches;
}

export interface FindParts {
  readonly collection: string;
  readonly executor: ExplainingExecutor;
  /** The fields with an index in order of domain, field and id. */
  readonly indexed: () => Indexed;
  /** Called at each further read for ties. */
  readonly onTieRead: () => void;
}

/**
 * The part of a list without a page: no list has as many jobs. Without a limit, MongoDB projects before it sorts, and a
 * projection takes elements out of a list, so the order would be another one.
 */
const WHOLE = { skip: 0, limit: 2 ** 31 - 1 };

/** Finds by `filter` alone, in the order of an index where there is one. */
function findPlain(parts: FindParts, filter: ConfinedFilter, plan: FindPlan, deadline: Deadline): Find {
  const { collection, executor, indexed, onTieRead } = parts;

  async function read(conditions: MongoFilter, { page, ...shown }: PagePlan) {
    // A batch as large as the limit would leave an exhausted cursor open.
    const options = { ...shown, ...page, batchSize: page.limit + 1, allowDiskUse: true };
    const command = { find: collection, filter: conditions, ...options };
    const { documents, more } = await executor.firstBatch(deadline, command);
    return more ? undefined : documents;
  }

  const readSlice =
    ({ projection }: FindPlan): ReadSlice =>
    ({ filter: also, sort, extra, ...page }) => {
      if (sort.size > 1) onTieRead();
      const extended = new Map([...entriesOf(projection), ...entriesOf(extra)]);
      return read({ $and: [filter, also] }, { projection: extended, sort, page });
    };

  return {
    async page(asked) {
      const order = unindexedDateOrder(asked.sort, indexed());
      const page = order === undefined ? undefined : await breakTies(order, asked.page, readSlice(asked));
      return page ?? (await read(filter, asked));
    },
    all() {
      const cut = { ...(plan.page ?? WHOLE), batchSize: BATCH_SIZE, allowDiskUse: true };
      const { projection } = plan;
      const sort = new Map(plan.sort);
      return executor.stream(
        deadline,
        (within, db) =>
          db.collection(collection).find<Buffer>(filter, { raw: true, projection, sort, ...cut, ...within }),
        { find: collection, filter, projection, sort, ...cut },
      );
    },
  };
}

/** Sorts jobs by fields, computed ones included. */
const sortingStages = (sort: MongoSort): readonly MongoStage[] =>
  sortStages(Array.from(sort, ([path, direction]) => ({ key: keyAt(JOB_SCHEMA, path), direction })));

/** The pipeline of a list: in the order of an index before the guarded conditions, or sorted behind them. */
function pipelineOf(
  match: ConfinedMatch,
  { sort, page, projection }: FindPlan,
  indexed: Indexed,
): readonly MongoStage[] {
  const order = orderOf(sort);
  const sorting = sortingStages(sort);
  const sorted =
    order !== undefined && isIndexed(order, indexed)
      ? matchStages(match, sorting)
      : [...matchStages(match), ...sorting];
  const { skip, limit } = page ?? WHOLE;
  return [...sorted, { $skip: skip }, { $limit: limit }, { $project: projection }];
}

/** Finds by an aggregation: guarded conditions stand behind the scope, and computed values are set for the order. */
function findByPipeline(parts: FindParts, match: ConfinedMatch, plan: FindPlan, deadline: Deadline): Find {
  const { collection, executor, indexed } = parts;
  const pipeline = pipelineOf(match, plan, indexed());
  return {
    async page({ page }) {
      const cursor = { batchSize: page.limit + 1 };
      const command = { aggregate: collection, pipeline, cursor, allowDiskUse: true };
      const { documents, more } = await executor.firstBatch(deadline, command);
      return more ? undefined : documents;
    },
    all: () =>
      executor.stream(
        deadline,
        (within, db) =>
          db.collection(collection).aggregate<Buffer>([...pipeline], {
            ...RAW_AGGREGATION,
            batchSize: BATCH_SIZE,
            allowDiskUse: true,
            ...within,
          }),
        { aggregate: collection, pipeline, cursor: {}, allowDiskUse: true },
      ),
  };
}

const needsPipeline = ({ guarded }: ConfinedMatch, { sort }: FindPlan): boolean =>
  guarded !== undefined || [...sort.keys()].some((path) => JOB_SCHEMA.computed.has(path));

/** `plan` with the `_id` of each job, to know one again that shows no id. */
const withId = (plan: FindPlan): FindPlan => ({
  ...plan,
  projection: new Map([...entriesOf(plan.projection), ['_id', 1]]),
});

/** Reads of a page in which writers move jobs. */
const MAX_ATTEMPTS = 3;

/** A page without repeats; undefined: it does not fit into one batch, or has a repeat in every read. */
async function distinctPage({ page }: Find, plan: PagePlan): Promise<readonly Buffer[] | undefined> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const documents = await page(plan);
    if (documents === undefined || !hasRepeat(documents)) return documents;
  }
  return undefined;
}

/** Finds ids that several jobs within the scope share. */
const createSharedIds =
  ({ collection, executor }: FindParts, { within }: ConfinedMatch, deadline: Deadline): SharedIds =>
  async (ids) => {
    const pipeline = [
      ...matchStages({ within }),
      { $match: { [JOB_SCHEMA.id]: { $in: ids } } },
      { $group: { _id: `$${JOB_SCHEMA.id}`, jobs: { $sum: 1 } } },
      { $match: { jobs: { $gt: 1 } } },
    ];
    const cursor = { batchSize: ids.length + 1 };
    const { documents } = await executor.firstBatch(deadline, { aggregate: collection, pipeline, cursor });
    return new Set(documents.map((document) => String(BSON.deserialize(document)['_id'])));
  };

/** Finds jobs by `parts`. */
export function createFindPage(parts: FindParts): FindPage {
  /** The batches of a list, a page as read. Each further generator on their way would cost every batch some promises. */
  async function find(match: ConfinedMatch, shown: FindPlan, deadline: Deadline): Promise<Batches> {
    const plan = withId(shown);
    const found = needsPipeline(match, plan)
      ? findByPipeline(parts, match, plan, deadline)
      : findPlain(parts, match.within, plan, deadline);
    const documents = isPage(plan) ? await distinctPage(found, plan) : undefined;
    return documents === undefined
      ? withoutRepeats(found.all(), createSharedIds(parts, match, deadline))
      : inSlices(documents);
  }

  return async function* findPage(match, plan, deadline) {
    try {
      yield* await find(match, plan, deadline);
    } catch (error) {
      const own = withoutTieBreak(plan.sort);
      if (!(error instanceof ParallelArrays) || own === undefined) throw error;
      yield* await find(match, { ...plan, sort: own }, deadline);
    }
  };
}
