/**
 * google.protobuf Struct and Value to and from plain values (docs/query.md «Values», docs/architecture.md «Wire»).
 * On the way in objects are Maps: no prototype to pollute, and the order of keys is kept. On the way out it takes
 * whatever MongoDB's driver decodes, and writes as text what a Struct cannot carry.
 */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  Binary,
  BSONRegExp,
  Code,
  DBRef,
  Decimal128,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { fail } from '../errors.js';

/** A decoded Value; a Struct is a PlainObject. */
export type Plain = null | boolean | number | string | PlainList | PlainObject;
export type PlainList = readonly Plain[];
export type PlainObject = ReadonlyMap<string, Plain>;

/** How many lists and objects may lie inside each other, in a request and in an answer. */
export const MAX_DEPTH = 32;

/** Tags (field number and wire type) of Value's members, and of the only field of Struct and ListValue. */
const NULL = 8;
const NUMBER = 17;
const TEXT = 26;
const BOOL = 32;
const OBJECT = 42;
const LIST = 50;
const ITEM = 10;
const KEY = 10;
const VALUE = 18;

function deeper(depth: number): number {
  return depth < MAX_DEPTH
    ? depth + 1
    : fail('LIMIT_EXCEEDED', { limit: 'levels of a value', max: String(MAX_DEPTH) });
}

/** Where the message of `length` bytes that starts here ends. */
const endOf = (reader: BinaryReader, length: number): number => reader.pos + length;

function skip(reader: BinaryReader, tag: number): void {
  reader.skip(tag & 7, tag >>> 3);
}

function decodeValue(reader: BinaryReader, end: number, depth: number): Plain {
  let value: Plain = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    switch (tag) {
      case NULL:
        reader.int32();
        value = null;
        break;
      case NUMBER:
        value = reader.double();
        break;
      case TEXT:
        value = reader.string();
        break;
      case BOOL:
        value = reader.bool();
        break;
      case OBJECT:
        value = decodeObject(reader, endOf(reader, reader.uint32()), deeper(depth));
        break;
      case LIST:
        value = decodeList(reader, endOf(reader, reader.uint32()), deeper(depth));
        break;
      default:
        skip(reader, tag);
    }
  }
  return value;
}

function decodeList(reader: BinaryReader, end: number, depth: number): PlainList {
  const items: Plain[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ITEM) items.push(decodeValue(reader, endOf(reader, reader.uint32()), depth));
    else skip(reader, tag);
  }
  return items;
}

function decodeObject(reader: BinaryReader, end: number, depth: number): PlainObject {
  const entries = new Map<string, Plain>();
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ITEM) decodeEntry(reader, endOf(reader, reader.uint32()), depth, entries);
    else skip(reader, tag);
  }
  return entries;
}

function decodeEntry(reader: BinaryReader, end: number, depth: number, into: Map<string, Plain>): void {
  let key = '';
  let value: Plain = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === KEY) key = reader.string();
    else if (tag === VALUE) value = decodeValue(reader, endOf(reader, reader.uint32()), depth);
    else skip(reader, tag);
  }
  into.set(key, value);
}

/** ISO 8601, UTC, milliseconds; a date beyond what JavaScript's Date holds has no text. */
export function isoDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

const UUID_BYTES = 16;

const binaryText = (binary: Binary): string =>
  binary.sub_type === Binary.SUBTYPE_UUID && binary.length() === UUID_BYTES
    ? binary.toUUID().toHexString()
    : binary.toString('base64');

/** What a stored value that is neither a list nor an object is in a Struct; undefined for a list or an object. */
function scalarOf(stored: unknown): null | boolean | number | string | undefined {
  if (stored === null || stored === undefined) return null;
  if (typeof stored === 'number') return Number.isFinite(stored) ? stored : String(stored);
  if (typeof stored === 'string' || typeof stored === 'boolean') return stored;
  if (stored instanceof Date) return isoDate(stored);
  if (stored instanceof Long)
    return Number.isSafeInteger(stored.toNumber()) ? stored.toNumber() : stored.toString();
  if (stored instanceof Binary) return binaryText(stored);
  if (stored instanceof BSONRegExp) return `/${stored.pattern}/${stored.options}`;
  if (stored instanceof Code) return stored.code;
  if (stored instanceof MinKey || stored instanceof MaxKey) return stored._bsontype;
  if (stored instanceof ObjectId) return stored.toHexString();
  if (stored instanceof Decimal128) return stored.toString();
  if (stored instanceof Timestamp) return stored.toBigInt().toString();
  return undefined;
}

/** The text of a stored scalar for a string field; '' for null, a list or an object. */
export function textOf(stored: unknown): string {
  const scalar = scalarOf(stored);
  return scalar === null || scalar === undefined ? '' : String(scalar);
}

type Entries = readonly (readonly [string, unknown])[];

function entriesOf(stored: unknown): Entries {
  if (stored instanceof DBRef) return Object.entries(stored.toJSON());
  if (stored instanceof Map) return [...(stored as ReadonlyMap<string, unknown>)];
  return typeof stored === 'object' && stored !== null ? Object.entries(stored) : [];
}

const isList = (stored: unknown): stored is readonly unknown[] => Array.isArray(stored);

function jsonReady(stored: unknown): unknown {
  const scalar = scalarOf(stored);
  if (scalar !== undefined) return scalar;
  if (isList(stored)) return stored.map(jsonReady);
  return Object.fromEntries(entriesOf(stored).map(([key, value]) => [key, jsonReady(value)]));
}

function writeScalar(writer: BinaryWriter, scalar: null | boolean | number | string): void {
  if (scalar === null) writer.uint32(NULL).int32(0);
  else if (typeof scalar === 'number') writer.uint32(NUMBER).double(scalar);
  else if (typeof scalar === 'boolean') writer.uint32(BOOL).bool(scalar);
  else writer.uint32(TEXT).string(scalar);
}

/** Writes a Value's members; lists and objects below MAX_DEPTH come as compact JSON text. */
function writeValue(writer: BinaryWriter, stored: unknown, depth: number): void {
  const scalar = scalarOf(stored);
  if (scalar !== undefined) {
    writeScalar(writer, scalar);
    return;
  }
  if (depth >= MAX_DEPTH) {
    writeScalar(writer, JSON.stringify(jsonReady(stored)));
    return;
  }
  if (isList(stored)) {
    writer.uint32(LIST).fork();
    for (const item of stored) {
      writer.uint32(ITEM).fork();
      writeValue(writer, item, depth + 1);
      writer.join();
    }
    writer.join();
    return;
  }
  writer.uint32(OBJECT).fork();
  writeFields(writer, entriesOf(stored), depth + 1);
  writer.join();
}

function writeFields(writer: BinaryWriter, entries: Entries, depth: number): void {
  for (const [key, value] of entries) {
    writer.uint32(ITEM).fork();
    writer.uint32(KEY).string(key);
    writer.uint32(VALUE).fork();
    writeValue(writer, value, depth);
    writer.join().join();
  }
}

type Document = Readonly<Record<string, unknown>>;

const readerOf = (input: BinaryReader | Uint8Array): BinaryReader =>
  input instanceof BinaryReader ? input : new BinaryReader(input);

const endIn = (reader: BinaryReader, length: number | undefined): number =>
  length === undefined ? reader.len : endOf(reader, length);

/** google.protobuf.Struct, as the generated stubs call for it; `encode` takes a stored document. */
export const Struct = {
  wrap: (document: Document | undefined): Document => document ?? {},
  unwrap: (object: PlainObject): Record<string, unknown> => Object.fromEntries(object),
  encode(document: Document, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    writeFields(writer, entriesOf(document), 1);
    return writer;
  },
  decode(input: BinaryReader | Uint8Array, length?: number): PlainObject {
    const reader = readerOf(input);
    return decodeObject(reader, endIn(reader, length), 1);
  },
};

/** google.protobuf.Value, as the generated stubs call for it. */
export const Value = {
  wrap: (value: unknown): unknown => value,
  unwrap: (value: Plain): Plain => value,
  encode(value: unknown, writer: BinaryWriter = new BinaryWriter()): BinaryWriter {
    writeValue(writer, value, 0);
    return writer;
  },
  decode(input: BinaryReader | Uint8Array, length?: number): Plain {
    const reader = readerOf(input);
    return decodeValue(reader, endIn(reader, length), 0);
  },
};

/** One item of a ListValue, tag included, that lies `depth` levels deep in its answer. */
export function encodeItem(value: unknown, depth: number): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(ITEM).fork();
  writeValue(writer, value, depth);
  return writer.join().finish();
}

/** A Struct of `rest`, and of a list by the name `list` whose items are encoded already. */
export function encodeWithList(list: string, items: readonly Uint8Array[], rest: Document): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(ITEM).fork().uint32(KEY).string(list).uint32(VALUE).fork().uint32(LIST).fork();
  for (const item of items) writer.raw(item);
  writer.join().join().join();
  return Struct.encode(rest, writer).finish();
}

/** The Value that a stub hands on as unknown; null where none was sent. */
export const sentValue = (value: unknown): Plain => (isPlain(value) ? value : null);

const isPlain = (value: unknown): value is Plain =>
  Array.isArray(value) || value instanceof Map || ['string', 'number', 'boolean'].includes(typeof value);
