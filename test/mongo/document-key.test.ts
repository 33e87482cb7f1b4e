// Keys of documents: equal for equal documents, and for no others.
import { expect, test } from '@jest/globals';
import { documentKey } from '../../src/mongo/document-key.js';

test.each<readonly [string, object, object]>([
  ['a number and a text', { a: 1 }, { a: '1' }],
  ['a value and a list of it', { a: 1 }, { a: [1] }],
  ['two orders', { a: 1, b: 1 }, { b: 1, a: 1 }],
  ['two dates', { a: new Date(0) }, { a: new Date(1) }],
])('%s have different keys', (_, one, other) => {
  expect(documentKey(one)).toBe(documentKey(structuredClone(one)));
  expect(documentKey(one)).not.toBe(documentKey(other));
});
