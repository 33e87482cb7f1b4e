// A stand-in for the identity service: its two rpcs with answers of the tests, and a record of the questions.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Metadata, sendUnaryData, ServerUnaryCall, status } from '@grpc/grpc-js';
import { createFetchedKeys } from '../../src/auth/fetched-keys.js';
import { createIdentity } from '../../src/auth/identity.js';
import { createJwtAuthenticate } from '../../src/auth/jwt.js';
import { createRoles } from '../../src/auth/roles.js';
import type {
  AuthenticationRequest,
  AuthenticationResponse,
  AuthorizationRequest,
  AuthorizationResponse,
} from '../../src/gen/spaceone/api/core/v1/handler.js';
import { AuthorizationService } from '../../src/gen/spaceone/api/identity/v1/authorization.js';
import { DomainService } from '../../src/gen/spaceone/api/identity/v1/domain.js';
import type { Meter } from '../../src/telemetry/metrics/registry.js';
import type { RecordedLog } from './log.js';

export interface Refusal {
  readonly code: status;
  readonly details: string;
}

export interface IdentityAnswers {
  key(domainId: string): AuthenticationResponse | Refusal | 'stall';
  role(request: AuthorizationRequest, token: string): AuthorizationResponse | Refusal | 'stall';
}

export interface StandIn {
  readonly port: number;
  /** The domains of requested keys, and the questions on roles. */
  readonly fetched: string[];
  readonly verified: AuthorizationRequest[];
  /** The domains and verbs of cancelled calls. */
  readonly cancelled: string[];
  /** The metadata of all calls. */
  readonly metadata: ReturnType<Metadata['getMap']>[];
  stop(): void;
}

function reply<T extends object>(
  call: { on(event: 'cancelled', listener: () => void): unknown },
  callback: sendUnaryData<T>,
  answer: T | Refusal | 'stall',
  cancelled: () => void,
): void {
  if (answer === 'stall') {
    call.on('cancelled', cancelled);
    return;
  }
  if ('details' in answer) callback(answer);
  else callback(null, answer);
}

/** Starts a stand-in on `port`; 0: any free one. */
export async function startStandIn(answers: IdentityAnswers, port = 0): Promise<StandIn> {
  const fetched: string[] = [];
  const verified: AuthorizationRequest[] = [];
  const cancelled: string[] = [];
  const sent: StandIn['metadata'] = [];
  const server = new Server();
  server.addService(DomainService, {
    getPublicKey(
      call: ServerUnaryCall<AuthenticationRequest, AuthenticationResponse>,
      callback: sendUnaryData<AuthenticationResponse>,
    ) {
      const { domain_id } = call.request;
      fetched.push(domain_id);
      sent.push(call.metadata.getMap());
      reply(call, callback, answers.key(domain_id), () => cancelled.push(domain_id));
    },
  });
  server.addService(AuthorizationService, {
    verify(
      call: ServerUnaryCall<AuthorizationRequest, AuthorizationResponse>,
      callback: sendUnaryData<AuthorizationResponse>,
    ) {
      const { request, metadata } = call;
      verified.push(request);
      sent.push(metadata.getMap());
      const answer = answers.role(request, String(metadata.get('token')[0]));
      reply(call, callback, answer, () => cancelled.push(request.verb));
    },
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, found) => {
      if (error === null) resolve(found);
      else reject(error);
    });
  });
  return {
    port: bound,
    fetched,
    verified,
    cancelled,
    metadata: sent,
    stop() {
      server.forceShutdown();
    },
  };
}

export const roleAnswer = (role_type: string, projects: readonly string[] = []): AuthorizationResponse => ({
  role_type,
  projects: [...projects],
  project_groups: [],
});

/** The options of an authenticator: a clock to set, a log, and the timeout of a request to the identity service. */
export interface IdentityOptions {
  readonly clock: { now: number };
  readonly log: RecordedLog;
  readonly timeoutMs: number;
  readonly meter?: Meter;
}

/** Creates an authenticator with empty caches for the identity service on `port`; `closing` gets its end. */
export function createIdentityAuthenticate(
  port: number,
  { clock, ...more }: IdentityOptions,
  closing: (() => void | Promise<void>)[],
) {
  const monotonicNow = (): number => clock.now;
  const options = { now: () => Date.now(), monotonicNow, ...more };
  const client = createIdentity({ address: `127.0.0.1:${port}`, secure: false }, options);
  closing.push(client.close);
  const keysOf = createFetchedKeys(client, options);
  return createJwtAuthenticate({
    keysOf,
    now: () => Date.now(),
    roles: createRoles(client, { ttlMs: 0, monotonicNow }),
  });
}

/** `let in`, or the message of the refusal. */
export const authenticateOnce = (
  authenticate: ReturnType<typeof createJwtAuthenticate>,
  token: string,
): Promise<unknown> =>
  authenticate({ token, verb: 'get', signal: new AbortController().signal }).then(
    () => 'let in',
    (error: unknown) => (error instanceof Error ? error.message : error),
  );
