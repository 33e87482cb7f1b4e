/** Reads documents to be sent back with a pipeline as data. */
import type { Batches } from '../mongo/executor.js';
import { operandAt, operandId } from '../mongo/stored.js';
import type { LiteralDocuments } from '../query/literal-lookup.js';
import { BSON } from '../wire/bson.js';
import { sizeOf } from './batches.js';
import type { Reserved } from './call.js';

/** Bytes of memory for each byte of them: as read, as values to send, and in the commands for results and their number. */
const LITERAL_WEIGHT = 6;

/** The documents of `batches` with `isWanted`; undefined: they are larger than `maxBytes`. */
export async function readLiteralDocuments(
  batches: Batches,
  isWanted: (document: Buffer) => boolean,
  maxBytes: number,
  { memory }: Reserved,
): Promise<LiteralDocuments | undefined> {
  const wanted: Buffer[] = [];
  let bytes = 0;
  for await (const batch of batches) {
    const found = batch.filter((document) => isWanted(document));
    bytes += sizeOf(found);
    if (bytes > maxBytes) return undefined;
    wanted.push(...found);
  }
  memory.grow(bytes * LITERAL_WEIGHT);
  return {
    ids: wanted.map((document) => operandId(document)),
    documents: wanted.map((document) => operandAt(document, BSON.object, 0)),
  };
}
