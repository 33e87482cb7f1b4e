/** The request id of a call, which names it in the log (docs/operations.md «Log»). */
import { randomUUID } from 'node:crypto';

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Answers the request id that a client sent, or a new one in place of none or of a malformed one. */
export const requestIdOf = (sent: string | undefined): string =>
  sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();
