/** The identity service over gRPC: the keys of domains, and the roles of callers (docs/secure.md «Identity service»). */
import { credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { appError, fail } from '../errors.js';
import type { AppError } from '../errors.js';
import { AuthorizationRequest, AuthorizationRequest_Scope } from '../gen/spaceone/api/core/v1/handler.js';
import type { AuthenticationResponse, AuthorizationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { AuthorizationClient } from '../gen/spaceone/api/identity/v1/authorization.js';
import { DomainClient } from '../gen/spaceone/api/identity/v1/domain.js';
import { abortReason } from '../limits/abort.js';
import type { RequestedScope } from './caller.js';
import { IDENTITY_STATUSES } from '../telemetry/metrics/own-definitions.js';
import { NO_METER } from '../telemetry/metrics/registry.js';
import type { Meter } from '../telemetry/metrics/registry.js';
import { createOutage } from './outage.js';
import type { OutageLog } from './outage.js';

export interface IdentityEndpoint {
  /** `host:port`. */
  readonly address: string;
  /** True for TLS. */
  readonly secure: boolean;
}

/** The question about a caller's role: its token and its request. */
export interface RoleQuestion extends RequestedScope {
  /** The rpc. */
  readonly verb: string;
  readonly token: string;
}

export interface Identity {
  /**
   * Fetches the public key of a domain within `timeout` milliseconds: a JWK as JSON, or undefined if there is none.
   * Aborting `signal` cancels the call. Errors: UNAVAILABLE, and the abort reason.
   */
  publicKey(domainId: string, signal: AbortSignal, timeout: number): Promise<string | undefined>;
  /** Asks for the caller's role. Errors: PERMISSION_DENIED, AUTHENTICATE_FAILURE, and those of `publicKey`. */
  role(question: RoleQuestion, signal: AbortSignal): Promise<AuthorizationResponse>;
  close(): void;
}

export interface IdentityOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
  readonly log: OutageLog;
  /** Milliseconds for an answer about a role. */
  readonly timeout?: number;
  readonly meter?: Meter;
}

/** The name of a status in the metrics. */
const statusNameOf = (code: status) => IDENTITY_STATUSES.find((name) => name === status[code]) ?? '_OTHER';

/** The default time for an answer of identity. */
export const IDENTITY_TIMEOUT_MS = 4000;

/** Milliseconds between two tries to connect, at most. */
const CHANNEL = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_channelz': 0,
} as const;

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

const NO_KEY: AuthenticationResponse = { domain_id: '', public_key: '' };
const ROLE_REQUEST: AuthorizationRequest = {
  ...AuthorizationRequest.decode(new Uint8Array()),
  service: 'inventory',
  resource: 'Job',
  scope: AuthorizationRequest_Scope.PROJECT,
};

const readNoKey: Refusal<AuthenticationResponse> = ({ code, details }) =>
  code === status.INVALID_ARGUMENT && details.startsWith('ERROR_NOT_FOUND') ? () => NO_KEY : undefined;

export const identityUnavailable = (): AppError =>
  appError('UNAVAILABLE', { reason: 'the caller cannot be verified now' });

type Answered<T> = (error: ServiceError | null, answer: T) => void;
type Begin<T> = (answered: Answered<T>) => ClientUnaryCall;

/** Makes a call, cancelled with `signal`; answers its error and its response. */
function callOf<T>(begin: Begin<T>, signal: AbortSignal): Promise<Parameters<Answered<T>>> {
  return new Promise((resolve) => {
    const call = begin((error, answer) => {
      signal.removeEventListener('abort', cancel);
      resolve([error, answer]);
    });
    const cancel = (): void => {
      call.cancel();
    };
    signal.addEventListener('abort', cancel, { once: true });
  });
}

/** Asks identity, counts the requests and logs an outage. */
function createAsk({ monotonicNow, log, meter = NO_METER }: IdentityOptions) {
  const outage = createOutage(OUTAGE, log, monotonicNow);
  return async function ask<T>(
    rpc: 'get_public_key' | 'verify',
    begin: Begin<T>,
    refusal: Refusal<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    const begun = monotonicNow();
    const [error, answer] = await callOf(begin, signal);
    meter.add('inventory_job_identity_requests_total', {
      rpc,
      status: statusNameOf(error?.code ?? status.OK),
    });
    meter.observe('inventory_job_identity_request_seconds', {}, (monotonicNow() - begun) / 1000);
    const read = error === null ? () => answer : refusal(error);
    if (read === undefined && signal.aborted) throw abortReason(signal);
    if (read === undefined) {
      outage.failed(error);
      throw identityUnavailable();
    }
    outage.answered();
    return read();
  };
}

/** Creates a client of the identity service; it connects on its first call. */
export function createIdentity({ address, secure }: IdentityEndpoint, options: IdentityOptions): Identity {
  const channel = secure ? credentials.createSsl() : credentials.createInsecure();
  const domains = new DomainClient(address, channel, CHANNEL);
  const authorizations = new AuthorizationClient(address, channel, CHANNEL);
  const { now, timeout = IDENTITY_TIMEOUT_MS } = options;
  const ask = createAsk(options);
  return {
    async publicKey(domainId, signal, timeout) {
      const request = { domain_id: domainId };
      const { public_key: key } = await ask(
        'get_public_key',
        (answered) => domains.getPublicKey(request, new Metadata(), { deadline: now() + timeout }, answered),
        readNoKey,
        signal,
      );
      return key === '' ? undefined : key;
    },
    role({ verb, token, domain_id, project_id = '' }, signal) {
      const metadata = new Metadata();
      metadata.set('token', token);
      const request = { ...ROLE_REQUEST, verb, domain_id, project_id };
      return ask<AuthorizationResponse>(
        'verify',
        (answered) => authorizations.verify(request, metadata, { deadline: now() + timeout }, answered),
        ({ code }) => REFUSALS.get(code),
        signal,
      );
    },
    close() {
      domains.close();
      authorizations.close();
    },
  };
}
