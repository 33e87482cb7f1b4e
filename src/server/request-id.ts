/** The request id, the name of a call in the log (docs/monitor.md «Log»). */
import { randomUUID } from 'node:crypto';

const REQUEST_ID = /^[\w.:-]{1,64}$/;

/** The metadata with a request id, the preferred first; services of SpaceONE send and log a transaction id. */
const NAMES = ['x-request-id', 'transaction_id'] as const;

/** Returns the request id in the metadata of a call, or a new one in place of none or of a malformed one. */
export const requestIdOf = (sent: (name: string) => string | undefined): string =>
  NAMES.map(sent).find((id) => id !== undefined && REQUEST_ID.test(id)) ?? randomUUID();
