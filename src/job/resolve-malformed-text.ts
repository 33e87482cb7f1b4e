/**
 * Resolves conditions on malformed text to ids (docs/query.md «Text that is not UTF-8»): MongoDB cannot match an expression
 * against such text, and compares it by bytes. The few documents with such text are read, sent back as answers show them, and
 * matched by MongoDB in that form.
 */
import type { MonotonicClock } from '../clock.js';
import type { Deadline } from '../limits/abort.js';
import { createCoalescer } from '../limits/coalesce.js';
import { limitCommand, MAX_FILTER_BYTES } from '../mongo/command-size.js';
import { documentKey } from '../mongo/document-key.js';
import type { Batches } from '../mongo/executor.js';
import { operandAt, operandId } from '../mongo/stored.js';
import { compileFilter } from '../query/compile/filter.js';
import { confineProbed, confineReferred, confineReferredProbed } from '../query/confine.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { Scope } from '../scope.js';
import { isOwn, isReferred } from '../query/model.js';
import type { FilterCondition, RequestedFilter } from '../query/model.js';
import { probesForCondition } from '../query/condition.js';
import type { Condition, Precomputed } from '../query/condition.js';
import { BSON, idKeyOf } from '../wire/bson.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { countCalls } from './decorators.js';
import { createEmptyScans } from './empty-scans.js';
import { isMalformed } from './malformed.js';
import { JOB_SCHEMA } from './schema.js';
import type { Collection, JobStore } from './store.js';

type Store = Pick<JobStore, 'batches' | 'meeting' | 'lastWrite'>;

/** Adds to each condition the malformed documents that match it, and those that do not. */
export type MalformedTextResolver = (
  filter: RequestedFilter,
  scope: Scope,
  deadline: Deadline,
) => Promise<RequestedFilter>;

type PrecomputedConditions = ReadonlyMap<Condition, Precomputed>;

/** Conditions on a collection that MongoDB cannot decide on malformed text, and the documents that may hold such text. */
interface Undecidable {
  readonly collection: Collection;
  readonly conditions: readonly Condition[];
  readonly paths: readonly string[];
  readonly within: ConfinedFilter;
}

/** The undecidable conditions of `filter` on `collection`; undefined: there are none. */
function undecidableOf(
  collection: Collection,
  filter: RequestedFilter,
  scope: Scope,
): Undecidable | undefined {
  const all = [...filter.all, ...filter.any];
  const own = collection === 'job';
  const candidates = own ? all.filter(isOwn) : all.filter(isReferred).map((each) => each.referred);
  const undecidable = candidates
    .map((condition) => ({ condition, probes: probesForCondition(condition) }))
    .filter(({ probes }) => probes.length > 0);
  if (undecidable.length === 0) return undefined;
  const conditions = undecidable.map(({ condition }) => condition);
  const byKey = undecidable.flatMap(({ probes }) =>
    probes.map((probe) => [documentKey({ ...probe }), probe] as const),
  );
  const probes = [...new Map(byKey).values()];
  const within = own
    ? confineProbed(filter, probes, scope, JOB_SCHEMA)
    : confineReferredProbed(probes, scope, JOB_SCHEMA);
  return { collection, conditions, paths: probes.map(({ projectedPath }) => projectedPath), within };
}

async function hasMalformed(batches: Batches): Promise<boolean> {
  for await (const batch of batches) if (batch.some((document) => isMalformed(document))) return true;
  return false;
}

/** Bytes of documents sent back by one command. */
const MAX_CHUNK_BYTES = 2_000_000;

/** `documents` in chunks, each small enough for a command. */
function* chunks(documents: readonly Buffer[]): Iterable<readonly Buffer[]> {
  let [chunk, bytes]: [Buffer[], number] = [[], 0];
  for (const document of documents) {
    if (chunk.length > 0 && bytes + document.length > MAX_CHUNK_BYTES) {
      yield chunk;
      [chunk, bytes] = [[], 0];
    }
    chunk.push(document);
    bytes += document.length;
  }
  if (chunk.length > 0) yield chunk;
}

/** Matches `documents`, sent back as answers show them, against each condition. */
async function matchDocuments(
  store: Store,
  { collection, conditions }: Undecidable,
  documents: readonly Buffer[],
  scope: Scope,
  deadline: Deadline,
): Promise<PrecomputedConditions> {
  const ids = new Map(documents.map((document) => [idKeyOf(document), operandId(document)]));
  const some = confineReferred({ _id: { $in: [...ids.values()] } }, scope, JOB_SCHEMA);
  const data = documents.map((document) => operandAt(document, BSON.object, 0));
  const precomputed = new Map<Condition, Precomputed>();
  for (const condition of conditions) {
    const filter = compileFilter({ all: [condition], any: [] });
    const found = await store.meeting(collection, some, data, filter, deadline);
    const keys = new Set(found.map(idKeyOf));
    const idsWhere = (isMatching: boolean) =>
      [...ids].filter(([key]) => keys.has(key) === isMatching).map(([, id]) => id);
    precomputed.set(condition, { matching: idsWhere(true), notMatching: idsWhere(false) });
  }
  return precomputed;
}

const union = (one: Precomputed | undefined, other: Precomputed): Precomputed => ({
  matching: [...(one?.matching ?? []), ...other.matching],
  notMatching: [...(one?.notMatching ?? []), ...other.notMatching],
});

/** Reads the malformed documents and matches them. */
async function matchMalformed(
  store: Store,
  undecidable: Undecidable,
  scope: Scope,
  deadline: Deadline,
): Promise<PrecomputedConditions> {
  const { collection, within, paths } = undecidable;
  const precomputed = new Map<Condition, Precomputed>();
  for await (const batch of store.batches(collection, within, paths, deadline))
    for (const chunk of chunks(batch.filter((document) => isMalformed(document))))
      for (const [condition, more] of await matchDocuments(store, undecidable, chunk, scope, deadline))
        precomputed.set(condition, union(precomputed.get(condition), more));
  return precomputed;
}

/** Adds the precomputed documents to the conditions of `filter`. */
function withPrecomputed(
  filter: RequestedFilter,
  own: PrecomputedConditions,
  referred: PrecomputedConditions,
): RequestedFilter {
  const extend = (condition: Condition, by: PrecomputedConditions): Condition => {
    const precomputed = by.get(condition);
    return precomputed === undefined ? condition : { ...condition, precomputed };
  };
  const extendEach = (each: FilterCondition): FilterCondition =>
    isReferred(each) ? { referred: extend(each.referred, referred) } : extend(each, own);
  return { all: filter.all.map(extendEach), any: filter.any.map(extendEach) };
}

/** Resolves the conditions of filters over `store`. */
export function createMalformedTextResolver(
  store: Store,
  monotonicNow: MonotonicClock,
  meter: Meter = NO_METER,
): MalformedTextResolver {
  const emptyScans = createEmptyScans(monotonicNow);
  const coalesceScans = createCoalescer<boolean>(countCalls(meter, 'scan'));
  const coalesceLastWrites = createCoalescer<string | undefined>(countCalls(meter, 'last_write'));

  /** Scans for malformed documents; equal scans at one time are one. */
  const scan = (
    { collection, within, paths }: Undecidable,
    key: string,
    lastWrite: string | undefined,
    deadline: Deadline,
  ): Promise<boolean> =>
    coalesceScans(key, deadline, async (shared) => {
      const found = await hasMalformed(store.batches(collection, within, paths, shared));
      emptyScans.record(key, lastWrite, !found);
      return found;
    });

  async function precompute(
    undecidable: Undecidable | undefined,
    scope: Scope,
    deadline: Deadline,
  ): Promise<PrecomputedConditions> {
    if (undecidable === undefined) return new Map();
    const command = limitCommand({ ...undecidable, conditions: [] }, MAX_FILTER_BYTES, 'query.filter');
    const key = documentKey(command);
    // A write between this and the scan only makes the next scan come sooner.
    const lastWrite = await coalesceLastWrites('last write', deadline, (shared) => store.lastWrite(shared));
    const isClean = emptyScans.has(key, lastWrite) || !(await scan(undecidable, key, lastWrite, deadline));
    return isClean ? new Map() : await matchMalformed(store, undecidable, scope, deadline);
  }

  return async (filter, scope, deadline) => {
    const onJobs = undecidableOf('job', filter, scope);
    const onCollectors = undecidableOf('collector', filter, scope);
    if (onJobs === undefined && onCollectors === undefined) return filter;
    const [own, referred] = await Promise.all([
      precompute(onJobs, scope, deadline),
      precompute(onCollectors, scope, deadline),
    ]);
    return withPrecomputed(filter, own, referred);
  };
}
