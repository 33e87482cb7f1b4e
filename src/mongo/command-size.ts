/** How large a command may be: MongoDB takes 16 MB, and the driver ends with what a buffer of its own holds. */
import { BSON } from 'mongodb';
import type { Document } from 'mongodb';
import { limited } from '../errors.js';

/** Bytes of a filter; what else a request of 4 MiB can ask for fits beside it. */
export const MAX_FILTER_BYTES = 12_000_000;

/** Bytes of a filter with all stages; what the driver adds fits beside them. */
export const MAX_QUERY_BYTES = 16_000_000;

/** Hands on `work`, for which `at` in the request asks, unless it is more than `max` bytes. Errors: LIMIT_EXCEEDED. */
export function limitCommand<Work extends Document>(work: Work, max: number, at: string): Work {
  limited(BSON.calculateObjectSize(work), max, 'bytes of the query as MongoDB takes it', at);
  return work;
}
