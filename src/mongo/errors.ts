/** Translates errors of MongoDB and its driver into AppErrors, by tables of codes and classes (docs/errors.md «From the database»). */
import {
  MongoAPIError,
  MongoError,
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoRuntimeError,
  MongoServerError,
  MongoStalePrimaryError,
} from 'mongodb';
import { AppError, appError, notServing, overLimit } from '../errors.js';
import type { LimitKind } from '../errors.js';

/** MongoDB refuses the filter of a request as invalid. */
export class FilterRefused extends Error {}

/** Two keys of a sort lead through arrays of one document. */
export class ParallelArrays extends Error {}

/** A sort key has an index, and elements of the list there have a field of that name. */
export class AmbiguousIndex extends Error {}

/** Matching a regular expression of a filter against some text takes MongoDB too many steps. */
export class RegexLimitExceeded extends Error {}

/** MongoDB does not know a time zone: its database of zones is older or younger than that of Node. */
export class UnknownTimeZone extends Error {}

/** `$mergeObjects` meets a value that is no object. */
export class MergedNonObject extends Error {}

/** `$arrayToObject` meets a value that is no list of pairs. */
export class InvalidPairs extends Error {}

/** A document made by a read is larger than MongoDB, or the read itself, allows. */
export class DocumentTooLarge extends Error {}

const tooLarge = (limit: LimitKind, max: string) => (): Error => overLimit(limit, max);
export const unavailable = (): Error => notServing('unreachable');
const noRights = (): Error => notServing('rights');
const notLetIn = (): Error => notServing('auth');
const timedOut = (): Error => appError('REQUEST_TIMEOUT', {});

const refused = (): Error => new FilterRefused();
const unknownTimeZone = (): Error => new UnknownTimeZone();
const ambiguous = (): Error => new AmbiguousIndex();
const mergedNonObject = (): Error => new MergedNonObject();
const invalidPairs = (): Error => new InvalidPairs();
const documentTooLarge = (): Error => new DocumentTooLarge();
const outOfMemory = tooLarge('database_memory', '100 MB');

/** The driver's buffer for a command ends a little above 16 MB; writing beyond it is a RangeError. */
const queryTooLarge = tooLarge('query_bytes', '16 MB');

/** Codes of a server unable to answer while another is able: the same read may succeed at once. */
const ELSEWHERE_CODES: readonly number[] = [
  [6, 7, 89, 9001], // its network
  [91, 11600], // it shuts down
  [189, 10058, 10107, 11602, 13435, 13436], // it is not the primary
  [134, 262], // it has not caught up, or not had the time
].flat();

/** Codes of conditions that pass by themselves, though not at once. */
const LATER_CODES: readonly number[] = [
  [24, 90, 237, 279, 281, 282, 310, 312, 355, 11601, 46841, 91331, 10045600], // interrupted by somebody with the right to
  [43, 175, 314], // a lost cursor or plan
  [145, 172, 173, 174, 202, 230, 231, 317, 384, 407, 450], // its network, between its servers
  [94, 95, 133, 190, 199, 216, 333, 372], // members that start, end or elect a primary
  [63, 70, 71, 83, 149, 150, 203, 249, 13388, 56846], // shards that move or are missing
  [239, 246, 250, 272], // a lost snapshot
  [109, 112, 117, 211, 363, 365, 406, 412, 453, 358, 50915], // work in the way
  [261, 264, 402, 433, 449, 462], // too much at once
  [64, 303, 354, 391, 398], // replicas that are late; connections to reopen
].flat();

/** Codes of a write concern in the URI that the replica set never meets. */
const UNMET_CODES = [79, 100] as const;

/** The code for a missing right. */
export const UNAUTHORIZED = 13;
/** The code for a failed login. */
export const AUTHENTICATION_FAILED = 18;

const entries = (codes: readonly number[], make: () => Error) => codes.map((code) => [code, make] as const);

const BY_CODE: ReadonlyMap<unknown, () => Error> = new Map<number, () => Error>([
  ...entries([50, 290], timedOut),
  ...entries([51091, 51111], refused),
  [40485, unknownTimeZone],
  [16746, ambiguous],
  ...entries([40400, 5911200], mergedNonObject),
  ...entries(
    [40386, 40390, 40391, 40392, 40393, 40394, 40395, 40396, 40397, 40398, 4940400, 4940401],
    invalidPairs,
  ),
  ...entries([241, 10334, 13548, 17419, 17420], documentTooLarge),
  ...entries([146, 292, 16819, 16820, 5414201, 5643011], outOfMemory),
  ...entries(ELSEWHERE_CODES, unavailable),
  ...entries(LATER_CODES, unavailable),
  ...entries(UNMET_CODES, () => notServing('replica_set')),
  [UNAUTHORIZED, noRights],
  [AUTHENTICATION_FAILED, notLetIn],
]);

/** Labels of errors of any code that pass by themselves. */
const TRANSIENT_LABELS = ['RetryableError', 'RetryableWriteError', 'SystemOverloadedError'] as const;

/** The code of a BadValue, and a part of its message: of its many causes, only this one depends on the stored documents. */
const BAD_VALUE = 2;
const PARALLEL_ARRAYS = 'parallel arrays';

/** The code of a match that PCRE has abandoned. Only the message has the cause: a number of PCRE, or words from MongoDB 6.1 on. */
const MATCH_ABANDONED = 51156;
const MATCH_CAUSE = /Result code: (-\d+|.*)/;
/** Limits of matching, depth, heap and the compiled code's stack, in PCRE and PCRE2. */
const MATCH_LIMITS = /^(?:-(?:8|21|27|46|47|53|63)$|.*\blimit\b)/;
/** Bytes that are not UTF-8, stored since the search for such bytes. */
const NOT_UTF8 = /^(?:-(?:10|11|25)$|UTF-8 error)/;
const changedText = (): Error => appError('UNAVAILABLE', { reason: 'a stored text was changed meanwhile' });

function abandonedMatch({ message }: MongoServerError): Error | undefined {
  const [, cause = ''] = MATCH_CAUSE.exec(message) ?? [];
  if (MATCH_LIMITS.test(cause)) return new RegexLimitExceeded();
  return NOT_UTF8.test(cause) ? changedText() : undefined;
}

function fromServer(error: MongoServerError): Error | undefined {
  if (error.code === MATCH_ABANDONED) return abandonedMatch(error);
  if (error.code === BAD_VALUE && error.message.includes(PARALLEL_ARRAYS)) return new ParallelArrays();
  const found = BY_CODE.get(Number(error.code))?.();
  return found ?? (TRANSIENT_LABELS.some((label) => error.hasErrorLabel(label)) ? unavailable() : undefined);
}

/** States of connections that the driver reports as a wrong use of it. */
const CONNECTION_STATES: ReadonlySet<string> = new Set([
  'MongoClientClosedError',
  'MongoCompatibilityError',
  'MongoExpiredSessionError',
  'MongoNotConnectedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
]);

/** Translates the driver's own errors: all concern its connections, except wrong uses of it, a fault of this service. */
function fromDriver(error: MongoError): Error | undefined {
  if (error instanceof MongoOperationTimeoutError) return timedOut();
  return error instanceof MongoAPIError && !CONNECTION_STATES.has(error.name) ? undefined : unavailable();
}

/** Codes of Node for writes to a closed connection; the driver passes these errors on. */
const SOCKET_CODES = /^(?:ERR_(?:STREAM|SOCKET|SSL|TLS)_|EPIPE$|ECONN|ETIMEDOUT$)/;

/** Returns true for an error of a socket or of the DNS; the driver passes these on. */
const isSocketError = (error: unknown): boolean =>
  error instanceof Error &&
  ('syscall' in error || ('code' in error && SOCKET_CODES.test(String(error.code))));

/** Returns true for a fault thrown by the driver's own code, and not by its callers or callees. */
const isThrownByDriver = ({ stack = '' }: Error): boolean =>
  /[\\/]mongodb[\\/]lib[\\/]/.test(/^\s+at .*$/m.exec(stack)?.[0] ?? '');

/** Translates `error`; undefined: the tables do not have it. */
function translate(error: unknown): Error | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof MongoServerError) return fromServer(error);
  if (error instanceof MongoError) return fromDriver(error);
  if (error instanceof RangeError) return queryTooLarge();
  return isSocketError(error) ? unavailable() : undefined;
}

/** Returns true if an operation failed with its connection or its server, so that a retry may succeed. */
export function isLost(error: unknown): boolean {
  if (error instanceof MongoServerError) return ELSEWHERE_CODES.some((code) => code === error.code);
  return error instanceof MongoNetworkError || isSocketError(error);
}

/** Returns true for an error that passes by itself, and is worth a report all the same. */
const isUnexpected = (error: unknown): boolean =>
  (error instanceof MongoRuntimeError && !(error instanceof MongoStalePrimaryError)) ||
  (error instanceof MongoServerError &&
    [UNAUTHORIZED, AUTHENTICATION_FAILED].some((code) => code === error.code));

/** Translates `error` for a client: the reason of an aborted `signal`, an AppError, or the error itself. Unknown errors of the database are reported. */
export function toAppError(error: unknown, signal: AbortSignal, report: (error: unknown) => void): unknown {
  if (signal.aborted) return signal.reason;
  const found = translate(error);
  if (isUnexpected(error)) report(error);
  if (found !== undefined) return found;
  if (error instanceof MongoError) {
    report(error);
    return appError('DB_QUERY', { reason: 'the database could not run the query' });
  }
  if (!(error instanceof TypeError && isThrownByDriver(error))) return error;
  report(error);
  return unavailable();
}
