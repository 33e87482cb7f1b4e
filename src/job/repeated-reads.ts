/**
 * Keeps an answer free of jobs read twice (docs/query.md «Lists beside writers»): MongoDB reads a job again when a write
 * moves it ahead in the index under the read. Documents have their `_id`.
 */
import type { Batches } from '../mongo/executor.js';
import { BSON } from '../wire/bson.js';
import { idOf } from './malformed.js';

/** `_id` stands first in a document: its length, the type of the first element, `_id` and a zero byte, 12 bytes of ObjectId. */
const TYPE = 4;
const NAME = Buffer.from('_id\0');
const VALUE = TYPE + 1 + NAME.length;
const VALUE_END = VALUE + 12;

const hasObjectId = (document: Buffer): boolean =>
  document[TYPE] === BSON.objectId && document.compare(NAME, 0, NAME.length, TYPE + 1, VALUE) === 0;

/** A text equal only for equal ids. */
const keyOf = (document: Buffer): string =>
  hasObjectId(document) ? document.toString('latin1', VALUE, VALUE_END) : idOf(document)[0];

/** The end of an ObjectId, a counter; ids of one end are rare. */
const endOf = (document: Buffer): number => document.readInt32BE(VALUE_END - 4);

const areDistinct = (documents: readonly Buffer[], of: (document: Buffer) => unknown): boolean =>
  new Set(documents.map(of)).size === documents.length;

/** True where a document is in `documents` twice. */
export const hasRepeat = (documents: readonly Buffer[]): boolean =>
  !(documents.every(hasObjectId) && areDistinct(documents, endOf)) && !areDistinct(documents, keyOf);

/** Ids of a generation. Two generations are remembered, some 60 bytes an id: the memory of an export does not grow with it. */
const GENERATION = 5000;

/** Leaves out documents that were among the last 5,000. */
export async function* withoutRepeats(batches: Batches): Batches {
  let before: ReadonlySet<string> = new Set();
  let latest = new Set<string>();
  const isNew = (document: Buffer): boolean => {
    const key = keyOf(document);
    if (latest.has(key) || before.has(key)) return false;
    if (latest.size === GENERATION) [before, latest] = [latest, new Set()];
    latest.add(key);
    return true;
  };
  for await (const batch of batches) yield batch.filter(isNew);
}
