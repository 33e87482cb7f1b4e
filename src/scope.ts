/** The part of the resources that a caller may see, and what a request asks of it (docs/architecture.md «Scope»). */

/** One domain, and in it, where `projects` is given, only the resources of those projects. */
export interface Scope {
  readonly domainId: string;
  readonly projects?: readonly string[];
}

/** The domain and project named by a request, under the contract's field names; '' if it names none. */
export interface RequestedScope {
  readonly domain_id: string;
  readonly project_id?: string;
}

/** Returns the part of the requested scope open to a caller. Errors: PERMISSION_DENIED, UNAUTHENTICATED, UNAVAILABLE. */
export type AskScope = (asked: RequestedScope) => Promise<Scope>;
