// Stored values of every type as a Value, read by an independent codec.
import { describe, expect, test } from '@jest/globals';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import type { JsonValue } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import {
  Binary,
  BSON,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Int32,
  Long,
  ObjectId,
  Timestamp,
  UUID,
} from 'mongodb';
import { BSON as BSON_TYPE, Elements } from '../../src/wire/bson.js';
import { Value } from '../../src/wire/struct.js';
import { writeValue } from '../../src/wire/values.js';
import { Writer } from '../../src/wire/writer.js';
import { PLAIN } from '../harness/odd-values.js';

/** A document with one element. */
const stored = (value: unknown): Buffer =>
  Buffer.from(BSON.serialize(new Map([['a', value]]), { ignoreUndefined: false }));

/** The Value of the first element of `document`. */
function bytesOf(document: Buffer): Uint8Array {
  const first = new Elements(document, 0);
  const writer = new Writer(0);
  if (first.next()) writeValue(writer, document, first.type, first.value, 0);
  return writer.written;
}

const jsonOf = (document: Buffer): JsonValue =>
  toJson(ValueSchema, fromBinary(ValueSchema, bytesOf(document)));
const shown = (value: unknown): JsonValue => jsonOf(stored(value));

const nested = (levels: number): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => [inner], 'deep');
const nestedObjects = (levels: number): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => ({ a: inner }), 'deep');

const id = new ObjectId('64ffffffffffffffffffffff');

describe('a stored value goes out as a Value', () => {
  test.each<readonly [string, unknown, JsonValue]>([
    ...PLAIN,
    ['undefined', undefined, null],
    ['an Int32', new Int32(-5), -5],
    ['a Double', new Double(2.5), 2.5],
    ['a whole Double', new Double(3), 3],
    ['the least Double', new Double(5e-324), 5e-324],
    ['the largest safe Long', Long.fromString('9007199254740991'), 9007199254740991],
    ['a large Decimal128', Decimal128.fromString('1E+6144'), '1.000000000000000000000000000000000E+6144'],
    ['a text', 'é🚀\0\n', 'é🚀\0\n'],
    ['a symbol', new BSONSymbol('sym'), 'sym'],
    ['a date', new Date('2022-06-17T08:00:01.225Z'), '2022-06-17T08:00:01.225Z'],
    ['a date before 1970', new Date(-1), '1969-12-31T23:59:59.999Z'],
    ['the year 9999', new Date('9999-12-31T23:59:59.999Z'), '9999-12-31T23:59:59.999Z'],
    ['a Binary', new Binary(Buffer.from('abc')), 'YWJj'],
    ['an empty Binary', new Binary(), ''],
    ['a UUID', new UUID('00112233-4455-6677-8899-aabbccddeeff'), '00112233-4455-6677-8899-aabbccddeeff'],
    ['a UUID that is too short', new Binary(Buffer.from('abc'), Binary.SUBTYPE_UUID), 'YWJj'],
    ['an expression that JavaScript lacks', new BSONRegExp('(?<=x+)[', 'sx'), '/(?<=x+)[/sx'],
    ['a Timestamp', new Timestamp({ t: 1, i: 2 }), 4294967298],
    ['a reference', new DBRef('job', id), { $ref: 'job', $id: '64ffffffffffffffffffffff' }],
    [
      'a reference into a database',
      new DBRef('job', id, 'other'),
      { $ref: 'job', $id: '64ffffffffffffffffffffff', $db: 'other' },
    ],
    ['an empty list', [], []],
    [
      'a list',
      [1, [null, new Date(0)], { a: id }],
      [1, [null, '1970-01-01T00:00:00.000Z'], { a: '64ffffffffffffffffffffff' }],
    ],
    ['an empty object', {}, {}],
    ['an object', { $ne: 1, 'a.b': { '': null } }, { $ne: 1, 'a.b': { '': null } }],
    ['an object that calls itself a type', new Map([['_bsontype', 'ObjectId']]), { _bsontype: 'ObjectId' }],
  ])('%s', (_what, stored, due) => {
    expect(shown(stored)).toEqual(due);
  });

  test('a date beyond the range of JavaScript is an empty text', () => {
    const document = stored(Long.fromString('9000000000000000000'));
    document[4] = BSON_TYPE.date;
    expect(jsonOf(document)).toBe('');
  });

  test('__proto__ is a name like any other', () => {
    const read = Value.decode(bytesOf(stored(new Map([['__proto__', new Map([['x', 1]])]]))));
    expect(read).toEqual(new Map([['__proto__', new Map([['x', 1]])]]));
  });

  test.each([
    ['lists', nested, '['.repeat(8), ']'.repeat(8)],
    ['objects', nestedObjects, '{"a":'.repeat(8), '}'.repeat(8)],
  ])('%s deeper than 32 levels come as compact JSON text', (_what, deep, open, close) => {
    const bytes = bytesOf(stored(deep(40)));
    const text = JSON.stringify(toJson(ValueSchema, fromBinary(ValueSchema, bytes)));
    expect(text).toContain(JSON.stringify(`${open}"deep"${close}`));
    expect(() => Value.decode(bytes)).not.toThrow();
  });

  test('32 levels come as they are', () => {
    expect(shown(nested(32))).toEqual(nested(32));
  });

  test.each([1, 39, 40, 41, 126, 127, 128, 129, 16_383, 16_384, 300_000])('a text of %i bytes', (length) => {
    const text = 'x'.repeat(length);
    expect(shown([text, { [text]: text }])).toEqual([text, { [text]: text }]);
  });

  test.each([
    ['a short text', 'é'],
    ['a long text', 'é'.repeat(100)],
  ])('bytes other than UTF-8 in %s are replaced', (_what, text) => {
    const document = stored({ text });
    for (let at = document.indexOf('é'); at >= 0; at = document.indexOf('é', at)) document[at] = 0xff;
    expect(jsonOf(document)).toEqual({ text: text.replaceAll('é', '\ufffd\ufffd') });
  });

  test('a DBPointer, a kind of reference that nobody stores any more, is an object', () => {
    const document = stored(new Code('job'));
    const pointer = Buffer.concat([document.subarray(0, -1), id.id, Buffer.of(0)]);
    pointer.writeInt32LE(pointer.length);
    pointer[4] = BSON_TYPE.dbPointer;
    expect(jsonOf(pointer)).toEqual({ $ref: 'job', $id: id.toHexString() });
  });

  test.each([
    ['a type that there is not', (document: Buffer) => document.fill(0x20, 4, 5)],
    ['a name without an end', (document: Buffer) => document.fill(0x61, 5)],
  ])('%s is an error, without delay', (_what, spoil) => {
    expect(() => jsonOf(spoil(stored(1)))).toThrow(RangeError);
  });
});
