// Documents with a text or a name that is not UTF-8, and documents that only resemble them.
import { describe, expect, test } from '@jest/globals';
import { Binary, BSONRegExp, Code, Decimal128, Long, MaxKey, ObjectId, Timestamp } from 'mongodb';
import { isMalformed } from '../../src/job/malformed.js';
import { element, rawDocument, rawObject } from '../harness/raw.js';
import type { Element } from '../harness/raw.js';
import { bytes, list, text } from '../malformed-text/places.js';

const WRONG = text('x\xff');
const FINE = text('x\xc3\xa9');
const named = (name: string, value: Element): Element => rawObject([[bytes(name), value]]);

const MALFORMED: Readonly<Record<string, Element>> = {
  'a text': WRONG,
  'a text that ends early': text('x\xc3'),
  'a text of one byte': text('\xff'),
  'a symbol': text('x\xff', 0x0e),
  'a code': text('x\xff', 0x0d),
  'a text of an object': named('s', WRONG),
  'a text of a list': list(FINE, WRONG),
  'a text of an object of a list': list(named('s', FINE), named('s', WRONG)),
  'a text of a list of a list': list(list(), list(FINE, WRONG)),
  'a name of an object': named('x\xff', element(1)),
  'a name of an object of a list': list(named('x\xff', element(null))),
};

const WELL_FORMED: Readonly<Record<string, Element>> = {
  'a text': FINE,
  'an empty text': text(''),
  'a text with a NUL': text('x\0y'),
  'a symbol': text('x', 0x0e),
  'an object': named('s', FINE),
  'an object by a name beyond ASCII': named('x\xc3\xa9', FINE),
  'an empty object': rawObject([]),
  'an empty list': list(),
  'a list of objects': list(named('s', FINE), rawObject([]), list(FINE)),
  bytes: element(new Binary(Buffer.of(0xff, 0xfe))),
  'an id': element(ObjectId.createFromHexString('ff'.repeat(12))),
  'a number': element(-1.5),
  'an integer': element(-1),
  'a long integer': element(Long.fromNumber(-1)),
  'a decimal': element(Decimal128.fromString('-1')),
  'a date': element(new Date(-1)),
  'a timestamp': element(new Timestamp({ t: 4294967295, i: 4294967295 })),
  'a truth value': element(true),
  null: element(null),
  'an undefined value': { type: 0x06, bytes: Buffer.alloc(0) },
  'a regular expression': element(new BSONRegExp('x', 'i')),
  'a code': element(new Code('x')),
  'a code with a scope': element(new Code('x', { s: 'x' })),
  'the greatest key': element(new MaxKey()),
};

/** Documents with `value` first, last and alone. */
const withValue = (value: Element): readonly Buffer[] => [
  rawDocument([['v', value]]),
  rawDocument([
    ['v', value],
    ['after', FINE],
  ]),
  rawDocument([
    ['before', named('s', FINE)],
    ['v', value],
  ]),
];

describe.each([
  ['malformed', true, MALFORMED],
  ['well formed', false, WELL_FORMED],
] as const)('a document is %s', (_, expected, values) => {
  test.each(Object.entries(values))('with %s', (__, value) => {
    expect(withValue(value).map((document) => isMalformed(document))).toEqual([expected, expected, expected]);
  });
});

test('a document is malformed by a name of its own, and not without elements', () => {
  expect(isMalformed(rawDocument([[bytes('x\xff'), element(1)]]))).toBe(true);
  expect(isMalformed(rawDocument([]))).toBe(false);
});
