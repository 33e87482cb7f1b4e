/** Batches of stored documents. */
import type { Batches } from '../mongo/executor.js';

/** Hands each batch to `use`, one after the other. Answers the number of documents. */
export async function forEachBatch(
  batches: Batches,
  use: (batch: readonly Buffer[]) => void | Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const batch of batches) {
    await use(batch);
    count += batch.length;
  }
  return count;
}
