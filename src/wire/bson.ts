/**
 * Reads BSON in place: elements of documents, and the form of their values in a Struct (docs/query.md «Values»,
 * docs/architecture.md «Answers are bytes»).
 */
import { Binary, Decimal128, UUID } from 'mongodb';
import { nameTableOf } from './names.js';
import type { NameTable } from './names.js';

/** The types of BSON values, by their numbers in the BSON specification. */
export const BSON = {
  double: 0x01,
  string: 0x02,
  object: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  bool: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal128: 0x13,
  maxKey: 0x7f,
  minKey: 0xff,
} as const;

/** The offset of the NUL at the end of the text at `offset`. */
function endOfText(bytes: Buffer, offset: number): number {
  let end = offset;
  while (bytes[end] !== 0) if (++end >= bytes.length) throw new RangeError('BSON: a text has no end');
  return end;
}

const size = (bytes: Buffer, offset: number): number => bytes.readInt32LE(offset);

/** The bytes of the value of `type` at `offset`. */
function sizeOf(bytes: Buffer, type: number, offset: number): number {
  switch (type) {
    case BSON.double:
    case BSON.date:
    case BSON.timestamp:
    case BSON.int64:
      return 8;
    case BSON.string:
    case BSON.code:
    case BSON.symbol:
      return 4 + size(bytes, offset);
    case BSON.object:
    case BSON.array:
    case BSON.codeWithScope:
      return size(bytes, offset);
    case BSON.bool:
      return 1;
    case BSON.int32:
      return 4;
    case BSON.objectId:
      return 12;
    case BSON.decimal128:
      return 16;
    case BSON.binary:
      return 5 + size(bytes, offset);
    case BSON.dbPointer:
      return 4 + size(bytes, offset) + 12;
    case BSON.regex:
      return endOfText(bytes, endOfText(bytes, offset) + 1) + 1 - offset;
    case BSON.undefined:
    case BSON.null:
    case BSON.minKey:
    case BSON.maxKey:
      return 0;
    default:
      throw new RangeError(`BSON: there is no type ${type}`);
  }
}

/** Iterates over the elements of the document or list at `start`. */
export class Elements {
  type = 0;
  /** The name takes the bytes from `name` to before `nameEnd`, the value those from `value` to before `end`. */
  name = 0;
  nameEnd = 0;
  value = 0;
  end: number;

  constructor(
    readonly bytes: Buffer,
    start: number,
  ) {
    this.end = start + 4;
  }

  /** Moves to the next element; false where there is none. Errors: RangeError for bytes other than BSON. */
  next(): boolean {
    const { bytes, end } = this;
    this.type = bytes[end] ?? 0;
    if (this.type === 0) return false;
    this.name = end + 1;
    this.nameEnd = endOfText(bytes, this.name);
    this.value = this.nameEnd + 1;
    this.end = this.value + sizeOf(bytes, this.type, this.value);
    return true;
  }
}

/** The 24 digits of the ObjectId at `offset`. */
export const idAt = (bytes: Buffer, offset: number): string => bytes.toString('hex', offset, offset + 12);

/** The 24 digits of the ObjectId of `document` under the only name of `named`; undefined where there is none. */
export function idIn(document: Buffer, named: NameTable<unknown>): string | undefined {
  let found: string | undefined;
  for (const each = new Elements(document, 0); each.next();) {
    if (named(document, each.name, each.nameEnd) === undefined) continue;
    found = each.type === BSON.objectId ? idAt(document, each.value) : undefined;
  }
  return found;
}

const ID = nameTableOf([['_id', '_id']]);

/** The 24 digits of the `_id` of `document`; undefined where it is no ObjectId. */
export const documentIdOf = (document: Buffer): string | undefined => idIn(document, ID);

/** The element `_id` of `document`; undefined where there is none. */
export function idElementOf(document: Buffer): Elements | undefined {
  for (const each = new Elements(document, 0); each.next();)
    if (ID(document, each.name, each.nameEnd) !== undefined) return each;
  return undefined;
}

/** A text equal only for equal `_id`s, types included. */
export function idKeyOf(document: Buffer): string {
  const id = idElementOf(document);
  return id === undefined ? '' : document.toString('latin1', id.value, id.end) + String(id.type);
}

/** Bytes of a document without elements. */
const EMPTY = 5;

/** True for a document or list at `offset` without elements. */
export const isEmpty = (bytes: Buffer, offset: number): boolean => size(bytes, offset) === EMPTY;

const HIGH = 2 ** 32;
const MAX_EXACT = 2n ** 53n;

/** The 64-bit integer at `offset` as the nearest double. */
export const longAt = (bytes: Buffer, offset: number): number =>
  bytes.readInt32LE(offset + 4) * HIGH + bytes.readUInt32LE(offset);

const MAX_DATE = 8.64e15;

/** The milliseconds since 1970 of the date at `offset`; undefined beyond the range of JavaScript's Date. */
export function dateAt(bytes: Buffer, offset: number): number | undefined {
  const milliseconds = longAt(bytes, offset);
  return Math.abs(milliseconds) <= MAX_DATE ? milliseconds : undefined;
}

/** ISO 8601, UTC, milliseconds; a date beyond the range of JavaScript's has no text. */
function dateText(bytes: Buffer, offset: number): string {
  const milliseconds = dateAt(bytes, offset);
  return milliseconds === undefined ? '' : new Date(milliseconds).toISOString();
}

/** The offsets of a string's text: its start behind the length, its end before the NUL. */
export const textStart = (offset: number): number => offset + 4;
export const textEnd = (bytes: Buffer, offset: number): number => textStart(offset) + size(bytes, offset) - 1;

/** The text of the string at `offset`; U+FFFD replaces bytes other than UTF-8. */
export const textFrom = (bytes: Buffer, offset: number): string =>
  bytes.toString('utf8', textStart(offset), textEnd(bytes, offset));

const UUID_BYTES = 16;

/** A kind of binary data with its length a second time; nobody writes it any more. */
const OLD_BINARY = 2;
const OLD_LENGTH = 4;

/** Drops the second length of `data` of the old kind; anything but that length is data too. */
const withoutLength = (data: Buffer): Buffer =>
  data.length >= OLD_LENGTH && size(data, 0) === data.length - OLD_LENGTH ? data.subarray(OLD_LENGTH) : data;

/** The binary data at `offset`, with its kind. */
export function binaryAt(bytes: Buffer, offset: number): { readonly subtype: number; readonly data: Buffer } {
  const subtype = bytes[offset + 4] ?? 0;
  const data = bytes.subarray(offset + 5, offset + 5 + size(bytes, offset));
  return { subtype, data: subtype === OLD_BINARY ? withoutLength(data) : data };
}

function binaryText(bytes: Buffer, offset: number): string {
  const { subtype, data } = binaryAt(bytes, offset);
  const isUuid = subtype === Binary.SUBTYPE_UUID && data.length === UUID_BYTES;
  return isUuid ? new UUID(data).toHexString() : data.toString('base64');
}

/** The regular expression at `offset`, its options in order; the driver or MongoDB need not be able to run it. */
export function regexAt(
  bytes: Buffer,
  offset: number,
): { readonly pattern: string; readonly options: string } {
  const patternEnd = endOfText(bytes, offset);
  const options = bytes.toString('utf8', patternEnd + 1, endOfText(bytes, patternEnd + 1));
  return {
    pattern: bytes.toString('utf8', offset, patternEnd),
    options: Array.from(options).sort().join(''),
  };
}

function regexText(bytes: Buffer, offset: number): string {
  const { pattern, options } = regexAt(bytes, offset);
  return `/${pattern}/${options}`;
}

/** An integer that a double can carry, and otherwise its digits. */
const exactInteger = (long: bigint): number | string =>
  -MAX_EXACT <= long && long <= MAX_EXACT ? Number(long) : long.toString();

function double(bytes: Buffer, offset: number): number | string {
  const number = bytes.readDoubleLE(offset);
  return Number.isFinite(number) ? number : String(number);
}

/** The decimal number at `offset`; any 16 bytes are one. */
export const decimalAt = (bytes: Buffer, offset: number): Decimal128 =>
  new Decimal128(Buffer.from(bytes.subarray(offset, offset + 16)));

export type Scalar = null | boolean | number | string;

/** The form of a scalar value in a Struct; undefined for a list or an object. */
export function scalarAt(bytes: Buffer, type: number, offset: number): Scalar | undefined {
  switch (type) {
    case BSON.object:
    case BSON.array:
    case BSON.dbPointer:
      return undefined;
    case BSON.double:
      return double(bytes, offset);
    case BSON.string:
    case BSON.symbol:
    case BSON.code:
      return textFrom(bytes, offset);
    case BSON.codeWithScope:
      return textFrom(bytes, offset + 4);
    case BSON.binary:
      return binaryText(bytes, offset);
    case BSON.objectId:
      return idAt(bytes, offset);
    case BSON.bool:
      return bytes[offset] === 1;
    case BSON.date:
      return dateText(bytes, offset);
    case BSON.regex:
      return regexText(bytes, offset);
    case BSON.int32:
      return bytes.readInt32LE(offset);
    case BSON.int64:
      return exactInteger(bytes.readBigInt64LE(offset));
    case BSON.timestamp:
      return exactInteger(bytes.readBigUInt64LE(offset));
    case BSON.decimal128:
      return decimalAt(bytes, offset).toString();
    case BSON.minKey:
      return 'MinKey';
    case BSON.maxKey:
      return 'MaxKey';
    default:
      return null;
  }
}

/** A DBPointer, a deprecated kind of reference, as the object in its place today. */
export const pointerAt = (bytes: Buffer, offset: number): { readonly $ref: string; readonly $id: string } => {
  const id = offset + 4 + size(bytes, offset);
  return { $ref: textFrom(bytes, offset), $id: idAt(bytes, id) };
};

/** Any value in the form of JSON. */
export function plainAt(bytes: Buffer, type: number, offset: number): unknown {
  if (type === BSON.dbPointer) return pointerAt(bytes, offset);
  if (type !== BSON.object && type !== BSON.array) return scalarAt(bytes, type, offset);
  const entries: (readonly [string, unknown])[] = [];
  for (const each = new Elements(bytes, offset); each.next();) {
    const name = bytes.toString('utf8', each.name, each.nameEnd);
    entries.push([name, plainAt(bytes, each.type, each.value)]);
  }
  return type === BSON.array ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
