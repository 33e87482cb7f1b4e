/** The calls of the rpcs, and the use cases that answer them (docs/architecture.md «Use cases»). */
import type {
  GetJobRequest,
  JobRequest,
  JobsQuery,
  JobStatQuery,
} from '../gen/spaceone/api/inventory/v1/job.js';
import type { Deadline } from '../limits/abort.js';
import type { Reservation } from '../limits/memory-budget.js';
import type { AskScope, Scope } from '../scope.js';
import type { ExportFormat } from './export-formats.js';

/** One call of an rpc. */
export interface Call extends Deadline {
  /** The wall clock, read once for the call. */
  readonly now: Date;
  readonly scope: AskScope;
  /** Adds fields to the log line of the call. */
  noted(about: Readonly<Record<string, unknown>>): void;
}

/** Each rpc takes a decoded request and answers the bytes of its response. Errors: AppError. */
export interface JobService {
  get(request: GetJobRequest, call: Call): Promise<Uint8Array>;
  list(request: JobsQuery, call: Call): Promise<Uint8Array>;
  stat(request: JobStatQuery, call: Call): Promise<Uint8Array>;
  delete(request: JobRequest, call: Call): Promise<Uint8Array>;
  /** Streams a list as text, chunk by chunk, in constant memory. */
  export(request: JobsQuery, format: ExportFormat, call: Call): AsyncGenerator<Uint8Array, void>;
}

/** A checked request with the scope it is confined to. */
export interface Asked<Query> {
  readonly scope: Scope;
  readonly query: Query;
}

/** Checks a request. Errors: INVALID_ARGUMENT, and those of the scope. */
export type Read<Request, Query> = (request: Request, call: Call) => Promise<Asked<Query>>;

/** Answers a checked request by means of `W`: a deadline, and whatever decorators add to it. */
export type UseCase<Query, W extends Deadline = Deadline> = (
  asked: Asked<Query>,
  work: W,
) => Promise<Uint8Array>;

/** Streams the answer to a checked request. */
export type StreamCase<Query, W extends Deadline = Deadline> = (
  asked: Asked<Query>,
  work: W,
) => AsyncGenerator<Uint8Array, void>;

/** A slot in the scheduler. */
export interface Slot {
  /** Frees the slot before the work is over. */
  release(): void;
}

/** Room in the memory budget. */
export interface Reserved {
  readonly memory: Reservation;
}
