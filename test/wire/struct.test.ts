// The codec of Struct and Value in requests, against an independent one.
import { describe, expect, test } from '@jest/globals';
import { fromBinary, fromJson, toBinary, toJson } from '@bufbuild/protobuf';
import type { JsonValue } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import type { Plain } from '../../src/wire/struct.js';
import { Struct, Value } from '../../src/wire/struct.js';

const bytesOf = (json: JsonValue): Uint8Array => toBinary(ValueSchema, fromJson(ValueSchema, json));

/** Reads the service's bytes by the independent codec. */
const shown = (stored: unknown): JsonValue =>
  toJson(ValueSchema, fromBinary(ValueSchema, Value.encode(stored).finish()));

/** A decoded value in words that JSON has: an object as the list of its entries. */
const entries = (plain: Plain): unknown => {
  if (plain instanceof Map)
    return { entries: [...plain].map(([key, value]: readonly [string, Plain]) => [key, entries(value)]) };
  return Array.isArray(plain) ? plain.map(entries) : plain;
};

const nested = (levels: number): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => [inner], 'deep');
const nestedObjects = (levels: number): JsonValue =>
  Array.from({ length: levels }).reduce<JsonValue>((inner) => ({ a: inner }), 'deep');

describe('a Value is decoded', () => {
  test.each<readonly [string, JsonValue, unknown]>([
    ['null', null, null],
    ['true', true, true],
    ['false', false, false],
    ['zero', 0, 0],
    ['a number', -1.5, -1.5],
    ['a large number', 1e308, 1e308],
    ['an empty text', '', ''],
    ['a text', 'é🚀\0', 'é🚀\0'],
    ['an empty list', [], []],
    ['a list', [1, [null], 'x'], [1, [null], 'x']],
    ['an empty object', {}, { entries: [] }],
    [
      'an object, in its order',
      { b: 1, a: { d: 1, c: [] } },
      {
        entries: [
          ['b', 1],
          [
            'a',
            {
              entries: [
                ['d', 1],
                ['c', []],
              ],
            },
          ],
        ],
      },
    ],
    [
      'names of an object’s own',
      { constructor: 1, toString: 2, _bsontype: 3, $ne: 4, '': 5 },
      {
        entries: [
          ['constructor', 1],
          ['toString', 2],
          ['_bsontype', 3],
          ['$ne', 4],
          ['', 5],
        ],
      },
    ],
    ['an empty name', { '': null }, { entries: [['', null]] }],
  ])('%s', (_what, json, due) => {
    expect(entries(Value.decode(bytesOf(json)))).toEqual(due);
  });

  const entry = (key: string, value: number, writer: BinaryWriter): BinaryWriter =>
    writer.uint32(10).fork().uint32(10).string(key).uint32(18).fork().uint32(17).double(value).join().join();

  test('names like numbers, and __proto__, are names in their order', () => {
    const writer = ['2', '__proto__', '1'].reduce((into, key, i) => entry(key, i, into), new BinaryWriter());
    expect(entries(Struct.decode(writer.finish()))).toEqual({
      entries: [
        ['2', 0],
        ['__proto__', 1],
        ['1', 2],
      ],
    });
    expect(Object.hasOwn(Object.prototype, '2')).toBe(false);
  });

  test('the later of two entries with one name counts', () => {
    const writer = ['a', 'b', 'a'].reduce((into, key, i) => entry(key, i, into), new BinaryWriter());
    expect(entries(Struct.decode(writer.finish()))).toEqual({
      entries: [
        ['a', 2],
        ['b', 1],
      ],
    });
  });

  test.each<readonly [string, readonly number[], unknown]>([
    ['a value of no kind', [], null],
    ['a list of values of no kind', [50, 4, 10, 0, 10, 0], [null, null]],
    ['an entry of nothing', [42, 2, 10, 0], { entries: [['', null]] }],
    ['an entry without a value', [42, 5, 10, 3, 10, 1, 97], { entries: [['a', null]] }],
    ['NaN', [17, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], NaN],
    ['of two kinds the later', [32, 1, 26, 1, 120], 'x'],
    ['an unknown field beside it', [56, 1, 32, 1, 122, 1, 0], true],
    ['an unknown enum value of null', [8, 5], null],
  ])('%s', (_what, bytes, due) => {
    expect(entries(Value.decode(Uint8Array.from(bytes)))).toEqual(due);
  });

  test.each<readonly [string, readonly number[]]>([
    ['a text that ends early', [26, 5, 120]],
    ['a number that ends early', [17, 0, 0]],
    ['a tag that ends early', [0x80]],
    ['a wire type that is none', [7]],
  ])('%s is an error', (_what, bytes) => {
    expect(() => Value.decode(Uint8Array.from(bytes))).toThrow();
  });

  test.each([
    ['lists', nested],
    ['objects', nestedObjects],
  ])('32 levels of %s are read, and 33 refused', (_what, deep) => {
    expect(Value.decode(bytesOf(deep(32)))).toBeDefined();
    expect(() => Value.decode(bytesOf(deep(33)))).toThrow(
      expect.objectContaining({ code: 'ERROR_LIMIT_EXCEEDED' }),
    );
  });

  test('a Struct counts as the first level', () => {
    const bytes = (levels: number) => toBinary(StructSchema, fromJson(StructSchema, { a: nested(levels) }));
    expect(Struct.decode(bytes(31)).size).toBe(1);
    expect(() => Struct.decode(bytes(32))).toThrow(expect.objectContaining({ code: 'ERROR_LIMIT_EXCEEDED' }));
  });
});

describe('values of clients are decoded', () => {
  test.each<readonly [string, unknown, JsonValue]>([
    ['null', null, null],
    ['what is not there', undefined, null],
    ['a truth', true, true],
    ['a number', -1.5, -1.5],
    ['a text', 'é🚀', 'é🚀'],
    ['a list', [1, [null]], [1, [null]]],
    ['an object', { a: { b: [] } }, { a: { b: [] } }],
    ['a map', new Map([['a', new Map([['b', 1]])]]), { a: { b: 1 } }],
  ])('%s', (_what, value, due) => {
    expect(shown(value)).toEqual(due);
  });
});

const SEED = { seed: 20240315, numRuns: 500 };

/** JSON as a Struct carries it: -0 is told from 0 on the wire, but not in JSON; text is well-formed. */
const text = fc.string({ unit: 'binary', maxLength: 8 }).map((each) => each.toWellFormed());
const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, false, 0, '', 'x'),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 5 },
    ),
  ),
})).value;

const plainly = (plain: Plain): unknown => {
  if (plain instanceof Map)
    return Object.fromEntries(
      [...plain].map(([key, value]: readonly [string, Plain]) => [key, plainly(value)]),
    );
  return Array.isArray(plain) ? plain.map(plainly) : plain;
};

describe('an independent codec agrees', () => {
  test('any JSON is read as it was written there', () => {
    fc.assert(
      fc.property(anyJson, (json) => {
        expect(plainly(Value.decode(bytesOf(json)))).toEqual(json);
      }),
      SEED,
    );
  });

  test('any JSON is read there as it was written here', () => {
    fc.assert(
      fc.property(anyJson, (json) => {
        expect(shown(json)).toEqual(json);
      }),
      SEED,
    );
  });

  test('any bytes are a value or an error, without delay', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(decoded(bytes)).toBeDefined();
      }),
      SEED,
    );
  });
});

/** The value read from `bytes`, or the error. */
function decoded(bytes: Uint8Array): unknown {
  try {
    return { value: Value.decode(bytes) };
  } catch (error) {
    return error;
  }
}
