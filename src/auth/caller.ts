/** Who calls, and what it may see: where authentication enters the chain of a call. */
import type { Scope } from '../query/confine.js';

export interface Caller {
  /** What the caller may see of the domain that a request names; '' where it names none. Errors: AppError. */
  scope(domainId: string): Scope;
}

/** What a call says of its caller. */
export interface Credentials {
  /** The token, where one was sent. */
  readonly token: string | undefined;
  /** The rpc, by the name that permissions know: `inventory.Job.list`. */
  readonly permission: string;
}

/** Errors: AUTHENTICATE_FAILURE, PERMISSION_DENIED, UNAVAILABLE. */
export type Authenticate = (credentials: Credentials) => Promise<Caller>;
