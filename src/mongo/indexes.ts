/** Finds and creates the indexes that a collection needs for its sort orders (docs/deploy.md «Database»). */
import type { Db } from 'mongodb';
import { SIMPLE_COLLATION } from './operation.js';

export type IndexKey = Readonly<Record<string, 1 | -1>>;

/** The key of any index, also one by text or place. */
type ListedKey = Readonly<Record<string, unknown>>;

/** The indexes of one collection, with documents of several tenants. */
export interface IndexPlan {
  readonly collection: string;
  /** The field of a document's tenant. */
  readonly tenant: string;
  /** The field of a document's identifier; it breaks ties of a sort. */
  readonly id: string;
  readonly keys: readonly IndexKey[];
}

const MISSING_COLLECTION_CODE = 26;

/** Options of indexes that lack some documents, order them in another way, or serve no queries. */
const NARROWING_OPTIONS = ['partialFilterExpression', 'sparse', 'collation', 'hidden'] as const;

/**
 * An index as MongoDB lists it, with a collation also if that is its collection's; one under construction has its key in a
 * `spec`, hence none here.
 */
type ListedIndex = Readonly<Record<(typeof NARROWING_OPTIONS)[number], unknown>> & {
  readonly name?: string;
  readonly key?: ListedKey;
};

interface ListIndexesReply {
  readonly cursor?: { readonly firstBatch: readonly ListedIndex[] };
}

/** The time for MongoDB to list the indexes. */
export const LIST_TIMEOUT_MS = 10_000;

async function listIndexes(db: Db, collection: string, signal: AbortSignal): Promise<readonly ListedIndex[]> {
  const command = { listIndexes: collection, includeBuildUUIDs: true, maxTimeMS: LIST_TIMEOUT_MS };
  try {
    const reply: ListIndexesReply = await db.command(command, { signal });
    return reply.cursor?.firstBatch ?? [];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === MISSING_COLLECTION_CODE) return [];
    throw error;
  }
}

/** The keys of the indexes that serve queries on any documents. */
function usableKeys(listed: readonly ListedIndex[]): readonly ListedKey[] {
  const usable = listed.filter((index) => NARROWING_OPTIONS.every((option) => !index[option]));
  return usable.flatMap(({ key }) => (key === undefined ? [] : [key]));
}

/** The planned keys without those in `existing`; the order of a key's fields counts. */
function missingKeys({ keys }: IndexPlan, existing: readonly ListedKey[]): readonly IndexKey[] {
  const texts = new Set(existing.map((key) => JSON.stringify(key)));
  return keys.filter((key) => !texts.has(JSON.stringify(key)));
}

/** The fields with an index to sort a tenant's documents by them, with ties broken by id in the same direction. */
function orderedFields({ tenant, id }: IndexPlan, existing: readonly ListedKey[]): ReadonlySet<string> {
  const threeFields = existing.map((key) => Object.entries(key)).filter(({ length }) => length === 3);
  const ordering = threeFields.filter(
    ([first, second, third]) => first?.[0] === tenant && third?.[0] === id && second?.[1] === third[1],
  );
  return new Set(ordering.map(([, second]) => second?.[0] ?? ''));
}

/** The name that MongoDB gives to an index. */
export const indexName = (key: IndexKey): string =>
  Object.entries(key)
    .map(([field, direction]) => `${field}_${direction}`)
    .join('_');

/** The name for a new index: an index with the same key and another collation may have MongoDB's name. */
function newName(key: IndexKey, listed: readonly ListedIndex[]): string {
  const name = indexName(key);
  return listed.some((index) => index.name === name) ? `${name}_${SIMPLE_COLLATION.locale}` : name;
}

/** Creates the missing indexes and returns their names. */
export async function createMissingIndexes(db: Db, plan: IndexPlan): Promise<readonly string[]> {
  const listed = await listIndexes(db, plan.collection, AbortSignal.timeout(LIST_TIMEOUT_MS));
  const collection = db.collection(plan.collection);
  const create = (key: IndexKey): Promise<string> =>
    collection.createIndex({ ...key }, { name: newName(key, listed), collation: SIMPLE_COLLATION }, {});
  return Promise.all(missingKeys(plan, usableKeys(listed)).map(create));
}

/** The indexes of a collection, compared with its plan. */
export interface FoundIndexes {
  readonly missing: readonly IndexKey[];
  /** The fields with an index to sort a tenant's documents by them, with ties broken by id in the same direction. */
  readonly orderedBy: ReadonlySet<string>;
}

export async function findIndexes(
  db: Db,
  plan: IndexPlan,
  signal: AbortSignal = AbortSignal.timeout(LIST_TIMEOUT_MS),
): Promise<FoundIndexes> {
  const existing = usableKeys(await listIndexes(db, plan.collection, signal));
  return { missing: missingKeys(plan, existing), orderedBy: orderedFields(plan, existing) };
}
