/**
 * Stored documents, as the bytes that MongoDB sends, to the bytes of the messages that show them: by the tables of
 * schema.ts (docs/architecture.md «Answers are bytes»). Any value may stand in any place: what does not fit its field
 * is shown as the field's default.
 */
import { WireType } from '@bufbuild/protobuf/wire';
import { BSON, dateAt, Elements, idAt, isEmpty, longAt, scalarAt, startsWith } from '../wire/bson.js';
import { writeFields } from '../wire/values.js';
import type { Writer } from '../wire/writer.js';
import type { Shape, ShownField } from './schema.js';

const MAX_INT32 = 2 ** 31 - 1;

const delimited = (number: number): number => (number << 3) | WireType.LengthDelimited;
const varint = (number: number): number => (number << 3) | WireType.Varint;

/** The messages of what documents refer to, by the 24 digits of the reference. */
export type Referred = ReadonlyMap<string, Uint8Array | undefined>;

/** Writes a field from the value of `type` that lies at `at`. */
type WriteField = (
  writer: Writer,
  bytes: Buffer,
  type: number,
  at: number,
  referred: Referred | undefined,
) => void;

/** A shown field by the bytes of its stored name. */
interface Named {
  readonly name: Buffer;
  readonly index: number;
}

/** How a message is written: its fields in order, and where each one is found in a document. */
export interface Layout {
  readonly fields: readonly WriteField[];
  readonly named: ReadonlyMap<number, readonly Named[]>;
}

/** Few names of a document share their length, their first and their last byte. */
const keyOf = (bytes: Buffer, start: number, end: number): number =>
  ((end - start) << 16) | ((bytes[start] ?? 0) << 8) | (bytes[end - 1] ?? 0);

/** The layout of the message whose `fields` are given. */
export function layoutOf(fields: readonly ShownField[]): Layout {
  const names = fields.map(({ stored }, index) => ({ name: Buffer.from(stored), index }));
  const named = new Map<number, readonly Named[]>();
  for (const each of names) {
    const key = keyOf(each.name, 0, each.name.length);
    named.set(key, [...(named.get(key) ?? []), each]);
  }
  return { named, fields: fields.map(({ number, as }) => writeFieldOf(number, as)) };
}

function indexOf(candidates: readonly Named[] | undefined, bytes: Buffer, name: number): number | undefined {
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) if (startsWith(bytes, name, candidate.name)) return candidate.index;
  return undefined;
}

/** Writes the fields of `layout` in their order; of two values of one name the last one counts. */
export function writeMessage(
  writer: Writer,
  { fields, named }: Layout,
  bytes: Buffer,
  at: number,
  referred?: Referred,
): void {
  const types = new Array<number>(fields.length).fill(BSON.undefined);
  const values = new Array<number>(fields.length).fill(0);
  for (const each = new Elements(bytes, at); each.next();) {
    const index = indexOf(named.get(keyOf(bytes, each.name, each.nameEnd)), bytes, each.name);
    if (index === undefined) continue;
    types[index] = each.type;
    values[index] = each.value;
  }
  for (const [i, write] of fields.entries()) {
    const type = types[i] ?? BSON.undefined;
    if (type !== BSON.undefined) write(writer, bytes, type, values[i] ?? 0, referred);
  }
}

/** Whether the value is a document with something in it; an empty one is shown like a missing one. */
const isFilled = (bytes: Buffer, type: number, at: number): boolean =>
  type === BSON.object && !isEmpty(bytes, at);

/** The nearest int32. */
export const toInt32 = (number: number): number =>
  Number.isNaN(number) ? 0 : Math.trunc(Math.min(Math.max(number, -MAX_INT32 - 1), MAX_INT32));

function int32At(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case BSON.int32:
      return bytes.readInt32LE(at);
    case BSON.int64:
      return toInt32(longAt(bytes, at));
    case BSON.double:
      return toInt32(bytes.readDoubleLE(at));
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

const LENGTH = 4;

const text =
  (tag: number): WriteField =>
  (writer, bytes, type, at) => {
    if (type !== BSON.string) {
      writeText(writer, tag, String(scalarAt(bytes, type, at) ?? ''));
      return;
    }
    const end = at + LENGTH + bytes.readInt32LE(at) - 1;
    if (end === at + LENGTH) return;
    writer.varint(tag);
    writer.textOf(bytes, at + LENGTH, end);
  };

/** How a field is written, by how it is shown. */
const WRITE: Readonly<Record<Extract<Shape, string>, (number: number) => WriteField>> = {
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

function composed(number: number, as: Exclude<Shape, string>): WriteField {
  if ('names' in as) {
    const numbers = new Map(Object.entries(as.names));
    return (writer, bytes, type, at) => {
      const found = type === BSON.string ? numbers.get(String(scalarAt(bytes, type, at))) : undefined;
      if (typeof found === 'number') writeInt32(writer, varint(number), found);
    };
  }
  if ('referred' in as)
    return (writer, bytes, type, at, referred) => {
      const message = type === BSON.objectId ? referred?.get(idAt(bytes, at)) : undefined;
      if (message === undefined) return;
      writer.varint(delimited(number));
      writer.block(message);
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

function writeFieldOf(number: number, as: Shape): WriteField {
  return typeof as === 'string' ? WRITE[as](number) : composed(number, as);
}
