/** Every error a client can read: one table of codes, statuses and texts (docs/errors.md). */
import { REASONS } from './reasons.js';
import type { Reason } from './reasons.js';

/** gRPC statuses by name, with their numbers on the wire and their HTTP statuses. */
export const STATUSES = {
  CANCELLED: { grpc: 1, http: 499 },
  INVALID_ARGUMENT: { grpc: 3, http: 400 },
  DEADLINE_EXCEEDED: { grpc: 4, http: 504 },
  NOT_FOUND: { grpc: 5, http: 404 },
  PERMISSION_DENIED: { grpc: 7, http: 403 },
  RESOURCE_EXHAUSTED: { grpc: 8, http: 429 },
  UNIMPLEMENTED: { grpc: 12, http: 501 },
  INTERNAL: { grpc: 13, http: 500 },
  UNAVAILABLE: { grpc: 14, http: 503 },
  UNAUTHENTICATED: { grpc: 16, http: 401 },
} as const;

export type StatusName = keyof typeof STATUSES;

interface ErrorRow {
  readonly status: StatusName;
  /** The HTTP status, if it differs from that of the gRPC status. */
  readonly http?: number;
  /** The text, with blanks such as `{name}` for the failing call to fill in. */
  readonly text: string;
  /** Milliseconds before a retry of the same call. */
  readonly retryAfterMs?: number;
  /** The text contains nothing sent by a client, so the log may contain it. */
  readonly isOwnText?: true;
}

export const ERRORS = {
  REQUIRED_PARAMETER: {
    status: 'INVALID_ARGUMENT',
    text: 'Required parameter. (key = {key})',
    isOwnText: true,
  },
  INVALID_PARAMETER: {
    status: 'INVALID_ARGUMENT',
    text: 'Parameter is invalid. (key = {key}, reason = {reason})',
  },
  INVALID_PARAMETER_TYPE: {
    status: 'INVALID_ARGUMENT',
    text: 'Parameter type is invalid. (key = {key}, type = {type})',
  },
  OPERATOR_LIST_VALUE_TYPE: {
    status: 'INVALID_ARGUMENT',
    text: "The value of '{operator} operator' must be a list type. (condition = {condition}, key = {name})",
  },
  OPERATOR_VALUE_TYPE: {
    status: 'INVALID_ARGUMENT',
    text: "The value of '{operator} operator' does not support list type. (condition = {condition}, key = {name})",
  },
  OPERATOR_DICT_VALUE_TYPE: {
    status: 'INVALID_ARGUMENT',
    text: "The value of '{operator} operator' must be a dictionary type. (condition = {condition}, key = {name})",
  },
  OPERATOR_BOOLEAN_TYPE: {
    status: 'INVALID_ARGUMENT',
    text: "The value of '{operator} operator' must be a boolean type. (condition = {condition}, key = {name})",
  },
  NOT_FOUND: {
    status: 'NOT_FOUND',
    text: 'Resource cannot be found or access is denied. (job_id = {job_id})',
  },
  AUTHENTICATE_FAILURE: {
    status: 'UNAUTHENTICATED',
    text: 'Authenticate failure. (message = {message})',
    isOwnText: true,
  },
  PERMISSION_DENIED: { status: 'PERMISSION_DENIED', text: 'Permission denied.', isOwnText: true },
  LIMIT_EXCEEDED: {
    status: 'RESOURCE_EXHAUSTED',
    text: 'Limit exceeded. (limit = {limit}, max = {max})',
    isOwnText: true,
  },
  REQUEST_TIMEOUT: { status: 'DEADLINE_EXCEEDED', text: 'Request timeout!', isOwnText: true },
  REQUEST_CANCELLED: { status: 'CANCELLED', text: 'Request cancelled.', isOwnText: true },
  DB_QUERY: { status: 'INTERNAL', text: 'Database query failed. (reason = {reason})', isOwnText: true },
  UNAVAILABLE: {
    status: 'UNAVAILABLE',
    text: 'Service is unavailable, retry later. (reason = {reason})',
    retryAfterMs: 1000,
    isOwnText: true,
  },
  HTTP_ROUTE: { status: 'NOT_FOUND', text: 'Route is not found. (path = {path})' },
  HTTP_METHOD: {
    status: 'UNIMPLEMENTED',
    http: 405,
    text: 'Method is not allowed. (method = {method}, expected POST)',
  },
  HTTP_CONTENT_TYPE: {
    status: 'INVALID_ARGUMENT',
    http: 415,
    text: 'Content type is not supported. (content-type = {type}, expected {reason}, in UTF-8)',
  },
  HTTP_CONTENT_ENCODING: {
    status: 'UNIMPLEMENTED',
    http: 415,
    text: 'Content coding is not supported. (content-encoding = {encoding}, expected identity)',
  },
  HTTP_BODY_SIZE: {
    status: 'RESOURCE_EXHAUSTED',
    http: 413,
    text: 'Request body is too large. (max = {max} bytes)',
    isOwnText: true,
  },
  HTTP_HOST: {
    status: 'PERMISSION_DENIED',
    text: 'Host is not allowed. (host = {host}, expected a loopback name)',
  },
  UNKNOWN: { status: 'INTERNAL', text: 'Internal error. (request_id = {request_id})' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorName = keyof typeof ERRORS;

/** The words of LIMIT_EXCEEDED for each kind of limit; a limit of a request alone says its own. */
export const LIMITS = {
  queue: 'calls that wait for their turn',
  memory: 'bytes of all requests and answers at once',
  request_memory: 'bytes of all requests on their way at once',
  event_loop: 'milliseconds of event loop lag',
  page_size: 'query.page.limit',
  answer_bytes: 'bytes of an answer; ask for less by page.limit',
  row_bytes: 'bytes of a row',
  query_bytes: 'bytes of the query as MongoDB takes it',
  collector_bytes: 'bytes of collectors that a stat asks of',
  database_memory: "memory of the database's sorting and grouping",
} as const;

export type LimitKind = keyof typeof LIMITS;

const isLimitKind = (name: string): name is LimitKind => Object.hasOwn(LIMITS, name);

export const LIMIT_KINDS: readonly LimitKind[] = Object.keys(LIMITS).filter(isLimitKind);

type Blanks<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Blanks<Rest>
  : never;
type About<Name extends ErrorName> = Readonly<Record<Blanks<(typeof ERRORS)[Name]['text']>, string>>;

const MAX_ECHO_CHARACTERS = 64;
const MAX_REASON_CHARACTERS = 400;
/** Bytes of a status text: longer trailers lose the status in deployed clients. */
const MAX_TEXT_BYTES = 1024;

/** Stands in for a secret in whatever the service prints. */
export const REDACTED = '[redacted]';

/** Returns at most 64 characters of a client's text, safe to print: control characters and lone surrogates are replaced. */
export function echo(sent: string): string {
  return shorten(sent, MAX_ECHO_CHARACTERS);
}

/** Returns at most `max` characters of a text, safe to print; a cut ends in `…`. */
export function shorten(text: string, max: number): string {
  const characters = Array.from(text.slice(0, 2 * max).toWellFormed());
  const cut = characters.length > max ? [...characters.slice(0, max - 1), '…'] : characters;
  return cut.join('').replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

function withinBytes(text: string, max: number): string {
  return text.slice(0, new TextEncoder().encodeInto(text, new Uint8Array(max)).read);
}

/** The facts about an error beside its text. */
interface Background {
  /** Facts for programs, sent to the client in ErrorInfo. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The fault behind the error, for the log only. */
  readonly cause?: unknown;
  /** The kind of the limit behind LIMIT_EXCEEDED; undefined: a limit of a request alone. */
  readonly limit?: LimitKind;
  /** Milliseconds before a retry of the same call, in place of those of the table. */
  readonly retryAfterMs?: number;
}

/** An error of the table. `field` is the path of the faulty field in the request, such as `query.filter[2].value`. */
export class AppError extends Error {
  readonly code: `ERROR_${ErrorName}`;
  readonly status: StatusName;
  /** The status over HTTP. */
  readonly http: number;
  /** The text for the log: all of it, or the code alone if the text may contain a client's data. */
  readonly logged: string;
  readonly metadata: NonNullable<Background['metadata']>;
  /** The kind of the limit behind LIMIT_EXCEEDED; undefined: a limit of a request alone. */
  readonly limit: LimitKind | undefined;
  /** Milliseconds before a retry of the same call. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly error: ErrorName,
    text: string,
    readonly field?: string,
    { metadata = {}, cause, limit, retryAfterMs }: Background = {},
  ) {
    super(withinBytes(`ERROR_${error}: ${text}`, MAX_TEXT_BYTES), { cause });
    const row: ErrorRow = ERRORS[error];
    this.metadata = metadata;
    this.limit = limit;
    this.retryAfterMs = retryAfterMs ?? row.retryAfterMs;
    this.code = `ERROR_${error}`;
    this.status = row.status;
    this.http = row.http ?? STATUSES[row.status].http;
    this.logged = row.isOwnText === true ? this.message : this.code;
  }
}

/** An error in the words of another service, which may quote a request: the log has its code, and its text at debug alone. */
export class ForeignError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Fills in the blanks in the text of the error `name`. */
function textOf<Name extends ErrorName>(name: Name, about: About<Name>): string {
  const blanks: ReadonlyMap<string, string> = new Map(Object.entries(about));
  return ERRORS[name].text.replace(/\{(\w+)\}/g, (_, blank: string) =>
    shorten(blanks.get(blank) ?? '', blank === 'reason' ? MAX_REASON_CHARACTERS : MAX_ECHO_CHARACTERS),
  );
}

/** Creates the error `name` with the blanks of its text filled in; `field` defaults to the blank `key`. */
export function appError<Name extends ErrorName>(
  name: Name,
  about: About<Name>,
  field: string | undefined = 'key' in about ? String(about.key) : undefined,
): AppError {
  return new AppError(name, textOf(name, about), field);
}

/** Creates UNAVAILABLE with the reason for not serving. */
export const notServing = (reason: Reason): AppError =>
  new AppError('UNAVAILABLE', textOf('UNAVAILABLE', { reason: REASONS[reason] }), undefined, {
    metadata: { not_serving_reason: reason },
  });

/** INTERNAL for a fault of this service: the client reads the request id, the log has the fault as the cause. */
export const internalError = (requestId: string, fault: unknown): AppError =>
  new AppError('UNKNOWN', textOf('UNKNOWN', { request_id: requestId }), undefined, {
    cause: fault instanceof Error ? fault : String(fault),
  });

/** The delay before a retry after a temporary limit. */
const RETRY_DELAY_MS = 1000;

/** Creates LIMIT_EXCEEDED for the limit of a kind; `field` is the path of the field to change. */
export const overLimit = (
  limit: LimitKind,
  max: number | string,
  field?: string,
  background: Background = {},
): AppError =>
  new AppError(
    'LIMIT_EXCEEDED',
    textOf('LIMIT_EXCEEDED', { limit: LIMITS[limit], max: String(max) }),
    field,
    {
      ...background,
      limit,
    },
  );

/** Creates LIMIT_EXCEEDED for a limit on all calls together: the call may be retried. */
export const crowded = (limit: LimitKind, max: number): AppError =>
  overLimit(limit, max, undefined, { retryAfterMs: RETRY_DELAY_MS });

/** Throws the error `name` of the table. */
export function fail<Name extends ErrorName>(name: Name, about: About<Name>, field?: string): never {
  throw appError(name, about, field);
}

/** Refuses a `size` over `max`; `what` names the limit. */
export function limited(size: number, max: number, what: string, fieldPath: string): void {
  if (size > max) fail('LIMIT_EXCEEDED', { limit: what, max: String(max) }, fieldPath);
}

/** Returns the message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
