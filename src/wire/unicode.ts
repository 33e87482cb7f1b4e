/** The encoding of JSON texts: UTF-8 and no other (docs/http.md «JSON»; RFC 8259, section 8.1). */
import { fail } from '../errors.js';

/** The first two bytes of UTF-16 and of UTF-32 that begin with a mark. */
const WIDE_MARKS = [0xfeff, 0xfffe];

/** True for UTF-16 and UTF-32: JSON begins with an ASCII character, with a NUL beside it in these encodings. */
function isWide([first = -1, second = -1]: Uint8Array): boolean {
  return first === 0 || second === 0 || WIDE_MARKS.includes((first << 8) | second);
}

/** Refuses UTF-16 and UTF-32 by name. Errors: INVALID_PARAMETER. */
export function refuseWide(sent: Uint8Array): void {
  if (isWide(sent))
    fail('INVALID_PARAMETER', { key: 'body', reason: 'it must be UTF-8, and is UTF-16 or UTF-32' });
}
