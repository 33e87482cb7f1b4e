/** The media type and the codings of a body, by its headers (docs/http.md «Headers»). */
import { MIMEType } from 'node:util';

const UTF8 = /^utf-?8$/i;

function parsed(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header);
  } catch {
    // The error says no more.
    return undefined;
  }
}

/** The media type in lower case, without its parameters; undefined for what is none, or has another charset than UTF-8. */
export function mediaType(header: string): string | undefined {
  const type = parsed(header);
  return UTF8.test(type?.params.get('charset') ?? 'utf-8') ? type?.essence : undefined;
}

/** Codings that leave a body as it is, or that Node has undone. */
const TRANSPARENT: ReadonlySet<string> = new Set(['', 'identity', 'chunked']);

/** The other codings in the headers `content-encoding` and `transfer-encoding`, in lower case. */
export const codings = (...headers: readonly string[]): readonly string[] =>
  headers
    .flatMap((header) => header.split(','))
    .map((coding) => coding.trim().toLowerCase())
    .filter((coding) => !TRANSPARENT.has(coding));
