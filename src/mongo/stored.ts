/** Converts stored values to values that the driver sends back to MongoDB: any stored value passes, and none is lost. */
import { Binary, BSONRegExp, Code, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import {
  binaryAt,
  BSON,
  dateAt,
  decimalAt,
  Elements,
  idAt,
  idElementOf,
  longAt,
  pointerAt,
  regexAt,
  scalarAt,
  textFrom,
} from '../wire/bson.js';

type Convert = (bytes: Buffer, offset: number) => unknown;

/** Converts a date. One beyond the range of JavaScript is an invalid Date with the stored milliseconds. */
function operandDate(bytes: Buffer, offset: number): Date {
  const milliseconds = dateAt(bytes, offset);
  if (milliseconds !== undefined) return new Date(milliseconds);
  return Object.assign(new Date(NaN), { getTime: () => longAt(bytes, offset) });
}

/** Converts an expression. The driver's class refuses unknown options in its constructor, and sends any that it has. */
function operandRegex(bytes: Buffer, offset: number): BSONRegExp {
  const { pattern, options } = regexAt(bytes, offset);
  return Object.assign(new BSONRegExp(pattern), { options });
}

/** Converts binary data. The driver refuses some vectors; as user-defined data they are shown and compared alike. */
function operandBinary(bytes: Buffer, offset: number): Binary {
  const { subtype, data } = binaryAt(bytes, offset);
  const isVector = subtype === Binary.SUBTYPE_VECTOR;
  return new Binary(Uint8Array.from(data), isVector ? Binary.SUBTYPE_USER_DEFINED : subtype);
}

/** Yields the elements of a document or a list by name; of elements with the same name the last counts. */
export function* operandElements(bytes: Buffer, offset: number): Generator<readonly [string, unknown]> {
  for (const each = new Elements(bytes, offset); each.next();)
    yield [bytes.toString('utf8', each.name, each.nameEnd), operandAt(bytes, each.type, each.value)];
}

/** Conversions by type. A document is a Map: the driver alters objects with a key `_bsontype` or with keys like numbers. */
const CONVERSIONS: ReadonlyMap<number, Convert> = new Map<number, Convert>([
  [BSON.double, (bytes, offset) => new Double(bytes.readDoubleLE(offset))],
  [BSON.string, textFrom],
  [BSON.object, (bytes, offset) => new Map(operandElements(bytes, offset))],
  [BSON.array, (bytes, offset) => Array.from(operandElements(bytes, offset), ([, value]) => value)],
  [BSON.binary, operandBinary],
  [BSON.objectId, (bytes, offset) => ObjectId.createFromHexString(idAt(bytes, offset))],
  [BSON.date, operandDate],
  [BSON.regex, operandRegex],
  [BSON.dbPointer, (bytes, offset) => new Map(Object.entries(pointerAt(bytes, offset)))],
  [BSON.code, (bytes, offset) => new Code(textFrom(bytes, offset))],
  [BSON.codeWithScope, (bytes, offset) => new Code(textFrom(bytes, offset + 4))],
  [BSON.int32, (bytes, offset) => new Int32(bytes.readInt32LE(offset))],
  [BSON.timestamp, (bytes, offset) => new Timestamp(bytes.readBigUInt64LE(offset))],
  [BSON.int64, (bytes, offset) => Long.fromBigInt(bytes.readBigInt64LE(offset))],
  [BSON.decimal128, decimalAt],
  [BSON.minKey, () => new MinKey()],
  [BSON.maxKey, () => new MaxKey()],
]);

/** Converts the value of `type` at `offset`. A type without a class of the driver becomes the value that answers show. */
export const operandAt = (bytes: Buffer, type: number, offset: number): unknown => {
  const convert = CONVERSIONS.get(type);
  return convert === undefined ? scalarAt(bytes, type, offset) : convert(bytes, offset);
};

/** Converts the `_id` of `document`; null where it has none. */
export function operandId(document: Buffer): unknown {
  const id = idElementOf(document);
  return id === undefined ? null : operandAt(document, id.type, id.value);
}
