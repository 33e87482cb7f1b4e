/**
 * BSON as it comes from MongoDB, read where it lies: elements of documents, and what their values are in a Struct
 * (docs/query.md «Values», docs/architecture.md «Answers are bytes»).
 */
import { Binary, Decimal128, UUID } from 'mongodb';
import type { Names } from './names.js';

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

/** Where the text that begins at `at` and ends with a NUL has that NUL. */
function endOfText(bytes: Buffer, at: number): number {
  let end = at;
  while (bytes[end] !== 0) if (++end >= bytes.length) throw new RangeError('BSON: a text has no end');
  return end;
}

const size = (bytes: Buffer, at: number): number => bytes.readInt32LE(at);

/** Bytes of the value of `type` that begins at `at`. */
function sizeOf(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case BSON.double:
    case BSON.date:
    case BSON.timestamp:
    case BSON.int64:
      return 8;
    case BSON.string:
    case BSON.code:
    case BSON.symbol:
      return 4 + size(bytes, at);
    case BSON.object:
    case BSON.array:
    case BSON.codeWithScope:
      return size(bytes, at);
    case BSON.bool:
      return 1;
    case BSON.int32:
      return 4;
    case BSON.objectId:
      return 12;
    case BSON.decimal128:
      return 16;
    case BSON.binary:
      return 5 + size(bytes, at);
    case BSON.dbPointer:
      return 4 + size(bytes, at) + 12;
    case BSON.regex:
      return endOfText(bytes, endOfText(bytes, at) + 1) + 1 - at;
    case BSON.undefined:
    case BSON.null:
    case BSON.minKey:
    case BSON.maxKey:
      return 0;
    default:
      throw new RangeError(`BSON: there is no type ${type}`);
  }
}

/** The elements of the document or list that begins at `start`, one after the other. */
export class Elements {
  type = 0;
  /** The name lies from `name` to before `nameEnd`, the value from `value` to before `end`. */
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

  /** Goes on to the next element; false where there is none. Errors: RangeError for what is no BSON. */
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

/** The 24 digits of the ObjectId at `at`. */
export const idAt = (bytes: Buffer, at: number): string => bytes.toString('hex', at, at + 12);

/** The 24 digits of the ObjectId that `document` has by the only name of `named`; undefined where there is none. */
export function idIn(document: Buffer, named: Names<unknown>): string | undefined {
  let found: string | undefined;
  for (const each = new Elements(document, 0); each.next();) {
    if (named(document, each.name, each.nameEnd) === undefined) continue;
    found = each.type === BSON.objectId ? idAt(document, each.value) : undefined;
  }
  return found;
}

/** Bytes of a document without elements. */
const EMPTY = 5;

/** Whether the document or list that begins at `at` has no elements. */
export const isEmpty = (bytes: Buffer, at: number): boolean => size(bytes, at) === EMPTY;

const HIGH = 2 ** 32;
const MAX_EXACT = 2n ** 53n;

/** The 64-bit integer at `at` as the nearest double. */
export const longAt = (bytes: Buffer, at: number): number =>
  bytes.readInt32LE(at + 4) * HIGH + bytes.readUInt32LE(at);

const MAX_DATE = 8.64e15;

/** The milliseconds since 1970 of the date at `at`; undefined beyond what JavaScript's Date holds. */
export function dateAt(bytes: Buffer, at: number): number | undefined {
  const milliseconds = longAt(bytes, at);
  return Math.abs(milliseconds) <= MAX_DATE ? milliseconds : undefined;
}

/** ISO 8601, UTC, milliseconds; what is no date of JavaScript's has no text. */
function dateText(bytes: Buffer, at: number): string {
  const milliseconds = dateAt(bytes, at);
  return milliseconds === undefined ? '' : new Date(milliseconds).toISOString();
}

/** Where the text of the string at `at` begins, behind its length, and ends, before its NUL. */
export const textStart = (at: number): number => at + 4;
export const textEnd = (bytes: Buffer, at: number): number => textStart(at) + size(bytes, at) - 1;

/** The text of the string at `at`; what is not UTF-8 in it is replaced. */
export const textFrom = (bytes: Buffer, at: number): string =>
  bytes.toString('utf8', textStart(at), textEnd(bytes, at));

const UUID_BYTES = 16;

/** A kind of binary data that nobody writes any more: it has its length a second time. */
const OLD_BINARY = 2;
const OLD_LENGTH = 4;

/** `data` of the old kind without its second length; where that is no such length, it is data too. */
const withoutLength = (data: Buffer): Buffer =>
  data.length >= OLD_LENGTH && size(data, 0) === data.length - OLD_LENGTH ? data.subarray(OLD_LENGTH) : data;

/** The binary data at `at`, and of which kind it is. */
export function binaryAt(bytes: Buffer, at: number): { readonly subtype: number; readonly data: Buffer } {
  const subtype = bytes[at + 4] ?? 0;
  const data = bytes.subarray(at + 5, at + 5 + size(bytes, at));
  return { subtype, data: subtype === OLD_BINARY ? withoutLength(data) : data };
}

function binaryText(bytes: Buffer, at: number): string {
  const { subtype, data } = binaryAt(bytes, at);
  const isUuid = subtype === Binary.SUBTYPE_UUID && data.length === UUID_BYTES;
  return isUuid ? new UUID(data).toHexString() : data.toString('base64');
}

/** The regular expression at `at`, its options in order; neither need be one that the driver or MongoDB can run. */
export function regexAt(bytes: Buffer, at: number): { readonly pattern: string; readonly options: string } {
  const patternEnd = endOfText(bytes, at);
  const options = bytes.toString('utf8', patternEnd + 1, endOfText(bytes, patternEnd + 1));
  return { pattern: bytes.toString('utf8', at, patternEnd), options: Array.from(options).sort().join('') };
}

function regexText(bytes: Buffer, at: number): string {
  const { pattern, options } = regexAt(bytes, at);
  return `/${pattern}/${options}`;
}

/** An integer that a double can carry, and otherwise its digits. */
const exactInteger = (long: bigint): number | string =>
  -MAX_EXACT <= long && long <= MAX_EXACT ? Number(long) : long.toString();

function double(bytes: Buffer, at: number): number | string {
  const number = bytes.readDoubleLE(at);
  return Number.isFinite(number) ? number : String(number);
}

/** The decimal number at `at`; any 16 bytes are one. */
export const decimalAt = (bytes: Buffer, at: number): Decimal128 =>
  new Decimal128(Buffer.from(bytes.subarray(at, at + 16)));

export type Scalar = null | boolean | number | string;

/** What a value that is neither a list nor an object is in a Struct; undefined for a list or an object. */
export function scalarAt(bytes: Buffer, type: number, at: number): Scalar | undefined {
  switch (type) {
    case BSON.object:
    case BSON.array:
    case BSON.dbPointer:
      return undefined;
    case BSON.double:
      return double(bytes, at);
    case BSON.string:
    case BSON.symbol:
    case BSON.code:
      return textFrom(bytes, at);
    case BSON.codeWithScope:
      return textFrom(bytes, at + 4);
    case BSON.binary:
      return binaryText(bytes, at);
    case BSON.objectId:
      return idAt(bytes, at);
    case BSON.bool:
      return bytes[at] === 1;
    case BSON.date:
      return dateText(bytes, at);
    case BSON.regex:
      return regexText(bytes, at);
    case BSON.int32:
      return bytes.readInt32LE(at);
    case BSON.int64:
      return exactInteger(bytes.readBigInt64LE(at));
    case BSON.timestamp:
      return exactInteger(bytes.readBigUInt64LE(at));
    case BSON.decimal128:
      return decimalAt(bytes, at).toString();
    case BSON.minKey:
      return 'MinKey';
    case BSON.maxKey:
      return 'MaxKey';
    default:
      return null;
  }
}

/** A reference of a deprecated kind, as the object that has replaced it. */
export const pointerAt = (bytes: Buffer, at: number): { readonly $ref: string; readonly $id: string } => {
  const id = at + 4 + size(bytes, at);
  return { $ref: textFrom(bytes, at), $id: idAt(bytes, id) };
};

/** Any value as JSON takes it. */
export function plainAt(bytes: Buffer, type: number, at: number): unknown {
  if (type === BSON.dbPointer) return pointerAt(bytes, at);
  if (type !== BSON.object && type !== BSON.array) return scalarAt(bytes, type, at);
  const entries: (readonly [string, unknown])[] = [];
  for (const each = new Elements(bytes, at); each.next();) {
    const name = bytes.toString('utf8', each.name, each.nameEnd);
    entries.push([name, plainAt(bytes, each.type, each.value)]);
  }
  return type === BSON.array ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}
