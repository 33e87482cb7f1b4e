/** Ids of callers and domains in the log; any other text of a caller stays out of it (docs/monitor.md «Log»). */

const USER = /^[\w.@+:-]{1,128}$/;
const DOMAIN = /^domain-[\w-]{1,64}$/;

const matching =
  (form: RegExp) =>
  (id: string | undefined): string | undefined =>
    id !== undefined && form.test(id) ? id : undefined;

/** Returns the id of a user in its usual form, and undefined for any other text. */
export const loggedUser = matching(USER);

/** Returns the id of a domain, `domain-…`, and undefined for any other text. */
export const loggedDomain = matching(DOMAIN);
