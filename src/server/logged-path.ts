/** Filters the paths of faulty fields for the log (docs/monitor.md «Log»). */
import type { DescMessage } from '@bufbuild/protobuf';
import { JOB_SERVICE } from '../wire/descriptors.js';
import { PROTOCOL_HEADERS } from './headers.js';

function collect(message: DescMessage, into: Set<string>, seen: Set<DescMessage>): void {
  if (seen.has(message)) return;
  seen.add(message);
  for (const field of message.fields) {
    into.add(field.name);
    if (field.message !== undefined) collect(field.message, into, seen);
  }
}

/** Returns the field names of the contract's requests, and the headers of calls. */
function knownNames(): ReadonlySet<string> {
  const names = new Set(['body', 'request', ...PROTOCOL_HEADERS]);
  const seen = new Set<DescMessage>();
  for (const { input } of JOB_SERVICE.methods) collect(input, names, seen);
  return names;
}

const NAMES = knownNames();

/** Returns `path`; undefined if a segment is a name made up by the client. */
export const loggedPath = (path: string | undefined): string | undefined =>
  path?.split('.').every((segment) => NAMES.has(segment.replace(/\[\d+\]$/, ''))) === true ? path : undefined;
