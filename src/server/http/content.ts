/** Reads the media type and the codings of a body from its headers (docs/http.md «Headers»). */
import { MIMEType } from 'node:util';

const UTF8 = /^utf-?8$/i;

function parse(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header);
  } catch {
    // The error has no further information.
    return undefined;
  }
}

/** Answers the media type in lower case, without parameters; undefined if malformed, or with a charset other than UTF-8. */
export function mediaType(header: string): string | undefined {
  const type = parse(header);
  return UTF8.test(type?.params.get('charset') ?? 'utf-8') ? type?.essence : undefined;
}

/** Codings without effect on the body, or already decoded by Node. */
const TRANSPARENT: ReadonlySet<string> = new Set(['', 'identity', 'chunked']);

/** Answers the remaining codings in `content-encoding` and `transfer-encoding`, in lower case. */
export const codings = (...headers: readonly string[]): readonly string[] =>
  headers
    .flatMap((header) => header.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => !TRANSPARENT.has(coding));
