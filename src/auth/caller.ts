/** Who calls, and what it may see: where authentication enters the chain of a call. */
import type { Scope } from '../query/confine.js';

/** What a request says it is about, by the names of the contract; '' where it does not say. */
export interface RequestedScope {
  readonly domain_id: string;
  readonly project_id?: string;
}

export interface Caller {
  /** What the caller may see of what a request asks for. Errors: AppError. */
  scope(asked: RequestedScope): Promise<Scope>;
}

/** What a call says of its caller. */
export interface Credentials {
  /** The token, where one was sent. */
  readonly token: string | undefined;
  /** The rpc: `list`. */
  readonly verb: string;
  /** Aborted when the call is given up. */
  readonly signal: AbortSignal;
}

/** Errors: AUTHENTICATE_FAILURE, PERMISSION_DENIED, UNAVAILABLE. */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;
