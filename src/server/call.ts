/**
 * The chain that every call goes through, whichever door it came by: request id, deadline, decoding, authentication,
 * the handler, the log line, and errors as clients read them (docs/architecture.md «One chain»).
 */
import { randomUUID } from 'node:crypto';
import type { DescMessage, DescMethod } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Authenticate } from '../auth/caller.js';
import { AppError, appError, crowded, fail, notServing } from '../errors.js';
import { GetJobRequest, JobRequest, JobsQuery, JobStatQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import type { MemoryBudget } from '../limits/memory-budget.js';
import { raceAbort } from '../limits/abort.js';
import { runThenYield } from '../limits/yield.js';
import type { Yielding } from '../limits/yield.js';
import type { ExportFormat } from '../job/export-formats.js';
import type { Call, JobService } from '../job/call.js';
import type { Reason } from '../reasons.js';
import type { Codec } from '../wire/codec.js';
import { JOB_SERVICE } from '../wire/descriptors.js';
import { merged } from '../wire/merge.js';
import { requireUtf8, scan } from '../wire/scan.js';
import { TAKEN_UP_TO_MS } from '../limits/load-shedding.js';
import type { Load } from '../limits/load-shedding.js';
import { loggedPath } from './paths.js';

export const RPCS = ['get', 'list', 'stat', 'delete'] as const;
export type Rpc = (typeof RPCS)[number];

/** The largest request that a door takes. */
export const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

/** What a door knows of a call. */
export interface Incoming {
  readonly rpc: Rpc;
  readonly request: Uint8Array;
  /** How the request is written. */
  readonly codec: Codec;
  readonly token: string | undefined;
  readonly requestId: string;
  /** When the client stops waiting, in milliseconds of the chain's clock; Infinity: it did not say. */
  readonly deadline: number;
  /** Aborted when the client goes away. */
  readonly clientAborted: AbortSignal;
  /** Aborted when the answer has been taken, or never will be. */
  readonly responseDone: AbortSignal;
}

/** A list that is sent while it is read. */
export interface Stream {
  /** What to send, piece by piece. Errors: AppError, and nothing else. */
  readonly chunks: AsyncGenerator<Uint8Array, void>;
  /** Aborted when the call is given up, which nobody would notice who does not ask for the next piece. */
  readonly aborted: AbortSignal;
}

/** What the doors call. */
export interface Calls {
  /** Answers the bytes of a response. Errors: AppError, and nothing else. */
  unary(incoming: Incoming): Promise<Uint8Array>;
  /** All jobs of a list as `format`. */
  stream(incoming: Incoming, format: ExportFormat): Stream;
}

/** What is written to the log; a subset of pino's. */
export interface CallLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface CallsOptions {
  readonly service: JobService;
  readonly authenticate: Authenticate;
  /** What requests and answers may take together. */
  readonly memory: MemoryBudget;
  /** Why the service does not serve; undefined while it does. */
  readonly unready: () => Reason | undefined;
  readonly load: Load;
  /** Large requests are read in turn. */
  readonly yielding: Yielding;
  /** Milliseconds since 1970: what dates of requests and of tokens are about. */
  readonly now: () => number;
  /** Milliseconds that only grow: what deadlines and durations are about. */
  readonly monotonicNow: () => number;
  readonly log: CallLog;
  /** Milliseconds for a call without a deadline, and the most that one may ask for. */
  readonly defaultTimeout: number;
  readonly maxTimeout: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const strictReader = (bytes: Uint8Array): BinaryReader =>
  new BinaryReader(bytes, (text) => utf8.decode(text));

const METHODS: ReadonlyMap<string, DescMethod> = new Map(
  JOB_SERVICE.methods.map((method) => [method.name, method]),
);

/** The message that an rpc takes. */
function inputOf(rpc: Rpc): DescMessage {
  const method = METHODS.get(rpc);
  if (method === undefined) throw new Error(`the contract has no ${rpc}`);
  return method.input;
}

interface Decodable<Message> {
  decode(reader: BinaryReader): Message;
}

/** Reads a request. Errors: INVALID_PARAMETER for what is no such message, LIMIT_EXCEEDED. */
function decoded<Message>(message: Decodable<Message>, { rpc, request, codec }: Incoming): Message {
  const input = inputOf(rpc);
  const sent = codec.decode(input, request);
  const bytes = scan(input, sent) ? merged(input, sent) : sent;
  try {
    return message.decode(strictReader(bytes));
  } catch (error) {
    if (error instanceof AppError) throw error;
    requireUtf8(input, bytes);
    return fail('INVALID_PARAMETER', {
      key: 'request',
      reason: 'it cannot be decoded as the message of this rpc',
    });
  }
}

/**
 * Of the time that a call has, the share after which the database ends its operations by itself, and the one after
 * which they are given up: an answer that says why still reaches the client (docs/operations.md «Deadlines»).
 */
const DATABASE_SHARE = 0.95;
const LAST_SHARE = 0.98;

interface Limit {
  readonly signal: AbortSignal;
  remaining(): number;
  done(): void;
}

/** The time that a call has, `usual` milliseconds where its client does not say, and its end when the client goes away. */
function limitOf(incoming: Incoming, usual: number, options: CallsOptions): Limit {
  const { monotonicNow, unready, load, maxTimeout } = options;
  const begun = monotonicNow();
  const isAsked = Number.isFinite(incoming.deadline);
  const asked = isAsked ? incoming.deadline - begun : usual;
  const time = Math.max(0, Math.min(asked, maxTimeout));
  const end = begun + time * DATABASE_SHARE;
  const controller = new AbortController();
  const late = (): void => {
    const reason = unready();
    controller.abort(reason === undefined ? appError('REQUEST_TIMEOUT', {}) : notServing(reason));
  };
  const gone = (): void => {
    if (monotonicNow() < end) controller.abort(appError('REQUEST_CANCELLED', {}));
  };
  const timer = setTimeout(late, time * LAST_SHARE);
  // What its client left it may have passed while it waited to be seen.
  if (isAsked && time <= load.lateness()) controller.abort(appError('REQUEST_TIMEOUT', {}));
  incoming.clientAborted.addEventListener('abort', gone, { once: true });
  if (incoming.clientAborted.aborted) gone();
  return {
    signal: controller.signal,
    remaining: () => Math.max(1, Math.floor(end - monotonicNow())),
    done() {
      clearTimeout(timer);
      incoming.clientAborted.removeEventListener('abort', gone);
    },
  };
}

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The request id that a client sent, or one made here where it sent none that can be used. */
export const requestIdOf = (sent: string | undefined): string =>
  sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();

async function dispatch(
  { service, yielding }: CallsOptions,
  incoming: Incoming,
  call: Call,
): Promise<Uint8Array> {
  const read = <Message>(message: Decodable<Message>): Promise<Message> =>
    runThenYield(yielding, () => decoded(message, incoming));
  switch (incoming.rpc) {
    case 'get':
      return service.get(await read(GetJobRequest), call);
    case 'list':
      return service.list(await read(JobsQuery), call);
    case 'stat':
      return service.stat(await read(JobStatQuery), call);
    case 'delete':
      return service.delete(await read(JobRequest), call);
    default:
      return incoming.rpc satisfies never;
  }
}

const overloaded = (): AppError =>
  crowded('milliseconds that a step of a call waits for its turn', TAKEN_UP_TO_MS);

/** Whether there is time for it, who calls, and whether the database answers: what stands before every call. */
async function admitted(
  incoming: Incoming,
  limit: Limit,
  { noted }: LogLine,
  options: CallsOptions,
): Promise<Call> {
  limit.signal.throwIfAborted();
  if (!options.load.admits()) throw overloaded();
  const { rpc: verb, token } = incoming;
  const caller = await options.authenticate({ token, verb, signal: limit.signal });
  const reason = options.unready();
  if (reason !== undefined) throw notServing(reason);
  const now = new Date(options.now());
  return { ...limit, now, scope: (asked) => caller.scope(asked), noted };
}

/** Bytes from which on a request is read in turn, and an answer that waits for its client counts. */
const LARGE = 65_536;

/** Of large requests one is read in a round of the event loop. */
async function inTurn({ request }: Incoming, yielding: Yielding): Promise<void> {
  if (request.length > LARGE) await yielding().next();
}

/** Counts an answer until its client has it. Errors: LIMIT_EXCEEDED. */
function held(bytes: Uint8Array, over: AbortSignal, memory: MemoryBudget): void {
  if (bytes.length < LARGE || over.aborted) return;
  const lease = memory.reserve();
  lease.grow(bytes.length);
  over.addEventListener('abort', () => {
    lease[Symbol.dispose]();
  });
}

interface LogLine {
  /** Adds to the line. */
  noted: Call['noted'];
  answered(about: object): void;
  /** `error` as the client reads it. */
  failed(error: unknown): AppError;
}

/** The one line that each call leaves in the log. */
function logLine({ requestId, rpc }: Incoming, { log, monotonicNow }: CallsOptions): LogLine {
  const begun = monotonicNow();
  const notes: Record<string, unknown> = {};
  const about = (): object => ({
    request_id: requestId,
    rpc,
    ms: Math.round(monotonicNow() - begun),
    ...notes,
  });
  return {
    noted(more) {
      Object.assign(notes, more);
    },
    answered(more) {
      log.info({ ...about(), status: 'OK', ...more }, 'call');
    },
    failed(error) {
      if (error instanceof AppError) {
        log.info({ ...about(), status: error.status, error, field: loggedPath(error.field) }, 'call');
        return error;
      }
      log.error({ ...about(), status: 'INTERNAL', err: error }, 'call failed by a fault of this service');
      return appError('UNKNOWN', { request_id: requestId });
    },
  };
}

async function* streamed(
  incoming: Incoming,
  format: ExportFormat,
  limit: Limit,
  options: CallsOptions,
): AsyncGenerator<Uint8Array, void> {
  const line = logLine(incoming, options);
  let bytes = 0;
  let open = true;
  try {
    const call = await admitted(incoming, limit, line, options);
    await inTurn(incoming, options.yielding);
    const request = await runThenYield(options.yielding, () => decoded(JobsQuery, incoming));
    for await (const piece of options.service.export(request, format, call)) {
      bytes += piece.length;
      yield piece;
    }
    line.answered({ bytes });
    open = false;
  } catch (error) {
    open = false;
    throw line.failed(error);
  } finally {
    limit.done();
    if (open) line.failed(limit.signal.aborted ? limit.signal.reason : appError('REQUEST_CANCELLED', {}));
  }
}

/** The chain over `options.service`. */
export function createCalls(options: CallsOptions): Calls {
  return {
    async unary(incoming) {
      const line = logLine(incoming, options);
      const limit = limitOf(incoming, options.defaultTimeout, options);
      try {
        const call = await admitted(incoming, limit, line, options);
        await inTurn(incoming, options.yielding);
        // What is given up is answered at once, whether or not its work can be ended.
        const bytes = await raceAbort(dispatch(options, incoming, call), limit.signal);
        held(bytes, incoming.responseDone, options.memory);
        line.answered({ bytes: bytes.length });
        return bytes;
      } catch (error) {
        throw line.failed(error);
      } finally {
        limit.done();
      }
    },
    stream(incoming, format) {
      const limit = limitOf(incoming, options.maxTimeout, options);
      return { chunks: streamed(incoming, format, limit, options), aborted: limit.signal };
    },
  };
}
