/** Stored values as the driver sends them back to MongoDB: whatever is stored, none fails and none is lost. */
import { Binary, BSONRegExp, Code, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import {
  binaryAt,
  BSON,
  dateAt,
  decimalAt,
  Elements,
  idAt,
  longAt,
  pointerAt,
  regexAt,
  scalarAt,
  textFrom,
} from '../wire/bson.js';

type Send = (bytes: Buffer, at: number) => unknown;

/** A date that JavaScript cannot hold says its milliseconds, but is none to itself. */
function sentDate(bytes: Buffer, at: number): Date {
  const milliseconds = dateAt(bytes, at);
  if (milliseconds !== undefined) return new Date(milliseconds);
  return Object.assign(new Date(NaN), { getTime: () => longAt(bytes, at) });
}

/** The driver's class refuses options that it does not know, and sends those that it has. */
function sentRegex(bytes: Buffer, at: number): BSONRegExp {
  const { pattern, options } = regexAt(bytes, at);
  return Object.assign(new BSONRegExp(pattern), { options });
}

/** A vector need not be one that the driver sends: as data of nobody's kind it is shown and compared alike. */
function sentBinary(bytes: Buffer, at: number): Binary {
  const { subtype, data } = binaryAt(bytes, at);
  const isVector = subtype === Binary.SUBTYPE_VECTOR;
  return new Binary(Uint8Array.from(data), isVector ? Binary.SUBTYPE_USER_DEFINED : subtype);
}

/** The elements of a document or of a list, by name, the last of a name. */
export function* operandElements(bytes: Buffer, at: number): Generator<readonly [string, unknown]> {
  for (const each = new Elements(bytes, at); each.next();)
    yield [bytes.toString('utf8', each.name, each.nameEnd), operandAt(bytes, each.type, each.value)];
}

/** A document is a Map: the driver would not send an object with a key `_bsontype`, or keys like numbers, as it was stored. */
const SEND: ReadonlyMap<number, Send> = new Map<number, Send>([
  [BSON.double, (bytes, at) => new Double(bytes.readDoubleLE(at))],
  [BSON.string, textFrom],
  [BSON.object, (bytes, at) => new Map(operandElements(bytes, at))],
  [BSON.array, (bytes, at) => Array.from(operandElements(bytes, at), ([, value]) => value)],
  [BSON.binary, sentBinary],
  [BSON.objectId, (bytes, at) => ObjectId.createFromHexString(idAt(bytes, at))],
  [BSON.date, sentDate],
  [BSON.regex, sentRegex],
  [BSON.dbPointer, (bytes, at) => new Map(Object.entries(pointerAt(bytes, at)))],
  [BSON.code, (bytes, at) => new Code(textFrom(bytes, at))],
  [BSON.codeWithScope, (bytes, at) => new Code(textFrom(bytes, at + 4))],
  [BSON.int32, (bytes, at) => new Int32(bytes.readInt32LE(at))],
  [BSON.timestamp, (bytes, at) => new Timestamp(bytes.readBigUInt64LE(at))],
  [BSON.int64, (bytes, at) => Long.fromBigInt(bytes.readBigInt64LE(at))],
  [BSON.decimal128, decimalAt],
  [BSON.minKey, () => new MinKey()],
  [BSON.maxKey, () => new MaxKey()],
]);

/** The value of `type` at `at` as data to send back; what the driver has no class for goes as answers show it. */
export const operandAt = (bytes: Buffer, type: number, at: number): unknown => {
  const send = SEND.get(type);
  return send === undefined ? scalarAt(bytes, type, at) : send(bytes, at);
};
