/**
 * How many messages and fields a request is made of, counted on its bytes before it is decoded: many empty ones are
 * cheap to send and dear to decode (docs/settings.md «Limits»).
 */
import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { limited } from '../errors.js';

const MAX_MESSAGES = 20_000;
/** Two lists of the longest, and what is around them: a value of a list is two fields, an entry of an object four. */
const MAX_FIELDS = 250_000;

/** What there is to count in a message: the messages inside it, by the numbers of their fields. */
interface Inside {
  /** 1 for a message of the query language; the parts of a Value are only fields. */
  readonly messages: 0 | 1;
  readonly fields: ReadonlyMap<number, Inside>;
}

const NOTHING: Inside = { messages: 0, fields: new Map() };

const part = (fields: Inside['fields']): Inside => ({ messages: 0, fields });

/** A Value has a Struct, whose entries have Values, or a list of Values. */
function insideValue(): Inside {
  const fields = new Map<number, Inside>();
  const value = part(fields);
  const entry = part(new Map([[2, value]]));
  fields.set(5, part(new Map([[1, entry]]))).set(6, part(new Map([[1, value]])));
  return value;
}

const VALUE = insideValue();

const known = new WeakMap<DescMessage, Inside>();

function inside(message: DescMessage): Inside {
  if (message.typeName === 'google.protobuf.Value') return VALUE;
  const found = known.get(message);
  if (found !== undefined) return found;
  const fields = message.fields.flatMap(({ number, message: inner }) =>
    inner === undefined ? [] : [[number, inside(inner)] as const],
  );
  const made: Inside = { messages: 1, fields: new Map(fields) };
  known.set(message, made);
  return made;
}

/** A message that is being read, up to before `end`; a group ends with a field of its own. */
interface Open {
  readonly within: Inside;
  readonly end: number;
}

/** Reads one field of the last message that is open; what is inside it comes next. Answers how many messages began. */
function read(reader: BinaryReader, open: Open[], { within, end }: Open): number {
  const [number, type] = reader.tag();
  const inner = type === WireType.LengthDelimited ? within.fields.get(number) : undefined;
  if (inner !== undefined) {
    const length = reader.uint32();
    open.push({ within: inner, end: reader.pos + length });
    return inner.messages;
  }
  if (type === WireType.StartGroup) open.push({ within: NOTHING, end });
  else if (type === WireType.EndGroup) open.pop();
  else reader.skip(type, number);
  return 0;
}

/**
 * Refuses a request of too many messages or fields. However deep they lie, this takes no more of the stack.
 * Errors: LIMIT_EXCEEDED; RangeError and others for bytes that are no message.
 */
export function limitParts(message: DescMessage, bytes: Uint8Array): void {
  const reader = new BinaryReader(bytes);
  const open: Open[] = [{ within: inside(message), end: bytes.length }];
  let messages = 0;
  let fields = 0;
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    if (reader.pos >= last.end) {
      open.pop();
      continue;
    }
    messages += read(reader, open, last);
    fields += 1;
    limited(messages, MAX_MESSAGES, 'messages inside a request', 'request');
    limited(fields, MAX_FIELDS, 'fields of a request', 'request');
  }
}
