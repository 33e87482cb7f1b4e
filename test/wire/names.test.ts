// Tables of names, looked up among other bytes: a name is found where all of its bytes stand, and nothing besides.
import { expect, test } from '@jest/globals';
import { nameTableOf } from '../../src/wire/names.js';

const NAMES = ['status', 'state', 'scope', 's', 'job_id'];
const table = nameTableOf(NAMES.map((name) => [name, name.toUpperCase()]));

const found = (text: string): string | undefined => {
  const bytes = Buffer.from(`before ${text} after`);
  return table(bytes, 7, 7 + Buffer.byteLength(text));
};

test.each(NAMES)('«%s» is found', (name) => {
  expect(found(name)).toBe(name.toUpperCase());
});

test.each([
  ['a beginning', 'statu'],
  ['a longer text', 'statuss'],
  ['another text of the same ends', 'stazus'],
  ['a text longer by 64 KiB, of the same ends', `status${'x'.repeat(65_535)}s`],
  ['another case', 'Status'],
])('%s of a name is no name', (_, text) => {
  expect(found(text)).toBeUndefined();
});
