// A value of each BSON type and of each odd kind within a type, as bytes, with its form in answers.
import type { JsonValue } from '@bufbuild/protobuf';
import {
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { element, rawObject } from './raw.js';
import type { Element } from './raw.js';

export interface OddValue {
  readonly what: string;
  readonly stored: Element;
  /** As a Value. */
  readonly shown: JsonValue;
  /** The texts in a list. */
  readonly texts?: readonly string[];
}

const ID = '64ffffffffffffffffffffff';
const NOON = '2024-02-29T12:00:00.500Z';

const bytesOf = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');

function int32(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(number);
  return bytes;
}

function int64(number: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(number);
  return bytes;
}

const string = (bytes: Buffer): Buffer => Buffer.concat([int32(bytes.length + 1), bytes, Buffer.of(0)]);

const raw = (what: string, type: number, bytes: Buffer, shown: JsonValue): OddValue => ({
  what,
  stored: { type, bytes },
  shown,
});

const regex = (what: string, pattern: string, options: string, shown: JsonValue): OddValue =>
  raw(what, 0x0b, bytesOf(`${pattern}\0${options}\0`), shown);

const binary = (what: string, subtype: number, bytes: string, shown: JsonValue): OddValue =>
  raw(what, 0x05, Buffer.concat([int32(bytes.length), Buffer.of(subtype), bytesOf(bytes)]), shown);

const date = (what: string, milliseconds: bigint, shown: JsonValue): OddValue =>
  raw(what, 0x09, int64(milliseconds), shown);

const object = (what: string, entries: Parameters<typeof rawObject>[0], shown: JsonValue): OddValue => ({
  what,
  stored: rawObject(entries),
  shown,
});

const array = (
  what: string,
  entries: Parameters<typeof rawObject>[0],
  shown: JsonValue,
  texts: readonly string[] = [],
): OddValue => ({
  what,
  stored: { ...rawObject(entries), type: 0x04 },
  shown,
  texts,
});

const PROTOTYPE: JsonValue = { ['__proto__']: { x: 1 } };

/** An entry of a document. */
export const pair = (name: string, value: Element) => [name, value] as const;
const one = element(new Int32(1));
const two = element(new Int32(2));

/** Nests objects around 1. */
const deep = (levels: number): Element =>
  Array.from({ length: levels }).reduce<Element>((inner) => rawObject([['a', inner]]), one);
const deepJson = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

/** Values that the driver can write: a name, the value, and its form as a Value. */
export const PLAIN: readonly (readonly [what: string, value: unknown, shown: JsonValue])[] = [
  ['a double', new Double(1.5), 1.5],
  ['-0', new Double(-0), -0],
  ['NaN', new Double(NaN), 'NaN'],
  ['infinity', new Double(Infinity), 'Infinity'],
  ['-infinity', new Double(-Infinity), '-Infinity'],
  ['a text', 'text', 'text'],
  ['another text', 'é🚀 Text', 'é🚀 Text'],
  ['an empty text', '', ''],
  ['a text with a NUL', 'a\0b', 'a\0b'],
  ['a text like a field', '$job_id', '$job_id'],
  ['a text like an expression', '/^text/i', '/^text/i'],
  ['an object id', new ObjectId(ID), ID],
  ['true', true, true],
  ['false', false, false],
  ['a date', new Date(NOON), NOON],
  ['a date before the year 0', new Date(-62_200_000_000_000), new Date(-62_200_000_000_000).toISOString()],
  ['null', null, null],
  ['a regular expression', new BSONRegExp('^a/b', 'i'), '/^a/b/i'],
  ['an expression that is asked for', new BSONRegExp('^te.t', 'i'), '/^te.t/i'],
  ['a text that is asked for, as an expression', new BSONRegExp('TEX', 'i'), '/TEX/i'],
  ['code', new Code('return 1'), 'return 1'],
  ['a symbol', new BSONSymbol('symbol'), 'symbol'],
  ['code with a scope', new Code('return x', { x: 1 }), 'return x'],
  ['an int', new Int32(7), 7],
  ['a timestamp', new Timestamp({ t: 2_000_000_000, i: 1 }), '8589934592000000001'],
  ['a long', Long.fromString('12'), 12],
  ['a long beyond a double', Long.fromString('9007199254740993'), '9007199254740993'],
  ['the least long', Long.MIN_VALUE, '-9223372036854775808'],
  ['a decimal', Decimal128.fromString('0.10'), '0.10'],
  ['a decimal that is none', Decimal128.fromString('NaN'), 'NaN'],
  ['an infinite decimal', Decimal128.fromString('-Infinity'), '-Infinity'],
  ['the least key', new MinKey(), 'MinKey'],
  ['the greatest key', new MaxKey(), 'MaxKey'],
];

export const SCALARS: readonly OddValue[] = [
  ...PLAIN.map(([what, value, shown]) => ({ what, stored: element(value), shown })),
  raw('a text that is not UTF-8', 0x02, string(bytesOf('abc\xff\xfe')), 'abc\ufffd\ufffd'),
  raw('a text that ends too early', 0x02, string(bytesOf('Text \xe2\x82')), 'Text \ufffd'),
  raw('a surrogate', 0x02, string(bytesOf('\xed\xa0\x80text')), '\ufffd\ufffd\ufffdtext'),
  raw('a symbol that is not UTF-8', 0x0e, string(bytesOf('text\xff')), 'text\ufffd'),
  binary('binary data', 0, 'abc', 'YWJj'),
  binary('empty binary data', 0, '', ''),
  binary('a function', 1, 'abc', 'YWJj'),
  binary('old binary data', 2, '\x03\0\0\0abc', 'YWJj'),
  binary('old binary data without a length', 2, 'ab', 'YWI='),
  binary('old binary data with a wrong length', 2, '\x09\0\0\0abc', 'CQAAAGFiYw=='),
  binary('an old UUID', 3, '0123456789abcdef', 'MDEyMzQ1Njc4OWFiY2RlZg=='),
  binary('a UUID', 4, '0123456789abcdef', '30313233-3435-3637-3839-616263646566'),
  binary('a UUID that is too short', 4, 'abc', 'YWJj'),
  binary('a UUID that is too long', 4, '0123456789abcdefg', 'MDEyMzQ1Njc4OWFiY2RlZmc='),
  binary('a hash', 5, 'abc', 'YWJj'),
  binary('encrypted data', 6, 'abc', 'YWJj'),
  binary('a column', 7, 'abc', 'YWJj'),
  binary('sensitive data', 8, 'abc', 'YWJj'),
  binary('a vector', 9, '\x03\0\x01\x02', 'AwABAg=='),
  binary('a vector that is none', 9, '\x03', 'Aw=='),
  binary('a vector of a type that there is not', 9, '\xff\xff\xff', '////'),
  binary("somebody's own kind", 0x80, 'abc', 'YWJj'),
  raw('undefined', 0x06, Buffer.alloc(0), null),
  date('the last date of JavaScript', 8_640_000_000_000_000n, '+275760-09-13T00:00:00.000Z'),
  date('a date beyond', 8_640_000_000_000_001n, ''),
  date('the last date', 2n ** 63n - 1n, ''),
  date('the first date', -(2n ** 63n), ''),
  regex('an option that the driver refuses', 'a', 'g', '/a/g'),
  regex('options that nobody knows', 'a', 'zZ\xff', '/a/Zz\ufffd'),
  regex('options out of order', 'a', 'xi', '/a/ix'),
  regex('an expression that is none', '(?<[', '', '/(?<[/'),
  regex('an expression that is not UTF-8', 'a\xff', 'm', '/a\ufffd/m'),
  raw('a pointer', 0x0c, Buffer.concat([string(bytesOf('job')), Buffer.from(ID, 'hex')]), {
    $ref: 'job',
    $id: ID,
  }),
];

export const ARRAYS: readonly OddValue[] = [
  array('an empty list', [], []),
  array('a list', [pair('0', one), pair('1', two)], [1, 2]),
  array('a list with other keys', [pair('b', one), pair('', two), pair('0', one)], [1, 2, 1]),
  array('a list with NaN', [pair('0', element(new Double(NaN))), pair('1', two)], ['NaN', 2]),
  array(
    'a list of texts',
    [pair('0', element('x')), pair('1', { type: 0x02, bytes: string(bytesOf('text\xff')) })],
    ['x', 'text\ufffd'],
    ['x', 'text\ufffd'],
  ),
  array('a list of what the driver refuses', [['0', { type: 0x0b, bytes: bytesOf('a\0g\0') }]], ['/a/g']),
  array('pairs', [['0', element(['k', 1])]], [['k', 1]]),
];

export const OBJECTS: readonly OddValue[] = [
  object('an empty object', [], {}),
  object('an object', [pair('a', one), pair('b', two)], { a: 1, b: 2 }),
  object('a reference', [pair('$ref', element('job')), pair('$id', element(new ObjectId(ID)))], {
    $ref: 'job',
    $id: ID,
  }),
  object('a reference that is none', [pair('$ref', one), pair('$id', one), pair('$db', one)], {
    $ref: 1,
    $id: 1,
    $db: 1,
  }),
  object('an object that calls itself a type', [['_bsontype', element('ObjectId')]], {
    _bsontype: 'ObjectId',
  }),
  object('an object that converts itself', [pair('toBSON', one), pair('toJSON', two)], {
    toBSON: 1,
    toJSON: 2,
  }),
  object('keys of every object', [pair('constructor', one), pair('hasOwnProperty', two)], {
    constructor: 1,
    hasOwnProperty: 2,
  }),
  object('a prototype', [['__proto__', rawObject([['x', one]])]], PROTOTYPE),
  object('an empty key', [['', one]], { '': 1 }),
  object('keys like numbers', [pair('10', one), pair('2', two)], { '10': 1, '2': 2 }),
  object('keys like operators', [pair('$where', one), pair('a.b', two)], { $where: 1, 'a.b': 2 }),
  object('a key that is not UTF-8', [[bytesOf('k\xff'), one]], { 'k\ufffd': 1 }),
  object('a key twice', [pair('a', one), pair('a', one)], { a: 1 }),
  object(
    'values that are none',
    [
      pair('u', { type: 0x06, bytes: Buffer.alloc(0) }),
      pair('n', { type: 0x0a, bytes: Buffer.alloc(0) }),
      pair('l', { type: 0xff, bytes: Buffer.alloc(0) }),
      pair('m', { type: 0x7f, bytes: Buffer.alloc(0) }),
    ],
    { u: null, n: null, l: 'MinKey', m: 'MaxKey' },
  ),
  object('what the driver refuses', [['a', { type: 0x0b, bytes: bytesOf('a\0g\0') }]], { a: '/a/g' }),
];

/** Values deeper than answers go: lower levels become text. */
export const DEEP: readonly OddValue[] = [40, 100, 150].map((levels) => ({
  what: `${levels} levels`,
  stored: deep(levels),
  shown: deepJson(levels),
}));
