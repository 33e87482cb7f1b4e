/** Batches of stored documents. */
import type { Deadline } from '../limits/abort.js';
import type { Batches } from '../mongo/executor.js';

/** The bytes of `documents`. */
export const sizeOf = (documents: readonly Buffer[]): number =>
  documents.reduce((size, document) => size + document.length, 0);

/** Hands each batch to `use`, one after the other. Returns the number of documents, and tells it to the observer of the work. */
export async function forEachBatch(
  batches: Batches,
  { observer }: Deadline,
  use: (batch: readonly Buffer[]) => void | Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const batch of batches) {
    await use(batch);
    count += batch.length;
  }
  observer?.results(count);
  return count;
}
