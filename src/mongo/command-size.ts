/** Limits the size of commands: MongoDB takes 16 MB, and the driver fails at the end of its own buffer. */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { overLimit } from '../errors.js';

/** The size of a filter; everything else in a request of 4 MiB fits beside it. */
export const MAX_FILTER_BYTES = 12_000_000;

/** The size of a filter with all stages; the driver's additions fit beside them. */
export const MAX_QUERY_BYTES = 16_000_000;

/** Returns `work`, as asked for at `fieldPath` of a request. Errors: LIMIT_EXCEEDED above `maxBytes`. */
export function limitCommand<Work extends Document>(work: Work, maxBytes: number, fieldPath: string): Work {
  if (BSON.calculateObjectSize(work) > maxBytes) throw overLimit('query_bytes', maxBytes, fieldPath);
  return work;
}
