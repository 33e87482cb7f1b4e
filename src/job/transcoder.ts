/**
 * Transcodes stored documents from BSON to protobuf by the tables of schema.ts (docs/architecture.md «Answers are bytes»).
 * Any value may be stored in any field: one of the wrong type is shown as the default of its field.
 */
import { INT32_MAX, INT32_MIN, WireType } from '@bufbuild/protobuf/wire';
import {
  BSON,
  dateAt,
  decimalAt,
  Elements,
  isEmpty,
  longAt,
  scalarAt,
  textEnd,
  textStart,
} from '../wire/bson.js';
import { nameTableOf } from '../wire/names.js';
import type { NameTable } from '../wire/names.js';
import { writeFields } from '../wire/values.js';
import { Writer } from '../wire/writer.js';
import type { FieldKind, ShownField } from './schema.js';

const delimited = (number: number): number => (number << 3) | WireType.LengthDelimited;
const varint = (number: number): number => (number << 3) | WireType.Varint;

/** CollectorInfo of the collector of a job; undefined: the job has none. */
export type CollectorInfoBytes = Uint8Array | undefined;

/** Writes a field from the value of `type` at the offset `at`. */
type WriteField = (
  writer: Writer,
  bytes: Buffer,
  type: number,
  at: number,
  referred: CollectorInfoBytes,
) => void;

/** The layout of a message: its fields in order, and the place of each by its stored name. */
export interface Layout {
  readonly fields: readonly WriteField[];
  readonly places: NameTable<number>;
}

/** The layout of a message with these fields. */
export const layoutOf = (fields: readonly ShownField[]): Layout => ({
  fields: fields.map(({ number, as }) => writeFieldOf(number, as)),
  places: nameTableOf(fields.map(({ stored }, place) => [stored, place])),
});

/** Writes the fields of `layout` in their order; the last of several values of one name counts. */
export function writeMessage(
  writer: Writer,
  { fields, places }: Layout,
  bytes: Buffer,
  at: number,
  referred?: CollectorInfoBytes,
): void {
  const types = new Array<number>(fields.length).fill(BSON.undefined);
  const values = new Array<number>(fields.length).fill(0);
  for (const each = new Elements(bytes, at); each.next();) {
    const place = places(bytes, each.name, each.nameEnd);
    if (place === undefined) continue;
    types[place] = each.type;
    values[place] = each.value;
  }
  let place = 0;
  for (const write of fields) {
    const type = types[place] ?? BSON.undefined;
    if (type !== BSON.undefined) write(writer, bytes, type, values[place] ?? 0, referred);
    place++;
  }
}

/** Bytes of a message for each stored byte, rarely more. */
export const GROWTH = 1.5;

/** A message of its own with the fields of `layout`. */
export function messageOf(layout: Layout, document: Buffer, referred?: CollectorInfoBytes): Uint8Array {
  const writer = new Writer(document.length * GROWTH);
  writeMessage(writer, layout, document, 0, referred);
  return writer.written;
}

/** True for a document with fields; an empty one is shown like a missing one. */
const isFilled = (bytes: Buffer, type: number, at: number): boolean =>
  type === BSON.object && !isEmpty(bytes, at);

/** The nearest int32. */
export const toInt32 = (number: number): number =>
  Number.isNaN(number) ? 0 : Math.trunc(Math.min(Math.max(number, INT32_MIN), INT32_MAX));

function int32At(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case BSON.int32:
      return bytes.readInt32LE(at);
    case BSON.int64:
      return toInt32(longAt(bytes, at));
    case BSON.double:
      return toInt32(bytes.readDoubleLE(at));
    case BSON.decimal128:
      return toInt32(Number(decimalAt(bytes, at).toString()));
    case BSON.timestamp:
      return toInt32(Number(bytes.readBigUInt64LE(at)));
    default:
      return 0;
  }
}

function writeInt32(writer: Writer, tag: number, value: number): void {
  if (value === 0) return;
  writer.varint(tag);
  writer.int32(value);
}

function writeText(writer: Writer, tag: number, text: string): void {
  if (text === '') return;
  writer.varint(tag);
  writer.text(text);
}

const text =
  (tag: number): WriteField =>
  (writer, bytes, type, at) => {
    if (type !== BSON.string) {
      writeText(writer, tag, String(scalarAt(bytes, type, at) ?? ''));
      return;
    }
    const end = textEnd(bytes, at);
    if (end === textStart(at)) return;
    writer.varint(tag);
    writer.textOf(bytes, textStart(at), end);
  };

/** Writers of a field by its kind. */
const WRITE: Readonly<Record<Extract<FieldKind, string>, (number: number) => WriteField>> = {
  text: (number) => text(delimited(number)),
  date: (number) => {
    const otherwise = text(delimited(number));
    return (writer, bytes, type, at, referred) => {
      const date = type === BSON.date ? dateAt(bytes, at) : undefined;
      if (date === undefined) {
        otherwise(writer, bytes, type, at, referred);
        return;
      }
      writer.varint(delimited(number));
      writer.date(date);
    };
  },
  number: (number) => (writer, bytes, type, at) => {
    writeInt32(writer, varint(number), int32At(bytes, type, at));
  },
  bool: (number) => (writer, bytes, type, at) => {
    if (type !== BSON.bool || bytes[at] !== 1) return;
    writer.varint(varint(number));
    writer.byte(1);
  },
  struct: (number) => (writer, bytes, type, at) => {
    if (!isFilled(bytes, type, at)) return;
    writer.open(delimited(number), bytes.readInt32LE(at));
    writeFields(writer, bytes, at, 1);
    writer.close();
  },
};

function nested(writer: Writer, number: number, layout: Layout, bytes: Buffer, at: number): void {
  writer.open(delimited(number), bytes.readInt32LE(at));
  writeMessage(writer, layout, bytes, at);
  writer.close();
}

function composed(number: number, as: Exclude<FieldKind, string>): WriteField {
  if ('names' in as) {
    const numbers = nameTableOf(Object.entries(as.names));
    return (writer, bytes, type, at) => {
      const found = type === BSON.string ? numbers(bytes, textStart(at), textEnd(bytes, at)) : undefined;
      if (typeof found === 'number') writeInt32(writer, varint(number), found);
    };
  }
  if ('referred' in as)
    return (writer, _bytes, type, _at, referred) => {
      if (type !== BSON.objectId || referred === undefined) return;
      writer.varint(delimited(number));
      writer.block(referred);
    };
  if ('message' in as) {
    const layout = layoutOf(as.message);
    return (writer, bytes, type, at) => {
      if (isFilled(bytes, type, at)) nested(writer, number, layout, bytes, at);
    };
  }
  const layout = layoutOf(as.messages);
  return (writer, bytes, type, at) => {
    if (type !== BSON.array) return;
    for (const each = new Elements(bytes, at); each.next();)
      if (each.type === BSON.object) nested(writer, number, layout, bytes, each.value);
  };
}

function writeFieldOf(number: number, as: FieldKind): WriteField {
  return typeof as === 'string' ? WRITE[as](number) : composed(number, as);
}
