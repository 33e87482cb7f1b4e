/** What MongoDB and its driver report, as this service's errors: a table by code (docs/errors.md «From the database»). */
import { MongoDriverError, MongoError, MongoNetworkError, MongoServerError } from 'mongodb';
import { AppError, appError } from '../errors.js';

/** MongoDB cannot make sense of the filter of a request. */
export class FilterRefused extends Error {}

/** MongoDB cannot tell whether a regular expression of a filter matches some text: that takes too many steps. */
export class ExpressionStuck extends Error {}

const invalid = (key: string, reason: string) => (): Error => appError('INVALID_PARAMETER', { key, reason });
const tooLarge = (limit: string, max: string) => (): Error => appError('LIMIT_EXCEEDED', { limit, max });
const unavailable = (): Error => appError('UNAVAILABLE', { reason: 'the database cannot be reached' });

const refused = (): Error => new FilterRefused();
const notObjects = invalid('query.aggregate', 'merge_objects takes objects, and a value is none');
const notPairs = invalid(
  'query.aggregate',
  'array_to_object takes a list of {k, v} or of [k, v] with text as k',
);
const rowTooLarge = tooLarge('bytes of a row', '15000000');
const outOfMemory = tooLarge("memory of the database's sorting and grouping", '100 MB');

/** The driver's buffer for a command ends a little above 16 MB, with a RangeError. */
const queryTooLarge = tooLarge('bytes of the query as MongoDB takes it', '16 MB');

/** What a server answers that is not, or not any more, the one to ask. */
const LOST_CODES = [6, 7, 89, 91, 189, 9001, 10107, 11600, 11602, 13435, 13436];

const BY_CODE: ReadonlyMap<unknown, () => Error> = new Map<number, () => Error>([
  [50, () => appError('REQUEST_TIMEOUT', {})],
  [51091, refused],
  [51111, refused],
  [51156, () => new ExpressionStuck()],
  [40400, notObjects],
  [5911200, notObjects],
  ...[40386, 40390, 40391, 40392, 40393, 40394, 40395, 40396, 40397, 40398, 4940400, 4940401].map(
    (code) => [code, notPairs] as const,
  ),
  ...[241, 10334, 17419, 17420].map((code) => [code, rowTooLarge] as const),
  ...[146, 292, 16819, 16820].map((code) => [code, outOfMemory] as const),
  ...LOST_CODES.map((code) => [code, unavailable] as const),
]);

/** BadValue covers much; of what reaches MongoDB from here only this depends on the stored documents. */
const PARALLEL_ARRAYS = 'parallel arrays';
const twoArrays = invalid('sort', 'two sort keys go through arrays; a sort takes one such key');

/** `error` as this service's error; undefined for one that it has no name for. */
function known(error: unknown): Error | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof MongoServerError) {
    if (error.message.includes(PARALLEL_ARRAYS)) return twoArrays();
    return BY_CODE.get(error.code)?.();
  }
  if (error instanceof RangeError) return queryTooLarge();
  if (error instanceof MongoNetworkError || isOfSocket(error)) return unavailable();
  return error instanceof MongoDriverError && UNREACHABLE.has(error.name) ? unavailable() : undefined;
}

const UNREACHABLE: ReadonlySet<string> = new Set([
  'MongoServerSelectionError',
  'MongoTopologyClosedError',
  'MongoNotConnectedError',
  'MongoPoolClosedError',
  'MongoPoolClearedError',
  'MongoWaitQueueTimeoutError',
]);

/** Codes of Node's own errors on a connection that has ended, which the driver lets through when it writes to it. */
const SOCKET_CODES: ReadonlySet<unknown> = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ETIMEDOUT',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
]);

const isOfSocket = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && SOCKET_CODES.has(error.code);

/** Whether a read failed with its connection or its server, so that it may go well when it is run again. */
export function isLost(error: unknown): boolean {
  if (error instanceof MongoServerError) return LOST_CODES.includes(Number(error.code));
  return error instanceof MongoNetworkError || isOfSocket(error);
}

/** `error` for a client; what is not known goes to `report` only. `signal` says why the work was given up, if it was. */
export function fromDatabase(error: unknown, signal: AbortSignal, report: (error: unknown) => void): unknown {
  if (signal.aborted) return signal.reason;
  const found = known(error);
  if (found !== undefined) return found;
  if (!(error instanceof MongoError)) return error;
  report(error);
  return appError('DB_QUERY', { reason: 'the database could not run the query' });
}
