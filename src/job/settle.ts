/**
 * Settles conditions on malformed text (docs/query.md «Text that is not UTF-8»): MongoDB cannot match an expression
 * against such text, and compares it by bytes. The few documents with such text are read, sent back as answers show them, and
 * matched by MongoDB in that form.
 */
import type { MonotonicClock } from '../clock.js';
import type { Deadline } from '../limits/abort.js';
import { createCoalescer } from '../limits/coalesce.js';
import { limitCommand, MAX_FILTER_BYTES } from '../mongo/command-size.js';
import { documentKey } from '../mongo/document-key.js';
import type { Batches } from '../mongo/executor.js';
import { operandAt } from '../mongo/stored.js';
import { compileFilter } from '../query/compile/filter.js';
import { confineDoubtful, confineDoubtfulReferred, confineReferred } from '../query/confine.js';
import type { ConfinedFilter } from '../query/confine.js';
import type { Scope } from '../scope.js';
import type { AskedFilter } from '../query/model.js';
import { doubtsAbout } from '../query/condition.js';
import type { Condition, Known } from '../query/condition.js';
import { BSON } from '../wire/bson.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { countCalls } from './decorators.js';
import { createFruitlessScans } from './fruitless-scans.js';
import { decidableOf, idOf, isMalformed, isOwn } from './malformed.js';
import type { Leaf } from './malformed.js';
import { JOB_SCHEMA } from './schema.js';
import type { Collection, JobStore } from './store.js';

type Store = Pick<JobStore, 'batches' | 'meeting' | 'lastWrite'>;

/** Adds to each condition its verdict on the malformed documents. */
export type Settle = (filter: AskedFilter, scope: Scope, deadline: Deadline) => Promise<AskedFilter>;

/** The malformed documents that meet each condition, and the other malformed ones. */
type Settled = ReadonlyMap<Condition, Known>;

/** Undecidable conditions on a collection, and the documents that may make them so. */
interface Question {
  readonly collection: Collection;
  readonly conditions: readonly Condition[];
  readonly paths: readonly string[];
  readonly within: ConfinedFilter;
}

/** The undecidable conditions of `filter` on `collection`; undefined: there are none. */
function questionOf(collection: Collection, filter: AskedFilter, scope: Scope): Question | undefined {
  const leaves = [...filter.all, ...filter.any];
  const own = collection === 'job';
  const asked = own ? leaves.filter(isOwn) : leaves.flatMap((leaf) => (isOwn(leaf) ? [] : [leaf.referred]));
  const doubted = asked.map((condition) => ({ condition, doubts: doubtsAbout(condition) }));
  const undecidable = doubted.filter(({ doubts }) => doubts.length > 0);
  if (undecidable.length === 0) return undefined;
  const conditions = undecidable.map(({ condition }) => condition);
  const byKey = undecidable.flatMap(({ doubts }) =>
    doubts.map((doubt) => [documentKey({ ...doubt }), doubt] as const),
  );
  const doubts = [...new Map(byKey).values()];
  const within = own
    ? confineDoubtful(decidableOf(filter), doubts, scope, JOB_SCHEMA)
    : confineDoubtfulReferred(doubts, scope, JOB_SCHEMA);
  return { collection, conditions, paths: doubts.map(({ shown }) => shown), within };
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
  { collection, conditions }: Question,
  documents: readonly Buffer[],
  scope: Scope,
  deadline: Deadline,
): Promise<Settled> {
  const ids = new Map(documents.map(idOf));
  const some = confineReferred({ _id: { $in: [...ids.values()] } }, scope, JOB_SCHEMA);
  const data = documents.map((document) => operandAt(document, BSON.object, 0));
  const known = new Map<Condition, Known>();
  for (const condition of conditions) {
    const filter = compileFilter({ all: [condition], any: [] });
    const meeting = await store.meeting(collection, some, data, filter, deadline);
    const met = new Map(meeting.map(idOf));
    const unmet = [...ids].filter(([key]) => !met.has(key)).map(([, id]) => id);
    known.set(condition, { met: [...met.values()], unmet });
  }
  return known;
}

const union = (known: Known | undefined, more: Known): Known => ({
  met: [...(known?.met ?? []), ...more.met],
  unmet: [...(known?.unmet ?? []), ...more.unmet],
});

/** Reads the malformed documents of a question and matches them. */
async function settleQuestion(
  store: Store,
  question: Question,
  scope: Scope,
  deadline: Deadline,
): Promise<Settled> {
  const { collection, within, paths } = question;
  const known = new Map<Condition, Known>();
  for await (const batch of store.batches(collection, within, paths, deadline))
    for (const chunk of chunks(batch.filter((document) => isMalformed(document))))
      for (const [condition, more] of await matchDocuments(store, question, chunk, scope, deadline))
        known.set(condition, union(known.get(condition), more));
  return known;
}

/** `filter` with all that is known of its conditions. */
function withKnown(filter: AskedFilter, own: Settled, referred: Settled): AskedFilter {
  const settled = (condition: Condition, by: Settled): Condition => {
    const known = by.get(condition);
    return known === undefined ? condition : { ...condition, known };
  };
  const leafOf = (leaf: Leaf): Leaf =>
    isOwn(leaf) ? settled(leaf, own) : { referred: settled(leaf.referred, referred) };
  return { all: filter.all.map(leafOf), any: filter.any.map(leafOf) };
}

/** Settles filters over `store`. */
export function createSettle(store: Store, monotonicNow: MonotonicClock, meter: Meter = NO_METER): Settle {
  const fruitless = createFruitlessScans(monotonicNow);
  const coalesceScans = createCoalescer<boolean>(countCalls(meter, 'scan'));
  const coalesceLastWrites = createCoalescer<string | undefined>(countCalls(meter, 'last_write'));

  /** Scans for malformed documents; equal scans at one time are one. */
  const scan = (
    { collection, within, paths }: Question,
    key: string,
    lastWrite: string | undefined,
    deadline: Deadline,
  ): Promise<boolean> =>
    coalesceScans(key, deadline, async (shared) => {
      const found = await hasMalformed(store.batches(collection, within, paths, shared));
      fruitless.record(key, lastWrite, !found);
      return found;
    });

  async function settle(question: Question | undefined, scope: Scope, deadline: Deadline): Promise<Settled> {
    if (question === undefined) return new Map();
    const key = documentKey(limitCommand({ ...question, conditions: [] }, MAX_FILTER_BYTES, 'query.filter'));
    // A write between this and the scan only makes the next scan come sooner.
    const lastWrite = await coalesceLastWrites('last write', deadline, (shared) => store.lastWrite(shared));
    const isClean = fruitless.has(key, lastWrite) || !(await scan(question, key, lastWrite, deadline));
    return isClean ? new Map() : await settleQuestion(store, question, scope, deadline);
  }

  return async (filter, scope, deadline) => {
    const onJobs = questionOf('job', filter, scope);
    const onCollectors = questionOf('collector', filter, scope);
    if (onJobs === undefined && onCollectors === undefined) return filter;
    const [own, referred] = await Promise.all([
      settle(onJobs, scope, deadline),
      settle(onCollectors, scope, deadline),
    ]);
    return withKnown(filter, own, referred);
  };
}
