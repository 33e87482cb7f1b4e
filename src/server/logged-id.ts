/** Ids of callers and domains in the log (docs/monitor.md «Log»). */

const ID = /^[\w.@+:-]{1,128}$/;

/** Answers `id` if it has the form of an id; any other text of a caller stays out of the log. */
export const loggedId = (id: string | undefined): string | undefined =>
  id !== undefined && ID.test(id) ? id : undefined;
