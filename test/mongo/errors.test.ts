// Translations of the errors of MongoDB, its driver and sockets, held to the driver's classes and to MongoDB's list of
// codes: a new one needs a decision.
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import * as driver from 'mongodb';
import { MongoServerError } from 'mongodb';
import { AppError } from '../../src/errors.js';
import {
  isLost,
  MergedNonObject,
  ParallelArrays,
  RegexLimitExceeded,
  toAppError,
} from '../../src/mongo/errors.js';
import { ERROR_CODES } from './error-codes.js';

interface Translated {
  readonly status: unknown;
  readonly retryAfterMs: unknown;
  readonly text: unknown;
  readonly reported: number;
}

const SECRET = 'mongodb://secret';

function translated(error: unknown): Translated {
  let reported = 0;
  const found = toAppError(error, new AbortController().signal, () => reported++);
  const { status, retryAfterMs, message } = found instanceof AppError ? found : {};
  return { status, retryAfterMs, text: message, reported };
}

const QUIET = expect.not.stringContaining('secret');
const UNAVAILABLE = { status: 'UNAVAILABLE', retryAfterMs: 1000, text: QUIET, reported: 0 };
const REPORTED = { ...UNAVAILABLE, reported: 1 };
const TIMED_OUT = { status: 'DEADLINE_EXCEEDED', retryAfterMs: undefined, text: QUIET, reported: 0 };
/** A fault of this service; it is reported. */
const FAULT = { status: 'INTERNAL', retryAfterMs: undefined, text: QUIET, reported: 1 };

const isErrorClass = (value: unknown): value is new (...made: unknown[]) => Error =>
  typeof value === 'function' && value.prototype instanceof Error;

const CLASSES = new Map(Object.entries(driver).filter(([, value]) => isErrorClass(value)));

/** The translations of all error classes of the driver. */
const TRANSLATIONS: Readonly<Record<string, Translated | typeof UNAVAILABLE>> = {
  // About its connections.
  MongoClientClosedError: UNAVAILABLE,
  MongoCompatibilityError: UNAVAILABLE,
  MongoDriverError: UNAVAILABLE,
  MongoError: UNAVAILABLE,
  MongoExpiredSessionError: UNAVAILABLE,
  MongoNetworkError: UNAVAILABLE,
  MongoNetworkTimeoutError: UNAVAILABLE,
  MongoNotConnectedError: UNAVAILABLE,
  MongoParseError: UNAVAILABLE,
  MongoServerClosedError: UNAVAILABLE,
  MongoServerSelectionError: UNAVAILABLE,
  MongoStalePrimaryError: UNAVAILABLE,
  MongoSystemError: UNAVAILABLE,
  MongoTopologyClosedError: UNAVAILABLE,
  MongoOperationTimeoutError: TIMED_OUT,
  // About encryption, not used here.
  MongoCryptAzureKMSRequestError: UNAVAILABLE,
  MongoCryptCreateDataKeyError: UNAVAILABLE,
  MongoCryptCreateEncryptedCollectionError: UNAVAILABLE,
  MongoCryptError: UNAVAILABLE,
  MongoCryptInvalidArgumentError: UNAVAILABLE,
  MongoCryptKMSRequestNetworkTimeoutError: UNAVAILABLE,
  // About connections too, and reported.
  MongoAWSError: REPORTED,
  MongoAzureError: REPORTED,
  MongoChangeStreamError: REPORTED,
  MongoClientBulkWriteCursorError: REPORTED,
  MongoClientBulkWriteExecutionError: REPORTED,
  MongoDecompressionError: REPORTED,
  MongoGCPError: REPORTED,
  MongoGridFSChunkError: REPORTED,
  MongoGridFSStreamError: REPORTED,
  MongoKerberosError: REPORTED,
  MongoOIDCError: REPORTED,
  MongoRuntimeError: REPORTED,
  MongoUnexpectedServerResponseError: REPORTED,
  // About a wrong use of the driver.
  MongoAPIError: FAULT,
  MongoBatchReExecutionError: FAULT,
  MongoCursorExhaustedError: FAULT,
  MongoCursorInUseError: FAULT,
  MongoInvalidArgumentError: FAULT,
  MongoMissingCredentialsError: FAULT,
  MongoMissingDependencyError: FAULT,
  MongoTailableCursorError: FAULT,
  MongoTransactionError: FAULT,
  // Errors of the server, without a code.
  MongoBulkWriteError: FAULT,
  MongoClientBulkWriteError: FAULT,
  MongoServerError: FAULT,
  MongoWriteConcernError: FAULT,
};

const message = SECRET;
/** Arguments of constructors that take more than a message. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  MongoServerError: [{ message }],
  MongoClientBulkWriteError: [{ message }],
  MongoBulkWriteError: [{ message }, {}],
  MongoWriteConcernError: [{ message, writeConcernError: {} }],
  MongoServerSelectionError: [message, {}],
  MongoMissingDependencyError: [message, { dependencyName: 'kerberos' }],
  MongoCryptCreateDataKeyError: [{}, { cause: new Error(message) }],
  MongoCryptCreateEncryptedCollectionError: [{}, { cause: new Error(message) }],
  MongoSystemError: [message, {}],
};

function createError(
  name: string,
  from: unknown = CLASSES.get(name),
  args = ARGUMENTS[name] ?? [message],
): Error {
  if (!isErrorClass(from)) throw new Error(`the driver has no ${name}`);
  return new from(...args);
}

describe('the driver', () => {
  test('has no error class without a translation', () => {
    expect([...CLASSES.keys()].toSorted()).toEqual(Object.keys(TRANSLATIONS).toSorted());
  });

  test.each(Object.entries(TRANSLATIONS))('%s is translated', (name, expected) => {
    expect(translated(createError(name))).toEqual(expected);
  });

  const pool: unknown = createRequire(import.meta.url)('mongodb/lib/cmap/errors.js');
  const ofPool = Object.entries(typeof pool === 'object' && pool !== null ? pool : {});

  test('has four error classes of its connection pool', () => {
    expect(ofPool.filter(([, value]) => isErrorClass(value))).toHaveLength(4);
  });

  test.each(ofPool.filter(([, value]) => isErrorClass(value)))('%s is UNAVAILABLE', (name, from) => {
    const error = createError(name, from, [{ address: SECRET, serverError: undefined }]);
    expect(translated(error)).toEqual(UNAVAILABLE);
  });

  test('a fault in its own code is UNAVAILABLE, and reported', () => {
    const error = new TypeError('a secret');
    error.stack = 'TypeError: a secret\n    at f (/app/node_modules/mongodb/lib/sdam/server.js:1:1)';
    expect(translated(error)).toEqual(REPORTED);
  });
});

/** Categories of errors that pass by themselves. */
const TRANSIENT: ReadonlySet<string> = new Set([
  'CancellationError',
  'CloseConnectionError',
  'CursorInvalidatedError',
  'Interruption',
  'NeedRetargettingError',
  'NetworkError',
  'NetworkTimeoutError',
  'NotPrimaryError',
  'RetriableError',
  'ShutdownError',
  'SnapshotError',
  'StaleShardVersionError',
  'SystemOverloadedError',
]);
/** Time limits of operations, translated as timeouts; and a code of any failure. */
const TIME_LIMITS = [50, 290];
const ANY_FAILURE = 96;

const isTransient = ({ code, categories }: (typeof ERROR_CODES)[number]): boolean =>
  categories.some((each) => TRANSIENT.has(each)) && !TIME_LIMITS.includes(code) && code !== ANY_FAILURE;

const ofServer = (code: number, errorLabels: string[] = []): MongoServerError =>
  new MongoServerError({ message: SECRET, code, errorLabels });

describe('the server', () => {
  test.each(ERROR_CODES.filter(isTransient))('$code $name ($categories) is UNAVAILABLE', ({ code }) => {
    expect(translated(ofServer(code))).toEqual(UNAVAILABLE);
  });

  test.each(TIME_LIMITS)('%d is DEADLINE_EXCEEDED', (code) => {
    expect(translated(ofServer(code))).toEqual(TIMED_OUT);
  });

  test.each([13, 18])('%d, a code of rights, is UNAVAILABLE, and reported', (code) => {
    expect(translated(ofServer(code))).toEqual(REPORTED);
  });

  test.each(['RetryableError', 'RetryableWriteError', 'SystemOverloadedError'])(
    'an unknown code with the label %s is UNAVAILABLE',
    (label) => {
      expect(translated(ofServer(8_999_999, [label]))).toEqual(UNAVAILABLE);
    },
  );

  test.each([1, 2, 8, ANY_FAILURE, 8_999_999])('%d is a fault of this service', (code) => {
    expect(translated(ofServer(code))).toEqual(FAULT);
  });

  const aboutArrays = (code: number): unknown => {
    const message = 'the value is "two parallel arrays meet"';
    return toAppError(new MongoServerError({ message, code }), new AbortController().signal, () => undefined);
  };

  test('a bad value of parallel arrays is told as such', () => {
    expect(aboutArrays(2)).toBeInstanceOf(ParallelArrays);
  });

  test('another code that quotes a stored text about parallel arrays keeps its own meaning', () => {
    expect(aboutArrays(40400)).toBeInstanceOf(MergedNonObject);
  });

  test('codes of its network, its shutdown and its primary allow a retry', () => {
    const retried = ['NetworkError', 'NotPrimaryError', 'ShutdownError'];
    const codes = ERROR_CODES.filter(
      ({ categories }) =>
        retried.some((each) => categories.includes(each)) && !categories.includes('InternalOnly'),
    );
    expect(codes.filter(({ code }) => !isLost(ofServer(code)))).toEqual([]);
  });
});

const ofSocket = (code: string, more: object = {}): Error =>
  Object.assign(new Error(SECRET), { code, ...more });

test.each([
  ...['EPIPE', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT'].map((code) => [code, ofSocket(code)] as const),
  ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_SOCKET_CLOSED'].map(
    (code) => [code, ofSocket(code)] as const,
  ),
  ['EHOSTUNREACH', ofSocket('EHOSTUNREACH', { syscall: 'connect' })] as const,
  ['ENOTFOUND', ofSocket('ENOTFOUND', { syscall: 'querySrv' })] as const,
])('%s is UNAVAILABLE, without its text', (_, error) => {
  expect(translated(error)).toEqual(UNAVAILABLE);
});

test.each([
  ['a TypeError', new TypeError('a fault of our own')],
  ['an error with another code', ofSocket('ERR_INVALID_ARG_TYPE')],
])('%s stays as it is', (_, error) => {
  expect(toAppError(error, new AbortController().signal, () => undefined)).toBe(error);
});

test('an aborted operation fails with the reason of the abort', () => {
  const reason = new Error('aborted');
  expect(toAppError(ofServer(1), AbortSignal.abort(reason), () => undefined)).toBe(reason);
});

describe('a match that PCRE abandons', () => {
  const because = (cause: string): MongoServerError =>
    new MongoServerError({
      code: 51156,
      errmsg: `Error occurred while executing the regular expression in $regexMatch. Result code: ${cause}`,
    });

  // PCRE by its numbers: match limit, recursion limit, stack of compiled code. PCRE2 by its numbers, and in its words.
  test.each([
    ...['-8', '-21', '-27', '-46', '-47', '-53', '-63'],
    ...[
      'match limit exceeded',
      'matching depth limit exceeded',
      'heap limit exceeded',
      'JIT stack limit reached',
    ],
  ])('has exceeded a limit: %s', (cause) => {
    expect(toAppError(because(cause), new AbortController().signal, () => undefined)).toBeInstanceOf(
      RegexLimitExceeded,
    );
  });

  test.each([
    ...['-10', '-11', '-25', 'UTF-8 error: isolated byte with 0x80 bit set'],
    ...['UTF-8 error: illegal byte (0xfe or 0xff)', 'UTF-8 error: 1 byte missing at end'],
  ])('has met bytes that are not UTF-8: %s', (cause) => {
    expect(translated(because(cause))).toEqual(UNAVAILABLE);
  });

  test.each(['-14', '-6', '-1', '-80', 'internal error - pattern overwritten?', 'no more memory', ''])(
    'has another cause, a fault of this service: %s',
    (cause) => {
      expect(translated(because(cause))).toEqual(FAULT);
    },
  );
});
