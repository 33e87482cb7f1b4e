/** Finds malformed text in stored documents (docs/query.md «Text that is not UTF-8»). */
import { isUtf8 } from 'node:buffer';
import { BSON, Elements, textEnd, textStart } from '../wire/bson.js';

const TEXTS: ReadonlySet<number> = new Set([BSON.string, BSON.symbol, BSON.code]);
const NESTED: ReadonlySet<number> = new Set([BSON.object, BSON.array]);

const textAt = (bytes: Buffer, offset: number): Buffer =>
  bytes.subarray(textStart(offset), textEnd(bytes, offset));

/** True for a document with a text or a name that is not UTF-8, at any depth. */
export function isMalformed(bytes: Buffer, offset = 0): boolean {
  for (const each = new Elements(bytes, offset); each.next();) {
    if (!isUtf8(bytes.subarray(each.name, each.nameEnd))) return true;
    if (NESTED.has(each.type) && isMalformed(bytes, each.value)) return true;
    if (TEXTS.has(each.type) && !isUtf8(textAt(bytes, each.value))) return true;
  }
  return false;
}
