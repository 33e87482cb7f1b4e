/** The identity service over gRPC: the keys of domains, and the roles of callers (docs/secure.md «Identity service»). */
import { Metadata, status } from '@grpc/grpc-js';
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import type { MonotonicClock } from '../clock.js';
import { AppError, appError, fail, ForeignError } from '../errors.js';
import { AuthorizationRequest, AuthorizationRequest_Scope } from '../gen/spaceone/api/core/v1/handler.js';
import type { AuthenticationResponse, AuthorizationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { abortReason } from '../limits/abort.js';
import type { RequestedScope } from '../scope.js';
import type { Origin } from './caller.js';
import { IDENTITY_STATUSES } from '../telemetry/metrics/own-definitions.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { NO_TRACER, serverAttributes } from '../telemetry/traces/tracer.js';
import type { Span, Tracer } from '../telemetry/traces/tracer.js';
import { createOutage } from '../telemetry/outage.js';
import type { OutageLog } from '../telemetry/outage.js';
import { openIdentityChannel } from './identity-channel.js';
import type { IdentityClients, IdentityEndpoint } from './identity-channel.js';

/** The question about a caller's role: its token and its request. */
export interface RoleQuestion extends RequestedScope {
  /** The rpc. */
  readonly verb: string;
  readonly token: string;
  readonly origin?: Origin | undefined;
}

export interface Identity {
  /**
   * Fetches the public key of a domain within `timeoutMs` milliseconds: a JWK as JSON, with its domain; undefined if there is none.
   * Aborting `signal` cancels the call. Errors: UNAVAILABLE, and the abort reason.
   */
  publicKey(
    domainId: string,
    signal: AbortSignal,
    timeoutMs: number,
    origin?: Origin,
  ): Promise<AuthenticationResponse | undefined>;
  /** Asks for the caller's role. Errors: PERMISSION_DENIED, AUTHENTICATE_FAILURE, and those of `publicKey`. */
  role(question: RoleQuestion, signal: AbortSignal): Promise<AuthorizationResponse>;
  close(): void;
}

export interface IdentityOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicNow: MonotonicClock;
  readonly log: OutageLog;
  /** Milliseconds for an answer about a role. */
  readonly timeoutMs?: number;
  readonly meter?: Meter;
  readonly tracer?: Tracer;
}

/** The name of a status in the metrics. */
const statusNameOf = (code: status) => IDENTITY_STATUSES.find((name) => name === status[code]) ?? '_OTHER';

/** The default time for an answer of identity. */
export const IDENTITY_TIMEOUT_MS = 4000;

/** The share of the timeout after which waiting for an answer is silence: timers are not exact. */
const SILENCE_SHARE = 0.9;

const OUTAGE = {
  down: 'AUTH_IDENTITY_ENDPOINT: the identity service does not answer',
  up: 'AUTH_IDENTITY_ENDPOINT: the identity service answers again',
} as const;

/** Reads an error as an answer of identity; undefined for an outage. */
type Refusal<T> = (error: ServiceError) => (() => T) | undefined;

const refuseRole = (): never => fail('PERMISSION_DENIED', {});

/** Statuses of identity that refuse a role; any other error is an outage. */
const REFUSALS: ReadonlyMap<number, () => never> = new Map([
  [status.PERMISSION_DENIED, refuseRole],
  [status.INVALID_ARGUMENT, refuseRole],
  [status.NOT_FOUND, refuseRole],
  [status.UNAUTHENTICATED, () => fail('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' })],
]);

const ROLE_REQUEST: AuthorizationRequest = {
  ...AuthorizationRequest.decode(new Uint8Array()),
  service: 'inventory',
  resource: 'Job',
  scope: AuthorizationRequest_Scope.PROJECT,
};

const readNoKey: Refusal<undefined> = ({ code, details }) =>
  code === status.INVALID_ARGUMENT && details.startsWith('ERROR_NOT_FOUND') ? () => undefined : undefined;

export const identityUnavailable = (): AppError =>
  appError('UNAVAILABLE', { reason: 'the caller cannot be verified now' });

type Answered<T> = (error: ServiceError | null, answer: T) => void;
type Begin<T> = (clients: IdentityClients, metadata: Metadata, answered: Answered<T>) => ClientUnaryCall;

interface Outcome<T> {
  readonly error: ServiceError | null;
  readonly answer: T;
  /** The status is of identity itself, and not made up in its place by the gRPC library. */
  readonly isAnswered: boolean;
}

/** Trailers of identity have a content type at least, unless headers came before them. */
const hasTrailers = (error: ServiceError | null): boolean =>
  error !== null && Object.keys(error.metadata.getMap()).length > 0;

/** Makes a call, cancelled with `signal`. */
function callOf<T>(
  begin: (answered: Answered<T>) => ClientUnaryCall,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    let hasHeaders = false;
    const call = begin((error, answer) => {
      signal.removeEventListener('abort', cancel);
      resolve({ error, answer, isAnswered: hasHeaders || hasTrailers(error) });
    });
    const cancel = (): void => {
      call.cancel();
    };
    call.once('metadata', () => {
      hasHeaders = true;
    });
    signal.addEventListener('abort', cancel, { once: true });
  });
}

/** The failure for the log: identity's own words may quote a token. */
const loggedFailure = ({ error, isAnswered }: Outcome<unknown>): unknown =>
  error !== null && isAnswered ? new ForeignError(status[error.code], error.details) : error;

/** The rpcs of identity, by their names in the metrics. */
const METHODS = {
  get_public_key: 'spaceone.api.identity.v1.Domain/get_public_key',
  verify: 'spaceone.api.identity.v1.Authorization/verify',
} as const;

/** Begins the span of a request below that of the call. */
const beginSpan = (tracer: Tracer, rpc: keyof typeof METHODS, address: string, origin?: Origin): Span =>
  tracer.begin('client', METHODS[rpc], origin?.trace, () => ({
    'rpc.system.name': 'grpc',
    'rpc.method': METHODS[rpc],
    ...serverAttributes(address),
  }));

/** Ends the span of a request: for its client, every other status than OK is an error. */
function endSpan(span: Span, name: string): void {
  const isError = name !== status[status.OK];
  span.end({ 'rpc.status_code': name, ...(isError ? { 'error.type': name } : {}) }, isError);
}

/** The metadata by which identity logs a request under the id of the call, in its trace. */
function metadataOf({ context }: Span, origin: Origin | undefined): Metadata {
  const metadata = new Metadata();
  if (origin !== undefined) metadata.set('transaction_id', origin.requestId);
  if (context === undefined) return metadata;
  metadata.set('traceparent', context.traceparent);
  if (context.tracestate !== undefined) metadata.set('tracestate', context.tracestate);
  return metadata;
}

/** Tells whether a deadline of callers has ended a request: identity is silent then, as it need not be if they left. */
const isLate = ({ reason }: AbortSignal): boolean =>
  reason instanceof AppError && reason.error === 'REQUEST_TIMEOUT';

/** The status of a request; one ended by a deadline of callers is CANCELLED for gRPC. */
function codeOf(error: ServiceError | null, signal: AbortSignal): status {
  const code = error?.code ?? status.OK;
  return code === status.CANCELLED && isLate(signal) ? status.DEADLINE_EXCEEDED : code;
}

/** A request to identity. */
interface Question<T> {
  readonly rpc: keyof typeof METHODS;
  readonly begin: Begin<T>;
  readonly refusal: Refusal<T>;
  readonly signal: AbortSignal;
  readonly origin: Origin | undefined;
}

/** Asks identity, counts and traces the requests, and logs an outage. */
function createAsk(endpoint: IdentityEndpoint, options: IdentityOptions) {
  const {
    monotonicNow,
    log,
    meter = NO_METER,
    tracer = NO_TRACER,
    timeoutMs = IDENTITY_TIMEOUT_MS,
  } = options;
  const outage = createOutage(OUTAGE, log, monotonicNow);
  const channel = openIdentityChannel(endpoint, { silenceMs: timeoutMs * SILENCE_SHARE, monotonicNow });

  async function ask<T>({ rpc, begin, refusal, signal, origin }: Question<T>): Promise<T> {
    signal.throwIfAborted();
    const begun = monotonicNow();
    const span = beginSpan(tracer, rpc, endpoint.address, origin);
    using request = channel.begin();
    const metadata = metadataOf(span, origin);
    const outcome = await callOf<T>((answered) => begin(request.clients, metadata, answered), signal);
    const { error, answer, isAnswered } = outcome;
    if (isAnswered) request.heard();
    const code = codeOf(error, signal);
    endSpan(span, status[code]);
    meter.add('inventory_job_identity_requests_total', { rpc, status: statusNameOf(code) });
    meter.observe('inventory_job_identity_request_seconds', {}, (monotonicNow() - begun) / 1000);
    const read = error === null ? () => answer : refusal(error);
    if (read === undefined) {
      if (!signal.aborted || isLate(signal)) outage.failed(loggedFailure(outcome));
      throw signal.aborted ? abortReason(signal) : identityUnavailable();
    }
    outage.answered();
    return read();
  }

  return { ask, close: channel.close };
}

/** Creates a client of the identity service; it connects on its first call. */
export function createIdentity(endpoint: IdentityEndpoint, options: IdentityOptions): Identity {
  const { now, timeoutMs = IDENTITY_TIMEOUT_MS } = options;
  const { ask, close } = createAsk(endpoint, options);
  return {
    publicKey(domainId, signal, timeoutMs, origin) {
      const request = { domain_id: domainId };
      return ask<AuthenticationResponse | undefined>({
        rpc: 'get_public_key',
        begin: ({ domains }, metadata, answered) =>
          domains.getPublicKey(request, metadata, { deadline: now() + timeoutMs }, answered),
        refusal: readNoKey,
        signal,
        origin,
      });
    },
    role({ verb, token, domain_id, project_id = '', origin }, signal) {
      const request = { ...ROLE_REQUEST, verb, domain_id, project_id };
      return ask<AuthorizationResponse>({
        rpc: 'verify',
        begin({ authorizations }, metadata, answered) {
          metadata.set('token', token);
          return authorizations.verify(request, metadata, { deadline: now() + timeoutMs }, answered);
        },
        refusal: ({ code }) => REFUSALS.get(code),
        signal,
        origin,
      });
    },
    close,
  };
}
