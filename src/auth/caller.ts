/** The caller of a request and its scope: the result of authentication. */
import type { Scope } from '../query/confine.js';
import type { TraceContext } from '../telemetry/traces/trace-context.js';

/** The domain and project named by a request, under the contract's field names; '' if it names none. */
export interface RequestedScope {
  readonly domain_id: string;
  readonly project_id?: string;
}

export interface Caller {
  /** The id of the user in the token; undefined without a token, or without a user in it. */
  readonly user?: string | undefined;
  /** Answers the visible part of the requested scope. Errors: AppError. */
  scope(asked: RequestedScope): Promise<Scope>;
}

/** The call on whose behalf the identity service is asked. */
export interface Origin {
  readonly requestId: string;
  readonly trace: TraceContext | undefined;
}

/** The part of a call that identifies its caller. */
export interface Credentials {
  /** The token, if one was sent. */
  readonly token: string | undefined;
  /** The rpc: `list`. */
  readonly verb: string;
  /** Aborted with the call. */
  readonly signal: AbortSignal;
  readonly origin?: Origin | undefined;
}

/** Errors: AUTHENTICATE_FAILURE, PERMISSION_DENIED, UNAVAILABLE. */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;
