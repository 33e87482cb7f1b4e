// Large messages as JSON in pieces: the same as at once, and no piece takes long.
import { expect, test } from '@jest/globals';
import { fromJson, fromJsonString, toBinary } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { descriptors, messageNamed } from '../../src/wire/descriptors.js';
import { jsonChunks, jsonOf, jsonPieces } from '../../src/wire/json.js';

const JOBS = messageNamed('spaceone.api.inventory.v1.JobsInfo');
const STRUCT = messageNamed('google.protobuf.Struct');

const bytesOf = (message: typeof JOBS, json: JsonValue): Uint8Array =>
  toBinary(message, fromJson(message, json, { registry: descriptors }));

const structOf = (json: string): Uint8Array =>
  toBinary(STRUCT, fromJsonString(STRUCT, json, { registry: descriptors }));

const times = <T>(count: number, each: (nth: number) => T): T[] =>
  Array.from({ length: count }, (_, nth) => each(nth));
const text = 'é "quoted" \\ \n 🚀 '.repeat(10);

const job = (nth: number, more: JsonObject = {}): JsonObject => ({
  job_id: `job-${nth}`,
  status: 'ERROR',
  filter: { text, list: [1, null, true, { nth }] },
  total_tasks: nth,
  errors: [{ error_code: 'E', message: text }],
  collector_info: { name: 'a collector', plugin_info: { version: '1.0' } },
  created_at: '2026-01-01T00:00:00.000Z',
  ...more,
});

const deep = (levels: number): JsonValue =>
  levels === 0 ? text.repeat(200) : { [`level${levels}`]: [deep(levels - 1)] };

/** Messages larger than one piece, each in another place. */
const LARGE: readonly (readonly [string, typeof JOBS, JsonObject])[] = [
  ['many jobs', JOBS, { results: times(300, (nth) => job(nth)), total_count: 300 }],
  [
    'one job',
    JOBS,
    { results: [job(0, { errors: times(500, () => ({ error_code: 'E', message: text })) })] },
  ],
  [
    'a job between others',
    JOBS,
    { results: [job(0), job(1, { filter: { a: times(9000, String) } }), job(2)] },
  ],
  ['a text', JOBS, { results: [job(0, { errors: [{ message: text.repeat(500) }] })] }],
  ['no job, and a total', JOBS, { total_count: 7 }],
  ['rows', STRUCT, { results: times(5000, (nth) => ({ nth, text })), total_count: 5000 }],
  ['numbers', STRUCT, { results: times(50_000, (nth) => nth / 2) }],
  ['names', STRUCT, Object.fromEntries(times(5000, (nth) => [`name ${nth} ${text}`, nth]))],
  ['names that are odd', STRUCT, { '': text.repeat(500), '\ufeff"': text.repeat(500), a: [] }],
  ['a value far down', STRUCT, { deep: deep(12), shallow: null }],
  ['nothing', STRUCT, {}],
];

test.each(LARGE)('the pieces of %s make its JSON', (_, message, json) => {
  const bytes = bytesOf(message, json);
  const pieces = [...jsonPieces(message, bytes)];
  expect(pieces.join('')).toBe(jsonOf(message, bytes));
  expect(Buffer.concat([...jsonChunks(message, bytes)]).toString()).toBe(pieces.join(''));
});

test('any value is the same in pieces as at once', () => {
  const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { maxLength: 20 }), (values) => {
      const padded = values.map(([one, other]) => ({ one, pad: [text.repeat(100), other] }));
      const bytes = structOf(JSON.stringify({ results: padded }));
      expect(JSON.parse([...jsonPieces(STRUCT, bytes)].join(''))).toEqual(JSON.parse(jsonOf(STRUCT, bytes)));
    }),
    { numRuns: 100 },
  );
});

test('no piece of an answer of 20,000 jobs is long', () => {
  const bytes = bytesOf(JOBS, { results: times(20_000, (nth) => job(nth)), total_count: 20_000 });
  const pieces = [...jsonPieces(JOBS, bytes)];
  expect(pieces.join('').length).toBeGreaterThan(10_000_000);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(32_768);
});
