/** Puts collectors into the jobs that refer to them, each looked up once, and within the caller's scope only. */
import { ObjectId } from 'mongodb';
import type { Referred } from '../query/compile.js';
import { confineReferred } from '../query/confine.js';
import type { Scope } from '../query/confine.js';
import { COLLECTOR_SHOWN } from './schema.js';
import { asData } from './stored.js';
import type { StoredDocument } from './stored.js';
import type { Budget } from './operation.js';
import type { JobStore } from './store.js';

/** How many references are remembered; a list of any length must not fill the memory. */
const MAX_KNOWN = 10_000;

export type Collect = (jobs: readonly StoredDocument[]) => Promise<readonly StoredDocument[]>;

const referenceOf = ({ collector }: StoredDocument): string | undefined =>
  collector instanceof ObjectId ? collector.toHexString() : undefined;

/** Replaces `collector` by the collector's document, or by nothing where it is gone or of another domain. */
export function collecting(store: JobStore, scope: Scope, budget: Budget): Collect {
  const known = new Map<string, StoredDocument | undefined>();

  async function look(references: readonly string[]): Promise<void> {
    const ids = references.map((reference) => ObjectId.createFromHexString(reference));
    const filter = confineReferred({ _id: { $in: ids } }, scope);
    const found = await store.collectors(filter, COLLECTOR_SHOWN, budget);
    for (const reference of references) known.set(reference, undefined);
    for (const collector of found) known.set(collector._id.toHexString(), collector);
  }

  return async (jobs) => {
    if (known.size > MAX_KNOWN) known.clear();
    const references = new Set(jobs.map(referenceOf).filter((reference) => reference !== undefined));
    const missing = [...references].filter((reference) => !known.has(reference));
    if (missing.length > 0) await look(missing);
    return jobs.map((job) => ({ ...job, collector: known.get(referenceOf(job) ?? '') }));
  };
}

/** The collectors of the scope with `paths` of theirs, to be found by id while rows are made. */
export async function collectorsOf(
  store: JobStore,
  scope: Scope,
  paths: readonly string[],
  budget: Budget,
): Promise<Referred> {
  const found = await store.collectors(confineReferred({}, scope), paths, budget);
  return { ids: found.map(({ _id }) => _id), documents: found.map(asData) };
}
