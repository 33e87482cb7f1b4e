/** Finds malformed text in stored documents (docs/query.md «Text that is not UTF-8»). */
import { isUtf8 } from 'node:buffer';
import { isOwn } from '../query/model.js';
import type { Filter, RequestedFilter } from '../query/model.js';
import { probesForCondition } from '../query/condition.js';
import type { Condition } from '../query/condition.js';
import { operandAt } from '../mongo/stored.js';
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

/** The `_id` of a document: a key equal only for equal ids, and the value to send back to MongoDB. */
export function idOf(document: Buffer): readonly [key: string, id: unknown] {
  for (const each = new Elements(document, 0); each.next();)
    if (document.toString('latin1', each.name, each.nameEnd) === '_id')
      return [
        document.toString('latin1', each.value, each.end) + String(each.type),
        operandAt(document, each.type, each.value),
      ];
  return ['', null];
}

/** True for a condition that MongoDB cannot decide on malformed text. */
const isUndecidable = (condition: Condition): boolean => probesForCondition(condition).length > 0;

/** The conditions on jobs that every job must meet, and that MongoDB can decide. */
export const decidableOf = ({ all }: RequestedFilter): Filter => ({
  all: all.filter(isOwn).filter((condition) => !isUndecidable(condition)),
  any: [],
});
