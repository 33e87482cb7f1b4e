/** The identity service over gRPC: the keys of domains, and the roles of callers (docs/operations.md «Identity service»). */
import { credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientUnaryCall, ServiceError } from '@grpc/grpc-js';
import { appError } from '../errors.js';
import type { AppError } from '../errors.js';
import { AuthorizationRequest, AuthorizationRequest_Scope } from '../gen/spaceone/api/core/v1/handler.js';
import type { AuthenticationResponse, AuthorizationResponse } from '../gen/spaceone/api/core/v1/handler.js';
import { AuthorizationClient } from '../gen/spaceone/api/identity/v1/authorization.js';
import { DomainClient } from '../gen/spaceone/api/identity/v1/domain.js';
import { reasonOf } from '../job/operation.js';
import type { Asked } from './caller.js';

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
  /** A domain's public key, a JWK as JSON; undefined: the domain has none. Errors: UNAVAILABLE. */
  publicKey(domainId: string): Promise<string | undefined>;
  /** What the caller is in what it asks for. Errors: PERMISSION_DENIED, AUTHENTICATE_FAILURE, UNAVAILABLE. */
  role(question: RoleQuestion, signal: AbortSignal): Promise<AuthorizationResponse>;
  close(): void;
}

export interface IdentityOptions {
  /** Milliseconds that an answer may take. */
  readonly patience?: number;
  /** Is told why there is no answer. */
  readonly report: (error: unknown) => void;
}

const PATIENCE = 4000;

/** Milliseconds between two tries to connect, at most. */
const CHANNEL = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  'grpc.enable_channelz': 0,
} as const;

/** What it answers where it has an answer; everything else means that it is away. */
const REFUSALS: ReadonlyMap<number, () => AppError> = new Map([
  [status.PERMISSION_DENIED, () => appError('PERMISSION_DENIED', {})],
  [status.INVALID_ARGUMENT, () => appError('PERMISSION_DENIED', {})],
  [status.NOT_FOUND, () => appError('PERMISSION_DENIED', {})],
  [status.UNAUTHENTICATED, () => appError('AUTHENTICATE_FAILURE', { message: 'a valid token is needed' })],
]);

const NO_REQUEST = AuthorizationRequest.decode(new Uint8Array());

const away = (): AppError => appError('UNAVAILABLE', { reason: 'the caller cannot be verified now' });

const hasNoKey = ({ code, details }: ServiceError): boolean =>
  code === status.INVALID_ARGUMENT && details.startsWith('ERROR_NOT_FOUND');

type Answered<T> = (error: ServiceError | null, answer: T) => void;

/** One call, ended with `signal`; `refused` says what an error is an answer to. */
function answerOf<T>(
  begin: (answered: Answered<T>) => ClientUnaryCall,
  refused: (error: ServiceError) => Error | undefined,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = begin((error, answer) => {
      signal?.removeEventListener('abort', cancel);
      if (error === null) resolve(answer);
      else reject(refused(error) ?? error);
    });
    const cancel = (): void => {
      call.cancel();
    };
    signal?.addEventListener('abort', cancel, { once: true });
  });
}

/** The client of the identity service at `endpoint`; it connects when it is first asked. */
export function identityService(
  { address, secure }: IdentityEndpoint,
  { patience = PATIENCE, report }: IdentityOptions,
): Identity {
  const channel = secure ? credentials.createSsl() : credentials.createInsecure();
  const domains = new DomainClient(address, channel, CHANNEL);
  const authorizations = new AuthorizationClient(address, channel, CHANNEL);
  const unanswered = (error: ServiceError): AppError => {
    report(error);
    return away();
  };
  const options = () => ({ deadline: performance.timeOrigin + performance.now() + patience });

  return {
    async publicKey(domainId) {
      const { public_key: key } = await answerOf<AuthenticationResponse>(
        (answered) =>
          domains.getPublicKey({ domain_id: domainId }, new Metadata(), options(), (error, answer) => {
            if (error !== null && hasNoKey(error)) answered(null, { domain_id: domainId, public_key: '' });
            else answered(error, answer);
          }),
        unanswered,
      );
      return key === '' ? undefined : key;
    },
    async role({ verb, token, domain_id, project_id = '' }, signal) {
      signal.throwIfAborted();
      const metadata = new Metadata();
      metadata.set('token', token);
      const request = {
        ...NO_REQUEST,
        service: 'inventory',
        resource: 'Job',
        verb,
        scope: AuthorizationRequest_Scope.PROJECT,
        domain_id,
        project_id,
      };
      return answerOf<AuthorizationResponse>(
        (answered) => authorizations.verify(request, metadata, options(), answered),
        (error) => {
          if (signal.aborted) return reasonOf(signal);
          return REFUSALS.get(error.code)?.() ?? unanswered(error);
        },
        signal,
      );
    },
    close() {
      domains.close();
      authorizations.close();
    },
  };
}
