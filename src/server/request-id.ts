/** The request id, the name of a call in the log (docs/monitor.md «Log»). */
import { randomUUID } from 'node:crypto';

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** Answers the request id that a client sent, or a new one in place of none or of a malformed one. */
export const requestIdOf = (sent: string | undefined): string =>
  sent !== undefined && REQUEST_ID.test(sent) ? sent : randomUUID();
