// The size of explanations: a header, and metadata of clients that take 8 KB.
import { expect, test } from '@jest/globals';
import { explanationDetails } from '../../src/server/details.js';
import { writeExplanation } from '../../src/server/explanation.js';

const TIMES = { queued_ms: 0, database_ms: 1, encoding_ms: 0 };
const numbers = (length: number): readonly number[] => Array.from({ length }, () => 1);

test.each([
  ['many numbers', { filter: numbers(1200) }],
  ['long texts', { filter: 'x'.repeat(5000) }],
  ['letters beyond ASCII', { filter: 'é'.repeat(900) }],
  ['a long collection', { collection: 'x'.repeat(5000) }],
])('an explanation with %s fits, in JSON and as a Status', (_, operation) => {
  const text = writeExplanation(TIMES, [{ command: 'find', ...operation }]);
  expect(text.length).toBeLessThanOrEqual(3072);
  expect(Math.ceil(explanationDetails(text).length / 3) * 4).toBeLessThan(8000);
  expect(JSON.parse(text)).toMatchObject(TIMES);
});

test('of many operations the first five are shown, and the others counted', () => {
  const operations = Array.from({ length: 90 }, (_, nth) => ({ command: 'find', collection: `c${nth}` }));
  expect(JSON.parse(writeExplanation(TIMES, operations))).toEqual({
    ...TIMES,
    operations: operations.slice(0, 5),
    more_operations: 85,
  });
});

test('a short explanation is whole', () => {
  const operations = [{ command: 'find', filter: { a: numbers(5) } }];
  expect(JSON.parse(writeExplanation(TIMES, operations))).toEqual({ ...TIMES, operations });
});
