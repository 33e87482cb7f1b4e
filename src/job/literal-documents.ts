/** Reads documents to be sent back with a pipeline as data. */
import type { Batches } from '../mongo/executor.js';
import { operandAt, operandId } from '../mongo/stored.js';
import type { LiteralDocuments } from '../query/literal-lookup.js';
import { BSON } from '../wire/bson.js';
import { sizeOf } from './batches.js';
import type { Reserved } from './call.js';

/** Bytes of memory for each of them: as read, as values to send, and in the commands for results and their number. */
const LITERAL_WEIGHT = 6;

/** The documents of `batches` with `isWanted`; undefined: they are larger than `maxBytes`. */
export async function readLiteralDocuments(
  batches: Batches,
  isWanted: (document: Buffer) => boolean,
  maxBytes: number,
  { memory }: Reserved,
): Promise<LiteralDocuments | undefined> {
  const ids: unknown[] = [];
  const documents: unknown[] = [];
  let bytes = 0;
  for await (const batch of batches) {
    const found = batch.filter((document) => isWanted(document));
    const more = sizeOf(found);
    bytes += more;
    if (bytes > maxBytes) return undefined;
    memory.grow(more * LITERAL_WEIGHT);
    for (const document of found) {
      ids.push(operandId(document));
      documents.push(operandAt(document, BSON.object, 0));
    }
  }
  return { ids, documents };
}
