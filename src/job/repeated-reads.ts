/**
 * Keeps an answer free of jobs read twice (docs/query.md «Lists beside writers»): MongoDB reads a job again when a write
 * moves it ahead of the read in the index, or deletes it and inserts it there. A job is known by its id, or by `_id`, which
 * every document has, where its id is no text or was not read.
 */
import type { Batches } from '../mongo/executor.js';
import { BSON, Elements, idKeyOf, textEnd, textFrom } from '../wire/bson.js';
import { nameTableOf } from '../wire/names.js';
import { JOB_SCHEMA } from './schema.js';

const JOB_ID = nameTableOf([[JOB_SCHEMA.id, true]]);

/** The usual beginning of a job is an ObjectId named `_id`, 12 bytes, and then a text, its id. */
const USUAL = [
  { offset: 5, bytes: '_id\0' },
  { offset: 21, bytes: '\x02job' },
  { offset: 25, bytes: '_id\0' },
].map(({ offset, bytes }) => ({ offset, word: Buffer.from(bytes, 'latin1').readInt32LE() }));
const USUAL_TEXT = 29;

const isUsual = (document: Buffer): boolean =>
  document[4] === BSON.objectId &&
  document.length > USUAL_TEXT &&
  USUAL.every(({ offset, word }) => document.readInt32LE(offset) === word);

/** The offset of the text that is the job's id; undefined where there is none. */
function jobIdAt(document: Buffer): number | undefined {
  if (isUsual(document)) return USUAL_TEXT;
  for (const each = new Elements(document, 0); each.next();)
    if (each.type === BSON.string && JOB_ID(document, each.name, each.nameEnd)) return each.value;
  return undefined;
}

/** A text equal only for the same job. */
function keyOf(document: Buffer): string {
  const offset = jobIdAt(document);
  if (offset === undefined) return idKeyOf(document);
  return document.toString('latin1', offset, textEnd(document, offset));
}

/** The end of a usual id as a number; other ids seldom have the same. */
const NUMBER_BYTES = 8;
const endOf = (document: Buffer): number =>
  document.readDoubleLE(textEnd(document, USUAL_TEXT) - NUMBER_BYTES);

const areDistinct = (documents: readonly Buffer[], of: (document: Buffer) => unknown): boolean =>
  new Set(documents.map(of)).size === documents.length;

/** True where a job is in `documents` twice. */
export const hasRepeat = (documents: readonly Buffer[]): boolean =>
  !(documents.every(isUsual) && areDistinct(documents, endOf)) && !areDistinct(documents, keyOf);

/** Finds which of `ids` several stored jobs share. */
export type SharedIds = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

/** Ids of a generation. Two generations are remembered, some 60 bytes an id: the memory of an export does not grow with it. */
const GENERATION = 5000;

/** Remembers jobs; the result tells whether a job is among the last ones. */
function createMemory(): (document: Buffer) => boolean {
  let before: ReadonlySet<string> = new Set();
  let latest = new Set<string>();
  return (document) => {
    const key = keyOf(document);
    if (latest.has(key) || before.has(key)) return true;
    if (latest.size === GENERATION) [before, latest] = [latest, new Set()];
    latest.add(key);
    return false;
  };
}

/** Leaves out jobs that were among the last 5,000, unless another job is stored under the same id. */
export async function* withoutRepeats(batches: Batches, sharedIds: SharedIds): Batches {
  const isRemembered = createMemory();
  const idIn = (document: Buffer): string | undefined => {
    const offset = jobIdAt(document);
    return offset === undefined ? undefined : textFrom(document, offset);
  };
  for await (const batch of batches) {
    const repeats = new Map(batch.filter(isRemembered).map((document) => [document, idIn(document)]));
    const ids = [...repeats.values()].filter((id) => id !== undefined);
    const shared: ReadonlySet<unknown> = ids.length === 0 ? new Set() : await sharedIds(ids);
    yield repeats.size === 0
      ? batch
      : batch.filter((document) => !repeats.has(document) || shared.has(repeats.get(document)));
  }
}
