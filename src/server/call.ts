/**
 * The chain that every call goes through, whichever door it came by: request id, deadline, decoding, authentication,
 * the handler, the log line, and errors as clients read them (docs/architecture.md «One chain»).
 */
import { randomUUID } from 'node:crypto';
import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { Authenticate } from '../auth/caller.js';
import { AppError, appError, fail } from '../errors.js';
import { GetJobRequest, JobRequest, JobsQuery, JobStatQuery } from '../gen/spaceone/api/inventory/v1/job.js';
import type { Call, JobService } from '../job/service.js';
import { limitParts } from '../wire/parts.js';
import { descriptors } from './descriptors.js';

export const RPCS = ['get', 'list', 'stat', 'delete'] as const satisfies readonly (keyof JobService)[];
export type Rpc = (typeof RPCS)[number];

/** The largest request that a door takes. */
export const MAX_REQUEST_BYTES = 4 * 1024 ** 2;

export const JOB_SERVICE = 'spaceone.api.inventory.v1.Job';

/** What a door knows of a call. */
export interface Incoming {
  readonly rpc: Rpc;
  readonly request: Uint8Array;
  readonly token: string | undefined;
  readonly requestId: string;
  /** When the client stops waiting, in milliseconds since 1970; Infinity: it did not say. */
  readonly deadline: number;
  /** Aborted when the client goes away. */
  readonly gone: AbortSignal;
}

/** Answers the bytes of a response. Errors: AppError, and nothing else. */
export type Handle = (incoming: Incoming) => Promise<Uint8Array>;

/** What is written to the log; a subset of pino's. */
export interface CallLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface ChainOptions {
  readonly service: JobService;
  readonly authenticate: Authenticate;
  /** Whether the database answers. */
  readonly ready: () => boolean;
  readonly now: () => number;
  readonly log: CallLog;
  /** Milliseconds for a call without a deadline, and the most that one may ask for. */
  readonly defaultTimeout: number;
  readonly maxTimeout: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const strictReader = (bytes: Uint8Array): BinaryReader =>
  new BinaryReader(bytes, (text) => utf8.decode(text));

/** The messages that the rpcs take. */
const INPUTS: ReadonlyMap<string, DescMessage> = new Map(
  descriptors.getService(JOB_SERVICE)?.methods.map(({ name, input }) => [name, input]),
);

/** Reads a request. Errors: INVALID_PARAMETER for bytes that are no such message, LIMIT_EXCEEDED. */
function decoded<Message>(
  codec: { decode(reader: BinaryReader): Message },
  { rpc, request }: Incoming,
): Message {
  try {
    const input = INPUTS.get(rpc);
    if (input !== undefined) limitParts(input, request);
    return codec.decode(strictReader(request));
  } catch (error) {
    if (error instanceof AppError) throw error;
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

const unavailable = (): AppError => appError('UNAVAILABLE', { reason: 'the database cannot be reached' });

/** The time that a call has, and the end of it when its client goes away. */
function limitOf(incoming: Incoming, { now, ready, defaultTimeout, maxTimeout }: ChainOptions): Limit {
  const begun = now();
  const asked = Number.isFinite(incoming.deadline) ? incoming.deadline - begun : defaultTimeout;
  if (asked <= 0) fail('REQUEST_TIMEOUT', {});
  const time = Math.min(asked, maxTimeout);
  const end = begun + time * DATABASE_SHARE;
  const controller = new AbortController();
  const late = (): void => {
    controller.abort(ready() ? appError('REQUEST_TIMEOUT', {}) : unavailable());
  };
  const gone = (): void => {
    if (now() < end) controller.abort(appError('REQUEST_CANCELLED', {}));
  };
  const timer = setTimeout(late, time * LAST_SHARE);
  incoming.gone.addEventListener('abort', gone, { once: true });
  if (incoming.gone.aborted) gone();
  return {
    signal: controller.signal,
    remaining: () => Math.max(1, Math.floor(end - now())),
    done() {
      clearTimeout(timer);
      incoming.gone.removeEventListener('abort', gone);
    },
  };
}

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The request id that a client sent, or one made here where it sent none that can be used. */
export const requestIdOf = (sent: string | undefined): string =>
  sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();

function dispatch(service: JobService, incoming: Incoming, call: Call): Promise<Uint8Array> {
  switch (incoming.rpc) {
    case 'get':
      return service.get(decoded(GetJobRequest, incoming), call);
    case 'list':
      return service.list(decoded(JobsQuery, incoming), call);
    case 'stat':
      return service.stat(decoded(JobStatQuery, incoming), call);
    case 'delete':
      return service.delete(decoded(JobRequest, incoming), call);
    default:
      return incoming.rpc satisfies never;
  }
}

async function answer(incoming: Incoming, limit: Limit, options: ChainOptions): Promise<Uint8Array> {
  const permission = `inventory.Job.${incoming.rpc}`;
  const caller = await options.authenticate({ token: incoming.token, permission });
  if (!options.ready()) throw unavailable();
  const now = new Date(options.now());
  return dispatch(options.service, incoming, { ...limit, now, scope: (domainId) => caller.scope(domainId) });
}

/** The chain over `options.service`. */
export function chain(options: ChainOptions): Handle {
  const { log, now } = options;
  return async (incoming) => {
    const begun = now();
    const about = (): object => ({ request_id: incoming.requestId, rpc: incoming.rpc, ms: now() - begun });
    let limit: Limit | undefined;
    try {
      limit = limitOf(incoming, options);
      const bytes = await answer(incoming, limit, options);
      log.info({ ...about(), status: 'OK', bytes: bytes.length }, 'call');
      return bytes;
    } catch (error) {
      if (error instanceof AppError) {
        log.info({ ...about(), status: error.status, error: error.message }, 'call');
        throw error;
      }
      log.error({ ...about(), status: 'INTERNAL', err: error }, 'call failed by a fault of this service');
      throw appError('UNKNOWN', { request_id: incoming.requestId });
    } finally {
      limit?.done();
    }
  };
}
