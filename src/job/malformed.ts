/**
 * Stored text that is not UTF-8 (docs/query.md «Text that is not UTF-8»): MongoDB cannot hold an expression against it,
 * and compares it by its bytes. The few documents that have such text where a condition asks are read, and the condition
 * is held against them as answers show them, by MongoDB all the same.
 */
import { isUtf8 } from 'node:buffer';
import { compiledFilter, ownPaths } from '../query/compile.js';
import type { Repaired } from '../query/compile.js';
import { confineDoubtful, confineDoubtfulReferred, confineReferred } from '../query/confine.js';
import type { ConfinedFilter, Scope } from '../query/confine.js';
import type { AskedFilter, Filter, ReferredCondition, StatQuery } from '../query/model.js';
import { firstSegment } from '../query/schema.js';
import { doubtAt } from '../query/text.js';
import { doubtsAbout } from '../query/operators.js';
import type { Condition, Known } from '../query/operators.js';
import { BSON, Elements, textEnd, textStart } from '../wire/bson.js';
import { limitCommand, MAX_FILTER_BYTES } from '../mongo/command-size.js';
import type { Reservation } from '../limits/memory-budget.js';
import type { Batches } from '../mongo/executor.js';
import type { Deadline } from '../limits/abort.js';
import { keyOf, createCoalescing } from '../limits/coalesce.js';
import { operandAt, operandElements } from '../mongo/stored.js';
import type { Collection, JobStore } from './store.js';

/** The types of values that are text. */
const TEXTS: ReadonlySet<number> = new Set([BSON.string, BSON.symbol, BSON.code]);
const NESTED: ReadonlySet<number> = new Set([BSON.object, BSON.array]);

/** Whether a text or a name in the document at `at` is not UTF-8. */
function isMalformed(bytes: Buffer, at: number): boolean {
  for (const each = new Elements(bytes, at); each.next();) {
    if (!isUtf8(bytes.subarray(each.name, each.nameEnd))) return true;
    if (NESTED.has(each.type) && isMalformed(bytes, each.value)) return true;
    const [start, end] = [textStart(each.value), TEXTS.has(each.type) ? textEnd(bytes, each.value) : 0];
    if (end > start && !isUtf8(bytes.subarray(start, end))) return true;
  }
  return false;
}

async function holdsMalformed(batches: Batches): Promise<boolean> {
  for await (const batch of batches) if (batch.some((document) => isMalformed(document, 0))) return true;
  return false;
}

/** Documents that are looked at together, and at how many bytes of them at once. */
const MAX_CHUNK_BYTES = 2_000_000;

/** `documents` in pieces that a command holds. */
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

/** The value of `_id`, as data and as something that only equal ones are. */
function idOf(document: Buffer): readonly [key: string, id: unknown] {
  for (const each = new Elements(document, 0); each.next();)
    if (document.toString('latin1', each.name, each.nameEnd) === '_id')
      return [
        document.toString('latin1', each.value, each.end) + String(each.type),
        operandAt(document, each.type, each.value),
      ];
  return ['', null];
}

/** What is known of documents, by the condition. */
type Told = ReadonlyMap<Condition, Known>;

const joined = (known: Known | undefined, more: Known): Known => ({
  met: [...(known?.met ?? []), ...more.met],
  unmet: [...(known?.unmet ?? []), ...more.unmet],
});

/** How many answers «there is none» are kept. */
const MAX_KEPT = 1000;
/** Looks in a row, each within so many milliseconds of the one before, all in vain, from which on writes are many. */
const MANY_LOOKS = 8;
const IN_A_ROW = 10_000;
/** Milliseconds that a look in vain counts where writes are many. */
const KEPT_WHILE_WRITTEN = 1000;

interface Look {
  readonly moment: string | undefined;
  readonly time: number;
  /** Looks in vain in a row. */
  readonly looks: number;
}

/** Looks in vain by what was looked for; those that were kept first go first. */
function keeping(monotonicNow: () => number) {
  const kept = new Map<string, Look>();
  return {
    /** Whether there was none, and nothing was written since; where writes are many, not long ago. */
    isNone(key: string, moment: string | undefined): boolean {
      const last = kept.get(key);
      if (last === undefined) return false;
      if (moment !== undefined && moment === last.moment) return true;
      return last.looks >= MANY_LOOKS && monotonicNow() - last.time < KEPT_WHILE_WRITTEN;
    },
    looked(key: string, moment: string | undefined, isNone: boolean): void {
      const last = kept.get(key);
      kept.delete(key);
      if (!isNone) return;
      const time = monotonicNow();
      const isNext = last !== undefined && time - last.time < IN_A_ROW;
      kept.set(key, { moment, time, looks: isNext ? last.looks + 1 : 1 });
      const [first] = kept.keys();
      if (kept.size > MAX_KEPT && first !== undefined) kept.delete(first);
    },
  };
}

type Leaf = Condition | ReferredCondition;

/** Conditions that stored text leaves in doubt, and where in which collection it may do so. */
interface Asked {
  readonly collection: Collection;
  readonly conditions: readonly Condition[];
  readonly paths: readonly string[];
  readonly within: ConfinedFilter;
}

const isOwn = (leaf: Leaf): leaf is Condition => !('referred' in leaf);
const isDoubtful = (condition: Condition): boolean => doubtsAbout(condition).length > 0;

/** The conditions of `filter` on jobs that all have to meet, and that no stored text leaves in doubt. */
const certainOf = ({ all }: AskedFilter): Filter => ({
  all: all.filter(isOwn).filter((condition) => !isDoubtful(condition)),
  any: [],
});

/** What the conditions of `filter` on a collection ask, in doubt. */
function askedOf(collection: Collection, filter: AskedFilter, scope: Scope): Asked {
  const leaves = [...filter.all, ...filter.any];
  const own = collection === 'job';
  const asked = own ? leaves.filter(isOwn) : leaves.flatMap((leaf) => (isOwn(leaf) ? [] : [leaf.referred]));
  const conditions = asked.filter(isDoubtful);
  const doubts = [...new Map(conditions.flatMap(doubtsAbout).map((doubt) => [doubt.path, doubt])).values()];
  const within = own
    ? confineDoubtful(certainOf(filter), doubts, scope)
    : confineDoubtfulReferred(doubts, scope);
  return { collection, conditions, paths: doubts.map(({ shown }) => shown), within };
}

type Store = Pick<JobStore, 'batches' | 'meeting' | 'moment'>;

/** `filter`, with what is known of the documents of which MongoDB could not tell. */
export type Settle = (filter: AskedFilter, scope: Scope, deadline: Deadline) => Promise<AskedFilter>;

/** Settles filters over `store`; `monotonicNow` counts milliseconds and only grows. */
export function createSettle(store: Store, monotonicNow: () => number): Settle {
  const looks = keeping(monotonicNow);
  const shared = createCoalescing<boolean>();

  /** What is known of `documents`, which are malformed, by each condition. */
  async function told(
    { collection, conditions }: Asked,
    documents: readonly Buffer[],
    scope: Scope,
    deadline: Deadline,
  ): Promise<Told> {
    const ids = new Map(documents.map(idOf));
    const some = confineReferred({ _id: { $in: [...ids.values()] } }, scope);
    const data = documents.map((document) => operandAt(document, BSON.object, 0));
    const known = new Map<Condition, Known>();
    for (const condition of conditions) {
      const filter = compiledFilter({ all: [condition], any: [] });
      const meeting = await store.meeting(collection, some, data, filter, deadline);
      const met = new Map(meeting.map(idOf));
      const unmet = [...ids].filter(([key]) => !met.has(key)).map(([, id]) => id);
      known.set(condition, { met: [...met.values()], unmet });
    }
    return known;
  }

  async function tell(asked: Asked, scope: Scope, deadline: Deadline): Promise<Told> {
    const { collection, within, paths } = asked;
    const known = new Map<Condition, Known>();
    for await (const batch of store.batches(collection, within, paths, deadline))
      for (const chunk of chunks(batch.filter((document) => isMalformed(document, 0))))
        for (const [condition, more] of await told(asked, chunk, scope, deadline))
          known.set(condition, joined(known.get(condition), more));
    return known;
  }

  /** Whether there is anything to tell; the look of one serves all who ask for the same before it begins. */
  const look = ({ collection, within, paths }: Asked, key: string, deadline: Deadline): Promise<boolean> =>
    shared(key, deadline, async (longest) => {
      const moment = await store.moment(longest);
      const found = await holdsMalformed(store.batches(collection, within, paths, longest));
      looks.looked(key, moment, !found);
      return found;
    });

  /** The same, without a look where there can be none. */
  async function tellOnce(asked: Asked, scope: Scope, deadline: Deadline): Promise<Told> {
    if (asked.conditions.length === 0) return new Map();
    const key = keyOf(limitCommand({ ...asked, conditions: [] }, MAX_FILTER_BYTES, 'query.filter'));
    const isNone = looks.isNone(key, await store.moment(deadline)) || !(await look(asked, key, deadline));
    return isNone ? new Map() : await tell(asked, scope, deadline);
  }

  return async (filter, scope, deadline) => {
    const asked = (['job', 'collector'] as const).map((collection) => askedOf(collection, filter, scope));
    const [own, referred] = await Promise.all(asked.map((each) => tellOnce(each, scope, deadline)));
    const settled = (condition: Condition, known: Told | undefined): Condition => {
      const found = known?.get(condition);
      return found === undefined ? condition : { ...condition, known: found };
    };
    const leafOf = (leaf: Leaf): Leaf =>
      isOwn(leaf) ? settled(leaf, own) : { referred: settled(leaf.referred, referred) };
    return { all: filter.all.map(leafOf), any: filter.any.map(leafOf) };
  };
}

/** Bytes of jobs that a stat takes as data, beside what else it takes. */
const MAX_REPAIRED_BYTES = 4_000_000;
/** Bytes of memory for a byte of them: as they came, as values to send, and in the commands for rows and their number. */
const REPAIRED_WEIGHT = 6;

/**
 * The jobs by whose malformed text a stat makes its rows, as answers show them; undefined: there are none, or more than a
 * stat takes.
 */
export async function repairsOf(
  store: Store,
  query: StatQuery,
  scope: Scope,
  memory: Reservation,
  deadline: Deadline,
): Promise<Repaired | undefined> {
  const doubts = ownPaths(query).map(doubtAt);
  if (doubts.length === 0) return undefined;
  const within = confineDoubtful(certainOf(query.filter), doubts, scope);
  const paths = [...new Set(doubts.map(({ path }) => firstSegment(path)))];
  const found: Buffer[] = [];
  let bytes = 0;
  for await (const batch of store.batches('job', within, paths, deadline))
    for (const document of batch.filter((each) => isMalformed(each, 0))) {
      bytes += document.length;
      if (bytes > MAX_REPAIRED_BYTES) return undefined;
      found.push(document);
    }
  memory.grow(bytes * REPAIRED_WEIGHT);
  const ids = found.map((document) => idOf(document)[1]);
  const documents = found.map((document) => new Map(operandElements(document, 0)));
  return found.length === 0 ? undefined : { ids, documents };
}
