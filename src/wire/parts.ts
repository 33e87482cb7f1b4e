/**
 * How many messages a request is made of, counted on its bytes before it is decoded: many empty ones are cheap to send
 * and dear to decode (docs/settings.md «Limits»). Structs and Values do not count, they have limits of their own.
 */
import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fail } from '../errors.js';

const MAX_PARTS = 20_000;

type Nested = ReadonlyMap<number, DescMessage>;
const known = new WeakMap<DescMessage, Nested>();

const counts = (message: DescMessage): boolean => !message.typeName.startsWith('google.protobuf.');

/** The message fields of `message` by number. */
function nestedIn(message: DescMessage): Nested {
  const found = known.get(message);
  if (found !== undefined) return found;
  const fields = message.fields.flatMap(({ number, message: inner }) =>
    inner !== undefined && counts(inner) ? [[number, inner] as const] : [],
  );
  const nested = new Map(fields);
  known.set(message, nested);
  return nested;
}

function count(reader: BinaryReader, end: number, message: DescMessage, parts: number): number {
  const nested = nestedIn(message);
  while (reader.pos < end) {
    const [number, type] = reader.tag();
    const inner = type === WireType.LengthDelimited ? nested.get(number) : undefined;
    if (inner === undefined) {
      reader.skip(type, number);
      continue;
    }
    if (parts >= MAX_PARTS)
      fail('LIMIT_EXCEEDED', { limit: 'messages inside a request', max: String(MAX_PARTS) });
    const length = reader.uint32();
    parts = count(reader, reader.pos + length, inner, parts + 1);
  }
  return parts;
}

/** Refuses a request of too many messages. Errors: LIMIT_EXCEEDED; RangeError for bytes that are no message. */
export function limitParts(message: DescMessage, bytes: Uint8Array): void {
  count(new BinaryReader(bytes), bytes.length, message, 0);
}
