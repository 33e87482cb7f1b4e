/**
 * Loads the collectors of jobs by one query a batch, within the caller's scope only, and keeps them for a moment
 * (docs/performance.md «Collectors»).
 */
import { ObjectId } from 'mongodb';
import type { MonotonicClock } from '../clock.js';
import { overLimit } from '../errors.js';
import type { LiteralDocuments } from '../query/literal-lookup.js';
import { referredPaths } from '../query/stat-keys.js';
import { confineReferred } from '../query/confine.js';
import type { ConfinedMatch } from '../query/confine.js';
import type { Scope } from '../scope.js';
import type { MongoFilter } from '../query/mongo-syntax.js';
import { documentIdOf, idIn } from '../wire/bson.js';
import { nameTableOf } from '../wire/names.js';
import type { StatQuery } from '../query/model.js';
import { beforeReplaced } from '../query/malformed-text.js';
import { beforeIndexes } from '../query/paths.js';
import type { Reserved } from './call.js';
import { readLiteralDocuments } from './literal-documents.js';
import { layoutOf, messageOf } from './transcoder.js';
import type { CollectorInfoBytes } from './transcoder.js';
import type { Deadline } from '../limits/abort.js';
import { createCache } from '../limits/cache.js';
import { COLLECTOR_INFO, COLLECTOR_SHOWN, JOB_SCHEMA } from './schema.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import type { JobStore } from './store.js';

/** Bytes of the cache, and of an entry beside its message. */
const MAX_CACHE_BYTES = 8 * 1024 ** 2;
const ENTRY_BYTES = 200;

interface CachedCollector {
  /** CollectorInfo; undefined: the domain has no such collector. */
  readonly message: CollectorInfoBytes;
}

const weightOf = ({ message }: CachedCollector): number => ENTRY_BYTES + (message?.length ?? 0);

const COLLECTOR = nameTableOf([[JOB_SCHEMA.reference.field, true]]);

const COLLECTOR_LAYOUT = layoutOf(COLLECTOR_INFO);

/** CollectorInfo of a stored collector, in memory of its own for the cache. */
export const collectorInfo = (collector: Buffer): Uint8Array =>
  Uint8Array.from(messageOf(COLLECTOR_LAYOUT, collector));

/** Loads CollectorInfo for each of some jobs within a scope. */
export type CollectorLoader = (
  jobs: readonly Buffer[],
  scope: Scope,
  deadline: Deadline,
) => Promise<readonly CollectorInfoBytes[]>;

export interface CollectorLoaderOptions {
  readonly store: Pick<JobStore, 'collectors'>;
  /** Milliseconds to keep a collector after its lookup. */
  readonly collectorCacheMs: number;
  readonly monotonicNow: MonotonicClock;
  readonly meter: Meter;
}

/** Looks up each collector once in the time it is kept. */
export function createCollectorLoader({
  store,
  collectorCacheMs,
  monotonicNow,
  meter,
}: CollectorLoaderOptions): CollectorLoader {
  const cache = createCache<CachedCollector>({
    ttlMs: collectorCacheMs,
    monotonicNow,
    weightOf,
    capacity: MAX_CACHE_BYTES,
  });

  async function lookUp(references: readonly string[], scope: Scope, deadline: Deadline) {
    const ids = references.map((reference) => ObjectId.createFromHexString(reference));
    const filter = confineReferred({ _id: { $in: ids } }, scope, JOB_SCHEMA);
    const found = await store.collectors(filter, COLLECTOR_SHOWN, deadline);
    return new Map(found.map((collector) => [documentIdOf(collector), collectorInfo(collector)]));
  }

  return async (jobs, scope, deadline) => {
    const references = jobs.map((job) => idIn(job, COLLECTOR));
    const messages = new Map<string | undefined, CollectorInfoBytes>([[undefined, undefined]]);
    const missing: string[] = [];
    for (const reference of references) {
      if (reference === undefined || messages.has(reference)) continue;
      const known = cache.get(scope.domainId + reference);
      if (known === undefined) missing.push(reference);
      messages.set(reference, known?.message);
    }
    // The first of the messages is that of jobs without a reference.
    meter.add('inventory_job_collector_cache_total', { result: 'hit' }, messages.size - 1 - missing.length);
    meter.add('inventory_job_collector_cache_total', { result: 'miss' }, missing.length);
    const found = missing.length === 0 ? undefined : await lookUp(missing, scope, deadline);
    for (const reference of missing) {
      const message = found?.get(reference);
      messages.set(reference, message);
      cache.set(scope.domainId + reference, { message });
    }
    return references.map((reference) => messages.get(reference));
  };
}

/** Bytes of collectors sent as data with a pipeline, within the 16 MB of a command. */
const MAX_JOINED_BYTES = 15_000_000;

/** True for a collector to which jobs can refer. */
const isReferable = (collector: Buffer): boolean => documentIdOf(collector) !== undefined;

/**
 * The collectors that a stat joins, with the paths it asks of them: all of the scope or, where those are too many, the ones
 * referred to by jobs of `match`; undefined: the stat asks for none. Errors: LIMIT_EXCEEDED.
 */
export async function joinedCollectors(
  store: JobStore,
  query: StatQuery,
  { within }: ConfinedMatch,
  scope: Scope,
  work: Deadline & Reserved,
): Promise<LiteralDocuments | undefined> {
  const paths = referredPaths(query).map(beforeIndexes).map(beforeReplaced);
  if (paths.length === 0) return undefined;
  function read(filter: MongoFilter): Promise<LiteralDocuments | undefined> {
    const confined = confineReferred(filter, scope, JOB_SCHEMA);
    const batches = store.batches('collector', confined, paths, work);
    return readLiteralDocuments(batches, isReferable, MAX_JOINED_BYTES, work);
  }
  const all = await read({});
  if (all !== undefined) return all;
  const referred = await read({ _id: { $in: await store.references({ within }, work) } });
  if (referred === undefined) throw overLimit('collector_bytes', MAX_JOINED_BYTES);
  return referred;
}
