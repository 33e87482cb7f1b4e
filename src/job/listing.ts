/**
 * Lists of jobs (docs/architecture.md «Storage»): a page comes by one command, a longer list from a cursor, both as the
 * bytes that MongoDB sends.
 */
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import type { ConfinedFilter } from '../query/confine.js';
import type { MongoFilter, MongoSort } from '../query/mongo.js';
import type { Page } from '../query/model.js';
import type { Batches, Budget, Running } from './operation.js';
import { JOB } from './schema.js';
import { settledPage } from './ties.js';
import type { DateOrder, Read } from './ties.js';

export interface FindPlan {
  readonly projection: MongoFilter;
  readonly sort: MongoSort;
  readonly page: Page | undefined;
}

/** A plan with a page of jobs that come at once. */
type ShortPlan = FindPlan & { readonly page: Page };

/** Documents that come at once from a cursor, and that are handed on at once, however many there are. */
export const BATCH = 1001;

/** Jobs of a page that come by one command; MongoDB cuts a batch at 16 MB. */
const AT_ONCE = 10_000;

const isShort = (plan: FindPlan): plan is ShortPlan => plan.page !== undefined && plan.page.limit <= AT_ONCE;

/** A few at a time, so that a large page does not keep others from their turn. */
async function* slices(documents: readonly Buffer[]): Batches {
  for (let at = 0; at < documents.length; at += BATCH) {
    if (at > 0) await othersTurn();
    yield documents.slice(at, at + BATCH);
  }
}

/** An order by one date and the id; undefined where it is another, or there is an index that has it. */
function unindexed(sort: MongoSort, indexed: ReadonlySet<string>): DateOrder | undefined {
  const [first, second, ...more] = sort;
  if (first === undefined || second === undefined || more.length > 0) return undefined;
  const [path, direction] = first;
  const [id, idDirection] = second;
  if (JOB.fields.get(path) !== 'date' || id !== JOB.id) return undefined;
  return indexed.has(path) && direction === idDirection ? undefined : { path, direction, id, idDirection };
}

const entriesOf = (filter: MongoFilter): Iterable<readonly [string, unknown]> =>
  filter instanceof Map ? filter : Object.entries(filter);

/** Lists what meets a filter. */
export type Listing = (filter: ConfinedFilter, plan: FindPlan, budget: Budget) => Batches;

/** Lists `jobs`; `orderedBy` are the fields by which an index has them in order, ties broken by id. */
export function listing(
  jobs: Collection,
  { batch, inBatches }: Running,
  orderedBy: () => ReadonlySet<string>,
): Listing {
  /** The documents of a page; undefined where they are too much for one batch. */
  async function read(filter: MongoFilter, { page, ...plan }: ShortPlan, budget: Budget) {
    // A batch as large as the limit would leave a cursor open that has nothing more.
    const within = { ...plan, ...page, batchSize: page.limit + 1, allowDiskUse: true };
    const { documents, more } = await batch(budget, { find: jobs.collectionName, filter, ...within });
    return more ? undefined : documents;
  }

  function settled(order: DateOrder, filter: ConfinedFilter, plan: ShortPlan, budget: Budget) {
    const reading: Read = ({ filter: also, sort, extra, ...page }) => {
      const projection = new Map([...entriesOf(plan.projection), ...entriesOf(extra)]);
      return read({ $and: [filter, also] }, { projection, sort, page }, budget);
    };
    return settledPage(order, plan.page, reading);
  }

  const cursor = (filter: ConfinedFilter, { page, sort, projection }: FindPlan, budget: Budget): Batches =>
    inBatches(budget, (within) =>
      jobs.find<Buffer>(filter, {
        raw: true,
        projection,
        sort: new Map(sort),
        // A limit of 0 would mean the same to MongoDB, but makes the driver ask for batches that double each time.
        ...page,
        batchSize: BATCH,
        allowDiskUse: true,
        ...within,
      }),
    );

  async function short(filter: ConfinedFilter, plan: ShortPlan, budget: Budget) {
    const order = unindexed(plan.sort, orderedBy());
    const page = order === undefined ? undefined : await settled(order, filter, plan, budget);
    return page ?? (await read(filter, plan, budget));
  }

  return async function* list(filter, plan, budget) {
    const page = isShort(plan) ? await short(filter, plan, budget) : undefined;
    yield* page === undefined ? cursor(filter, plan, budget) : slices(page);
  };
}
