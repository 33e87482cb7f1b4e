/**
 * Merges messages that come twice in the bytes of a request: their fields merge, and the last of scalars and of the members
 * of a oneof counts (docs/query.md «Requests»). The stubs would take the last message for all.
 */
import type { DescField, DescMessage, DescOneof } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { isValue } from './descriptors.js';
import { Writer } from './writer.js';

/** The contents of the messages for one field, in order. */
type Parts = readonly Uint8Array[];

const lengthOf = (parts: Parts): number => parts.reduce((sum, { length }) => sum + length, 0);

interface Found {
  /** Undefined for a field unknown to the message. */
  readonly field: DescField | undefined;
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
}

/** Lists the fields of a message in `parts`. */
function* fieldsIn(message: DescMessage, parts: Parts): Generator<Found, void> {
  for (const bytes of parts) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < bytes.length) {
      const start = reader.pos;
      const [number, wireType] = reader.tag();
      const isBlock = wireType === WireType.LengthDelimited;
      const content = isBlock ? reader.bytes() : reader.skip(wireType, number);
      const field = message.fields.find((each) => each.number === number);
      yield { field, content, encoded: bytes.subarray(start, reader.pos) };
    }
  }
}

function writeField(writer: Writer, { number }: DescField, message: DescMessage, parts: Parts): void {
  writer.open((number << 3) | WireType.LengthDelimited, lengthOf(parts));
  writeMerged(writer, message, parts);
  writer.close();
}

function partsOf(single: Map<DescField, Uint8Array[]>, field: DescField): Uint8Array[] {
  const known = single.get(field) ?? [];
  single.set(field, known);
  return known;
}

/** Writes the message in `parts`, its own single messages after all else. */
function writeMerged(writer: Writer, message: DescMessage, parts: Parts): void {
  // Values merge as they are decoded.
  if (isValue(message)) {
    for (const part of parts) writer.raw(part);
    return;
  }
  const single = new Map<DescField, Uint8Array[]>();
  const chosen = new Map<DescOneof, DescField>();
  for (const { field, content, encoded } of fieldsIn(message, parts)) {
    const before = field?.oneof && chosen.get(field.oneof);
    if (before !== undefined && before !== field) single.delete(before);
    if (field?.oneof !== undefined) chosen.set(field.oneof, field);
    if (field?.fieldKind === 'message') partsOf(single, field).push(content);
    else if (field?.message !== undefined) writeField(writer, field, field.message, [content]);
    else writer.raw(encoded);
  }
  for (const [field, contents] of single)
    if (field.message !== undefined) writeField(writer, field, field.message, contents);
}

/** Merges the single messages in `bytes` of a `message`, so that each comes once. */
export function merged(message: DescMessage, bytes: Uint8Array): Uint8Array {
  const writer = new Writer(bytes.length);
  writeMerged(writer, message, [bytes]);
  return writer.written;
}
