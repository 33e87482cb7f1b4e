/** What MongoDB and its driver report, as this service's errors: tables by code and by class (docs/errors.md «From the database»). */
import {
  MongoAPIError,
  MongoError,
  MongoNetworkError,
  MongoOperationTimeoutError,
  MongoRuntimeError,
  MongoServerError,
  MongoStalePrimaryError,
} from 'mongodb';
import { AppError, appError, notServing } from '../errors.js';

/** MongoDB cannot make sense of the filter of a request. */
export class FilterRefused extends Error {}

/** Two keys of a sort go through arrays of one document. */
export class ParallelArrays extends Error {}

/** MongoDB cannot tell whether a regular expression of a filter matches some text: that takes too many steps. */
export class RegexLimitExceeded extends Error {}

const invalid = (key: string, reason: string) => (): Error => appError('INVALID_PARAMETER', { key, reason });
const tooLarge = (limit: string, max: string) => (): Error => appError('LIMIT_EXCEEDED', { limit, max });
export const unavailable = (): Error => notServing('unreachable');
const noRights = (): Error => notServing('rights');
const notLetIn = (): Error => notServing('auth');
const timedOut = (): Error => appError('REQUEST_TIMEOUT', {});

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

/** Codes of a server that is not, or not any more, the one to ask: the same read may go well at once. */
const ELSEWHERE_CODES = [
  ...[6, 7, 89, 9001], // its network
  ...[91, 11600], // it shuts down
  ...[189, 10058, 10107, 11602, 13435, 13436], // it is not the primary
  ...[134, 262], // it has not caught up, or not had the time
] as const;

/** Codes of what passes by itself, though not at once. */
const LATER_CODES = [
  ...[24, 90, 237, 279, 281, 282, 310, 312, 355, 11601, 46841, 91331, 10045600], // interrupted by whoever has the right to
  ...[43, 175, 314], // a cursor or a plan that is gone
  ...[145, 172, 173, 174, 202, 230, 231, 317, 384, 407, 450], // its network, between its servers
  ...[94, 95, 133, 190, 199, 216, 333, 372], // members that start, end, or choose a primary
  ...[63, 70, 71, 83, 149, 150, 203, 249, 13388, 56846], // shards that move, or are not there
  ...[239, 246, 250, 272], // a snapshot that is gone
  ...[109, 112, 117, 211, 363, 365, 406, 412, 453, 358, 50915], // work that is in the way
  ...[261, 264, 402, 433, 449, 462], // too much at once
  ...[64, 303, 354, 391, 398], // replicas that are late; connections that are to be opened again
] as const;

/** The code for a user without the rights. */
export const UNAUTHORIZED = 13;
/** The code for a user that is not let in at all. */
export const AUTHENTICATION_FAILED = 18;

const rows = (codes: readonly number[], make: () => Error) => codes.map((code) => [code, make] as const);

const BY_CODE: ReadonlyMap<unknown, () => Error> = new Map<number, () => Error>([
  ...rows([50, 290], timedOut),
  ...rows([51091, 51111], refused),
  ...rows([40400, 5911200], notObjects),
  ...rows([40386, 40390, 40391, 40392, 40393, 40394, 40395, 40396, 40397, 40398, 4940400, 4940401], notPairs),
  ...rows([241, 10334, 17419, 17420], rowTooLarge),
  ...rows([146, 292, 16819, 16820], outOfMemory),
  ...rows(ELSEWHERE_CODES, unavailable),
  ...rows(LATER_CODES, unavailable),
  [UNAUTHORIZED, noRights],
  [AUTHENTICATION_FAILED, notLetIn],
]);

/** What a server says of an error that passes by itself, whatever its code. */
const PASSING_LABELS = ['RetryableError', 'RetryableWriteError', 'SystemOverloadedError'] as const;

/** BadValue covers much; of what reaches MongoDB from here only this depends on the stored documents. */
const PARALLEL_ARRAYS = 'parallel arrays';

/** An expression that PCRE has given up on; why, the text says only: by PCRE's number, or from MongoDB 6.1 on in words. */
const GIVEN_UP = 51156;
const CAUSE = /Result code: (-\d+|.*)/;
/** Limits of matching, depth, heap and of the compiled code's stack, in PCRE and in PCRE2. */
const LIMITS = /^(?:-(?:8|21|27|46|47|53|63)$|.*\blimit\b)/;
/** Bytes that are not UTF-8: they were not there when it was looked for them. */
const NOT_UTF8 = /^(?:-(?:10|11|25)$|UTF-8 error)/;
const changed = (): Error => appError('UNAVAILABLE', { reason: 'a stored text was changed meanwhile' });

function givenUp({ message }: MongoServerError): Error | undefined {
  const [, cause = ''] = CAUSE.exec(message) ?? [];
  if (LIMITS.test(cause)) return new RegexLimitExceeded();
  return NOT_UTF8.test(cause) ? changed() : undefined;
}

function ofServer(error: MongoServerError): Error | undefined {
  if (error.code === GIVEN_UP) return givenUp(error);
  if (error.message.includes(PARALLEL_ARRAYS)) return new ParallelArrays();
  const found = BY_CODE.get(Number(error.code))?.();
  return found ?? (PASSING_LABELS.some((label) => error.hasErrorLabel(label)) ? unavailable() : undefined);
}

/** What the driver calls a wrong use of it, and is a state of its connections. */
const STATES: ReadonlySet<string> = new Set([
  'MongoClientClosedError',
  'MongoCompatibilityError',
  'MongoExpiredSessionError',
  'MongoNotConnectedError',
  'MongoServerClosedError',
  'MongoTopologyClosedError',
]);

/** Of the driver's own errors each is about its connections, but for wrong uses of it, which are faults of this service. */
function ofDriver(error: MongoError): Error | undefined {
  if (error instanceof MongoOperationTimeoutError) return timedOut();
  return error instanceof MongoAPIError && !STATES.has(error.name) ? undefined : unavailable();
}

/** Codes of Node's own errors on a connection that has ended, which the driver lets through when it writes to it. */
const SOCKET_CODES = /^(?:ERR_(?:STREAM|SOCKET|SSL|TLS)_|EPIPE$|ECONN|ETIMEDOUT$)/;

/** An error of a socket or of the DNS, which the driver lets through as it is. */
const isOfSocket = (error: unknown): boolean =>
  error instanceof Error &&
  ('syscall' in error || ('code' in error && SOCKET_CODES.test(String(error.code))));

/** A fault that the driver's own code has thrown, and nothing that it calls or is called by. */
const isOfDriversCode = ({ stack = '' }: Error): boolean =>
  /[\\/]mongodb[\\/]lib[\\/]/.test(/^\s+at .*$/m.exec(stack)?.[0] ?? '');

/** `error` as this service's error; undefined for one that it has no name for. */
function known(error: unknown): Error | undefined {
  if (error instanceof AppError) return error;
  if (error instanceof MongoServerError) return ofServer(error);
  if (error instanceof MongoError) return ofDriver(error);
  if (error instanceof RangeError) return queryTooLarge();
  return isOfSocket(error) ? unavailable() : undefined;
}

/** Whether a read or a write failed with its connection or its server, so that it may go well when it is run again. */
export function isLost(error: unknown): boolean {
  if (error instanceof MongoServerError) return ELSEWHERE_CODES.some((code) => code === error.code);
  return error instanceof MongoNetworkError || isOfSocket(error);
}

/** What passes by itself, and is a surprise all the same. */
const isStrange = (error: unknown): boolean =>
  (error instanceof MongoRuntimeError && !(error instanceof MongoStalePrimaryError)) ||
  (error instanceof MongoServerError &&
    [UNAUTHORIZED, AUTHENTICATION_FAILED].some((code) => code === error.code));

/** `error` for a client; what is not known goes to `report` only. `signal` says why the work was given up, if it was. */
export function toAppError(error: unknown, signal: AbortSignal, report: (error: unknown) => void): unknown {
  if (signal.aborted) return signal.reason;
  const found = known(error);
  if (isStrange(error)) report(error);
  if (found !== undefined) return found;
  if (error instanceof MongoError) {
    report(error);
    return appError('DB_QUERY', { reason: 'the database could not run the query' });
  }
  if (!(error instanceof TypeError && isOfDriversCode(error))) return error;
  report(error);
  return unavailable();
}
