/** The identity service over gRPC: the keys of domains, and the roles of callers (docs/operations.md «Identity service»). */
import { credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { appError, fail } from '../errors.js';
import type { AppError } from '../errors.js';
import { AuthorizationRequest, AuthorizationRequest_Scope } from '../gen/spaceone/api/core/v1/handler.js';
import type { AuthenticationResponse, AuthorizationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { AuthorizationClient } from '../gen/spaceone/api/identity/v1/authorization.js';
import { DomainClient } from '../gen/spaceone/api/identity/v1/domain.js';
import { abortReason } from '../limits/abort.js';
import type { Asked } from './caller.js';
import { createOutage } from './outage.js';
import type { OutageLog } from './outage.js';

export interface IdentityEndpoint {
  /** `host:port`. */
  readonly address: string;
  /** Whether it is reached by TLS. */
  readonly secure: boolean;
}

/** What a caller asks of the service, and with which token. */
export interface RoleQuestion extends Asked {
  /** The rpc. */
  readonly verb: string;
  readonly token: string;
}

export interface Identity {
  /**
   * A domain's public key, a JWK as JSON, within `timeout` milliseconds; undefined: the domain has none. Errors:
   * UNAVAILABLE, and why `signal` was aborted, which ends the call.
   */
  publicKey(domainId: string, signal: AbortSignal, timeout: number): Promise<string | undefined>;
  /** What the caller is in what it asks for. Errors: PERMISSION_DENIED, AUTHENTICATE_FAILURE, and those of `publicKey`. */
  role(question: RoleQuestion, signal: AbortSignal): Promise<AuthorizationResponse>;
  close(): Promise<void>;
}

export interface IdentityOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly monotonicNow: () => number;
  readonly log: OutageLog;
  /** Milliseconds that an answer about a role may take. */
  readonly timeout?: number;
}

/** The time that an answer may take. */
export const TIMEOUT_MS = 4000;

/** Milliseconds between two tries to connect, at most. */
const CHANNEL = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_channelz': 0,
} as const;

const OUTAGE = {
  gone: 'AUTH_IDENTITY_ENDPOINT: the identity service does not answer',
  back: 'AUTH_IDENTITY_ENDPOINT: the identity service answers again',
} as const;

/** Reads an error as the answer that it is; undefined: it is none, and identity is away. */
type Refusal<T> = (error: ServiceError) => (() => T) | undefined;

const refused = (): never => fail('PERMISSION_DENIED', {});

/** The errors that are answers about a role. */
const REFUSALS: ReadonlyMap<number, () => never> = new Map([
  [status.PERMISSION_DENIED, refused],
  [status.INVALID_ARGUMENT, refused],
  [status.NOT_FOUND, refused],
  [status.UNAUTHENTICATED, () => fail('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' })],
]);

const NO_KEY: AuthenticationResponse = { domain_id: '', public_key: '' };
const ROLE_REQUEST: AuthorizationRequest = {
  ...AuthorizationRequest.decode(new Uint8Array()),
  service: 'inventory',
  resource: 'Job',
  scope: AuthorizationRequest_Scope.PROJECT,
};

const noKey: Refusal<AuthenticationResponse> = ({ code, details }) =>
  code === status.INVALID_ARGUMENT && details.startsWith('ERROR_NOT_FOUND') ? () => NO_KEY : undefined;

export const away = (): AppError => appError('UNAVAILABLE', { reason: 'the caller cannot be verified now' });

type Answered<T> = (error: ServiceError | null, answer: T) => void;
type Begin<T> = (answered: Answered<T>) => ClientUnaryCall;

/** How a call ended, which is cancelled with `signal`. */
function ended<T>(begin: Begin<T>, signal: AbortSignal): Promise<Parameters<Answered<T>>> {
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

/** The client of the identity service at `endpoint`; it connects when it is first asked. */
export function createIdentity(
  { address, secure }: IdentityEndpoint,
  { now, monotonicNow, log, timeout = TIMEOUT_MS }: IdentityOptions,
): Identity {
  const channel = secure ? credentials.createSsl() : credentials.createInsecure();
  const domains = new DomainClient(address, channel, CHANNEL);
  const authorizations = new AuthorizationClient(address, channel, CHANNEL);
  const outage = createOutage(OUTAGE, log, monotonicNow);

  async function ask<T>(begin: Begin<T>, refusal: Refusal<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const [error, answer] = await ended(begin, signal);
    const read = error === null ? () => answer : refusal(error);
    if (read === undefined && signal.aborted) throw abortReason(signal);
    if (read === undefined) {
      outage.failed(error);
      throw away();
    }
    outage.answered();
    return read();
  }

  return {
    async publicKey(domainId, signal, timeout) {
      const request = { domain_id: domainId };
      const { public_key: key } = await ask(
        (answered) => domains.getPublicKey(request, new Metadata(), { deadline: now() + timeout }, answered),
        noKey,
        signal,
      );
      return key === '' ? undefined : key;
    },
    role({ verb, token, domain_id, project_id = '' }, signal) {
      const metadata = new Metadata();
      metadata.set('token', token);
      const request = { ...ROLE_REQUEST, verb, domain_id, project_id };
      return ask<AuthorizationResponse>(
        (answered) => authorizations.verify(request, metadata, { deadline: now() + timeout }, answered),
        ({ code }) => REFUSALS.get(code),
        signal,
      );
    },
    close() {
      domains.close();
      authorizations.close();
      return Promise.resolve();
    },
  };
}
