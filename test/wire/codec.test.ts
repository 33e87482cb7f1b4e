// JSON requests: the parts counted before they are read, and the parts that are not.
import { expect, test } from '@jest/globals';
import { JSON_TEXT } from '../../src/wire/codec.js';
import { jsonOf } from '../../src/wire/json.js';
import { messageNamed } from '../../src/wire/descriptors.js';

const JOBS_QUERY = messageNamed('spaceone.api.inventory.v1.JobsQuery');
const decode = (text: string): Uint8Array => JSON_TEXT.decode(JOBS_QUERY, Buffer.from(text));
const condition = (value: string): string => `{"query":{"filter":[{"v":${value}}]}}`;

const LEVELS = 'levels of a request';
const PARTS = 'values and names of a JSON body';

test.each([
  ['brackets inside each other', condition('['.repeat(50)), LEVELS],
  ['braces inside each other', condition('{"a":'.repeat(50)), LEVELS],
  ['values', condition(`[${'1,'.repeat(100_000)}1]`), PARTS],
  ['names', condition(`{${Array.from({ length: 50_001 }, (_, i) => `"${i}":1`).join()}}`), PARTS],
  ['empty objects', `{"query":{"filter":[${'{},'.repeat(100_000)}{}]}}`, PARTS],
])('too many %s in a body are refused', (_, text, limit) => {
  expect(() => decode(text)).toThrow(`Limit exceeded. (limit = ${limit}`);
});

test.each([
  ['empty lists', '[]'],
  ['empty objects', '{}'],
])('%s in a list count once each', (_, empty) => {
  const text = condition(`[${Array.from({ length: 99_990 }, () => empty).join()}]`);
  expect(JSON.parse(jsonOf(JOBS_QUERY, decode(text)))).toEqual(JSON.parse(text));
});

test.each([
  ['{"domain_id":01}', 'domain_id', "it is not JSON: '01'"],
  ['{"domain_id":tru}', 'domain_id', "it is not JSON: 'tru'"],
  ['{"domain_id":nul}', 'domain_id', "it is not JSON: 'nul'"],
  ['{"domain_id":-}', 'domain_id', "it is not JSON: '-'"],
  ['{"domain_id":[1,01]}', 'domain_id[1]', "it is not JSON: '01'"],
  ['{"domain_id":{"a":fals}}', 'domain_id', "it is not JSON: 'fals'"],
  ['{"query":"\\x"}', 'query', 'it is not JSON: a text has an escape that is none'],
  ['[01]', '[0]', "it is not JSON: '01'"],
  ['[{', 'body', 'it is not JSON: it ends early'],
])('%s is told as no JSON rather than by its kind', (text, key, reason) => {
  expect(() => decode(text)).toThrow(`Parameter is invalid. (key = ${key}, reason = ${reason}`);
});

test.each([
  ['{"":1}', "''"],
  ['{"query":{"":1}}', "query.''"],
  [condition('{"":{"a":[1,01]}}'), "query.filter[0].value.''.a[1]"],
])('a field with an empty name is shown in quotes: %s', (text, key) => {
  expect(() => decode(text)).toThrow(`Parameter is invalid. (key = ${key}, `);
});

test.each([
  ['brackets', '['.repeat(100)],
  ['commas and colons', ',:'.repeat(60_000)],
  ['quotes that are escaped', '\\"['.repeat(100)],
  ['backslashes that are escaped', '\\\\'],
])('%s within a text are not counted', (_, inner) => {
  const text = condition(`["${inner}"]`);
  expect(JSON.parse(jsonOf(JOBS_QUERY, decode(text)))).toEqual(JSON.parse(text));
});

test.each([
  ['a text that does not end', '{"domain_id":"a'],
  ['one that ends within an escape', '{"domain_id":"a\\'],
  ['no text at all', ''],
  ['a byte order mark behind the first byte', ' \ufeff{}'],
])('%s is no JSON', (_, text) => {
  expect(() => decode(text)).toThrow('Parameter is invalid. (key = body');
});

test('4 MB of empty conditions are refused in less time than JSON takes to be parsed', () => {
  const text = `{"query":{"filter":[${'{},'.repeat(1_390_000)}{}]}}`;
  const begun = performance.now();
  expect(() => decode(text)).toThrow(PARTS);
  const refused = performance.now() - begun;
  JSON.parse(text);
  expect(refused).toBeLessThan(performance.now() - begun - refused);
});
