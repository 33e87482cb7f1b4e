/**
 * google.protobuf Struct and Value to and from plain values (docs/query.md «Values», docs/architecture.md «Wire»). Decoded
 * objects are Maps: no prototype to pollute, and the order of keys is kept. Answers do not come this way: values.ts writes
 * them from stored values.
 */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { fail } from '../errors.js';

/** A decoded Value; a Struct is a PlainObject. */
export type Plain = null | boolean | number | string | PlainList | PlainObject;
export type PlainList = readonly Plain[];
export type PlainObject = ReadonlyMap<string, Plain>;

/** The nesting of lists and objects, in a request and in an answer. */
export const MAX_DEPTH = 32;

/** Tags (field number and wire type) of Value's members, of the only field of Struct and ListValue, and of an entry. */
export const TAG = {
  null: 8,
  number: 17,
  text: 26,
  bool: 32,
  object: 42,
  list: 50,
  item: 10,
  key: 10,
  value: 18,
} as const;

function deeper(depth: number): number {
  return depth < MAX_DEPTH
    ? depth + 1
    : fail('LIMIT_EXCEEDED', { limit: 'levels of a value', max: String(MAX_DEPTH) });
}

/** The offset of the end of the message of `length` bytes that starts here. */
const endOf = (reader: BinaryReader, length: number): number => reader.pos + length;

function skip(reader: BinaryReader, tag: number): void {
  reader.skip(tag & 7, tag >>> 3);
}

/** A Value so far: a second list or object merges with it. */
type Draft = null | boolean | number | string | Plain[] | Map<string, Plain>;

function decodeValue(reader: BinaryReader, end: number, depth: number, before: Draft = null): Draft {
  let value = before;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case TAG.null:
        reader.int32();
        value = null;
        break;
      case TAG.number:
        value = reader.double();
        break;
      case TAG.text:
        value = reader.string();
        break;
      case TAG.bool:
        value = reader.bool();
        break;
      case TAG.object:
        value = value instanceof Map ? value : new Map<string, Plain>();
        decodeFields(reader, endOf(reader, reader.uint32()), deeper(depth), value);
        break;
      case TAG.list:
        value = Array.isArray(value) ? value : [];
        decodeItems(reader, endOf(reader, reader.uint32()), deeper(depth), value);
        break;
      default:
        skip(reader, tag);
    }
  }
  return value;
}

function decodeItems(reader: BinaryReader, end: number, depth: number, into: Plain[]): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG.item) into.push(decodeValue(reader, endOf(reader, reader.uint32()), depth));
    else skip(reader, tag);
  }
}

function decodeFields(reader: BinaryReader, end: number, depth: number, into: Map<string, Plain>): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG.item) decodeEntry(reader, endOf(reader, reader.uint32()), depth, into);
    else skip(reader, tag);
  }
}

/** Decodes an entry; of entries with one name the last counts. */
function decodeEntry(reader: BinaryReader, end: number, depth: number, into: Map<string, Plain>): void {
  let key = '';
  let value: Draft = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === TAG.key) key = reader.string();
    else if (tag === TAG.value) value = decodeValue(reader, endOf(reader, reader.uint32()), depth, value);
    else skip(reader, tag);
  }
  into.set(key, value);
}

type Document = Readonly<Record<string, unknown>>;
type Entries = Iterable<readonly [string, unknown]>;

const entriesOf = (object: object): Entries => (object instanceof Map ? object : Object.entries(object));

/** Writes the members of a Value, given as JSON values, or Maps for objects. */
function writeValue(writer: BinaryWriter, value: unknown): void {
  if (typeof value === 'number') writer.uint32(TAG.number).double(value);
  else if (typeof value === 'string') writer.uint32(TAG.text).string(value);
  else if (typeof value === 'boolean') writer.uint32(TAG.bool).bool(value);
  else if (Array.isArray(value)) writeItems(writer, value);
  else if (typeof value === 'object' && value !== null) {
    writer.uint32(TAG.object).fork();
    writeFields(writer, entriesOf(value));
    writer.join();
  } else writer.uint32(TAG.null).int32(0);
}

function writeItems(writer: BinaryWriter, items: readonly unknown[]): void {
  writer.uint32(TAG.list).fork();
  for (const item of items) {
    writer.uint32(TAG.item).fork();
    writeValue(writer, item);
    writer.join();
  }
  writer.join();
}

function writeFields(writer: BinaryWriter, entries: Entries): void {
  for (const [key, value] of entries) {
    writer.uint32(TAG.item).fork();
    writer.uint32(TAG.key).string(key);
    writer.uint32(TAG.value).fork();
    writeValue(writer, value);
    writer.join().join();
  }
}

const readerOf = (input: BinaryReader | Uint8Array): BinaryReader =>
  input instanceof BinaryReader ? input : new BinaryReader(input);

const endIn = (reader: BinaryReader, length: number | undefined): number =>
  length === undefined ? reader.len : endOf(reader, length);

/** google.protobuf.Struct, as the generated stubs call for it. */
export const Struct = {
  wrap: (document: Document | undefined): Document => document ?? {},
  unwrap: (object: PlainObject): Record<string, unknown> => Object.fromEntries(object),
  encode(document: Document, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    writeFields(writer, entriesOf(document));
    return writer;
  },
  decode(input: BinaryReader | Uint8Array, length?: number): PlainObject {
    const reader = readerOf(input);
    const fields = new Map<string, Plain>();
    decodeFields(reader, endIn(reader, length), 1, fields);
    return fields;
  },
};

/** google.protobuf.Value, as the generated stubs call for it. */
export const Value = {
  wrap: (value: unknown): unknown => value,
  unwrap: (value: Plain): Plain => value,
  encode(value: unknown, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    writeValue(writer, value);
    return writer;
  },
  decode(input: BinaryReader | Uint8Array, length?: number): Plain {
    const reader = readerOf(input);
    return decodeValue(reader, endIn(reader, length), 0);
  },
};

/** The Value that a stub hands on as unknown; null where none was sent. */
export const sentValue = (value: unknown): Plain => (isPlain(value) ? value : null);

const isPlain = (value: unknown): value is Plain =>
  Array.isArray(value) || value instanceof Map || ['string', 'number', 'boolean'].includes(typeof value);
