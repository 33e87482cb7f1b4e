// Requests beyond a limit or just within it: the listener of each, and the expected answer (docs/settings.md «Limits»).
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { RpcName } from '../harness/client.js';
import { encodeField, encodeHead, encodeRequest } from '../harness/encoder.js';

export interface ExtremeRequest {
  readonly name: string;
  readonly listener: 'gRPC' | 'HTTP';
  readonly rpc: RpcName;
  body(): Uint8Array | string;
  /** An error code, a status, or OK. */
  readonly expected: string;
}

const LIMIT = 'ERROR_LIMIT_EXCEEDED';
const WRONG = 'ERROR_INVALID_PARAMETER';

/** The maximum size of a request, less its surroundings. */
const ROOM_BYTES = 4 * 1024 ** 2 - 512;

export const DOMAIN = 'domain-flood';

/** Field numbers of the contract. */
const LIST = { query: 1, domain: 6 } as const;
const STAT = { query: 1, domain: 2 } as const;
const QUERY = { filter: 1, filterOr: 2, only: 7 } as const;
const STAT_QUERY = { aggregate: 3 } as const;
const FILTER = { key: 1, value: 3, operator: 5 } as const;
const VALUE = { struct: 5, list: 6 } as const;
const ONLY_FIELD = 1;

const text = (number: number, content: string): Buffer => encodeField(number, Buffer.from(content));

const listed = (query: Buffer): Buffer =>
  Buffer.concat([encodeField(LIST.query, query), text(LIST.domain, DOMAIN)]);
const counted = (query: Buffer): Buffer =>
  Buffer.concat([encodeField(STAT.query, query), text(STAT.domain, DOMAIN)]);

/** Repeats `part` to at most `bytes` bytes. */
const filled = (part: Buffer, bytes = ROOM_BYTES): Buffer =>
  Buffer.alloc(Math.floor(bytes / part.length) * part.length, part);

/** A condition with the encoded Value `bytes`. */
const condition = (operator: string, bytes: Buffer, key = 'filter.x'): Buffer =>
  encodeField(
    QUERY.filter,
    Buffer.concat([text(FILTER.key, key), encodeField(FILTER.value, bytes), text(FILTER.operator, operator)]),
  );

const listValue = (items: Buffer): Buffer => encodeField(VALUE.list, items);
const item = (value: Buffer): Buffer => encodeField(ONLY_FIELD, value);

const NULLS = { empty: item(Buffer.alloc(0)), yes: item(Buffer.of(0x20, 1)) } as const;

/** Nests values; `around` makes the bytes before a value of a given length. */
function nested(levels: number, around: (length: number) => Buffer): Buffer {
  const before: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < levels; level++) {
    const bytes = around(length);
    before.push(bytes);
    length += bytes.length;
  }
  return Buffer.concat(before.toReversed());
}

const lists = (levels: number): Buffer =>
  nested(levels, (length) => {
    const inner = encodeHead(ONLY_FIELD, length);
    return Buffer.concat([encodeHead(VALUE.list, inner.length + length), inner]);
  });

const KEY_A = text(1, 'a');
const objects = (levels: number): Buffer =>
  nested(levels, (length) => {
    const entry = Buffer.concat([KEY_A, encodeHead(2, length)]);
    const inner = Buffer.concat([encodeHead(ONLY_FIELD, entry.length + length), entry]);
    return Buffer.concat([encodeHead(VALUE.struct, inner.length + length), inner]);
  });

const names = (count: number): Buffer =>
  encodeField(
    VALUE.struct,
    Buffer.concat(
      Array.from({ length: count }, (_, i) =>
        item(Buffer.concat([text(1, String(i)), encodeField(2, Buffer.alloc(0))])),
      ),
    ),
  );

const times = <T>(count: number, each: (nth: number) => T): T[] =>
  Array.from({ length: count }, (_, nth) => each(nth));

const withQuery = (query: JsonObject): JsonObject => ({ domain_id: DOMAIN, query });

const where = (count: number, each: (nth: number) => JsonObject): JsonObject =>
  withQuery({ filter: times(count, each), count_only: true });

const matching = (o: string, v: JsonValue, k = 'filter.x'): JsonObject =>
  withQuery({ filter: [{ k, o, v }], count_only: true });

const words = (count: number, length: number): string[] =>
  times(count, (nth) => String(nth).padStart(Math.max(length, String(nth).length), 'x'));

const grpc = (name: string, rpc: RpcName, expected: string, body: () => Uint8Array): ExtremeRequest => ({
  name,
  listener: 'gRPC',
  rpc,
  expected,
  body,
});

const asGrpc = (name: string, rpc: RpcName, expected: string, request: () => JsonObject): ExtremeRequest =>
  grpc(name, rpc, expected, () => encodeRequest(rpc, request()));

const http = (name: string, rpc: RpcName, expected: string, body: () => string): ExtremeRequest => ({
  name,
  listener: 'HTTP',
  rpc,
  expected,
  body,
});

const IN_JSON = `{"domain_id":"${DOMAIN}","query":{"filter":[`;
const json = (each: string, bytes = ROOM_BYTES): string =>
  `${IN_JSON}${each.repeat(Math.floor(bytes / each.length))}{}]}}`;
const valued = (value: string): string => `${IN_JSON}{"k":"filter.x","o":"in","v":${value}}]}}`;

const KILO = 'k'.repeat(1024);

/** Regular expressions of nearly 1 KiB: letters only, and loops that are expensive to check. */
const simple = (nth: number): string => KILO.slice(0, 1018) + String(nth).padStart(6, '0');
const involved = (nth: number): string => `${'(?:ab|cd)?x{2}'.repeat(5)}${'y+z'.repeat(100)}${nth}`;

const STAGE = {
  group: { keys: [{ k: 'status', n: 's' }], fields: times(190, (nth) => ({ n: `f${nth}`, o: 'count' })) },
};

export const EXTREME_REQUESTS: readonly ExtremeRequest[] = [
  grpc('4 MiB of empty conditions', 'list', LIMIT, () =>
    listed(filled(encodeField(QUERY.filter, Buffer.alloc(0)))),
  ),
  grpc('4 MiB of empty alternatives', 'list', LIMIT, () =>
    listed(filled(encodeField(QUERY.filterOr, Buffer.alloc(0)))),
  ),
  grpc('4 MiB of empty stages', 'stat', LIMIT, () =>
    counted(filled(encodeField(STAT_QUERY.aggregate, Buffer.alloc(0)))),
  ),
  grpc('4 MiB of empty names of only', 'list', LIMIT, () =>
    listed(filled(encodeField(QUERY.only, Buffer.alloc(0)))),
  ),
  grpc('4 MiB of queries, merged', 'list', LIMIT, () =>
    Buffer.concat([filled(encodeField(LIST.query, Buffer.alloc(0)), 60_000), text(LIST.domain, DOMAIN)]),
  ),
  grpc('4 MiB of unknown fields', 'list', WRONG, () =>
    Buffer.concat([filled(Buffer.of(0xf8, 7, 0)), text(LIST.domain, DOMAIN)]),
  ),
  grpc('19,000 conditions', 'list', LIMIT, () =>
    listed(filled(encodeField(QUERY.filter, Buffer.alloc(0)), 38_000)),
  ),
  grpc('2,000,000 values of one list', 'list', LIMIT, () =>
    listed(condition('in', listValue(filled(NULLS.empty)))),
  ),
  grpc('1,000,000 values of one list', 'list', LIMIT, () =>
    listed(condition('in', listValue(filled(NULLS.yes)))),
  ),
  grpc('40 lists of 50,000 values', 'list', LIMIT, () =>
    listed(Buffer.concat(times(40, () => condition('in', listValue(filled(NULLS.empty, 100_000)))))),
  ),
  grpc('20 lists of 50,000 values', 'list', LIMIT, () =>
    listed(Buffer.concat(times(20, () => condition('not_in', listValue(filled(NULLS.yes, 200_000)))))),
  ),
  asGrpc('a list of 50,000 values', 'list', 'OK', () =>
    matching(
      'in',
      times(50_000, (nth) => nth),
    ),
  ),
  asGrpc('a list of 50,000 texts', 'list', 'OK', () => matching('in', words(50_000, 60))),
  asGrpc('two lists of 50,000 texts', 'list', 'OK', () =>
    where(2, () => ({ k: 'filter.x', o: 'in', v: words(50_000, 30) })),
  ),
  asGrpc('50,000 references', 'list', 'OK', () =>
    matching(
      'in',
      times(50_000, (nth) => nth.toString(16).padStart(24, '0')),
      'collector',
    ),
  ),
  asGrpc('50,000 dates', 'list', 'OK', () =>
    matching(
      'in',
      times(50_000, () => '2024-01-01T00:00:00Z'),
      'created_at',
    ),
  ),
  asGrpc('50,001 values', 'list', LIMIT, () =>
    matching(
      'in',
      times(50_001, (nth) => nth),
    ),
  ),
  asGrpc('50,000 texts to contain', 'list', 'OK', () => matching('contain_in', words(50_000, 60))),
  asGrpc('50,000 expressions', 'list', 'OK', () => matching('regex_in', words(50_000, 60))),
  grpc('a list 5,000 levels deep', 'list', LIMIT, () => listed(condition('eq', lists(5000)))),
  grpc('an object 5,000 levels deep', 'list', LIMIT, () => listed(condition('eq', objects(5000)))),
  grpc('a list 300,000 levels deep', 'list', LIMIT, () => listed(condition('eq', lists(300_000)))),
  grpc('an object 33 levels deep', 'list', LIMIT, () => listed(condition('eq', objects(33)))),
  grpc('an object 32 levels deep', 'list', 'OK', () => listed(condition('eq', objects(32)))),
  grpc('an object of 300,000 names', 'list', LIMIT, () => listed(condition('eq', names(300_000)))),
  asGrpc('1,000 expressions of 1 KiB', 'list', 'OK', () =>
    where(1000, (nth) => ({ k: 'filter.x', o: 'regex', v: simple(nth) })),
  ),
  asGrpc('1,000 expressions of 1 KiB that are expensive to check', 'list', LIMIT, () =>
    where(1000, (nth) => ({ k: 'filter.x', o: 'regex', v: involved(nth) })),
  ),
  asGrpc('100 expressions that are expensive to check', 'list', 'OK', () =>
    where(100, (nth) => ({ k: 'filter.x', o: 'regex', v: involved(nth) })),
  ),
  asGrpc('an expression of 1 MB', 'list', LIMIT, () => matching('regex', 'x'.repeat(1_000_000))),
  asGrpc('a text of 1 MB to contain', 'list', LIMIT, () => matching('contain', 'x'.repeat(1_000_000))),
  asGrpc('a text of 1 MB', 'list', 'OK', () => matching('eq', 'x'.repeat(1_000_000))),
  asGrpc('a text of 4 MB on a date', 'list', WRONG, () =>
    matching('eq', '1'.repeat(ROOM_BYTES - 100), 'created_at'),
  ),
  asGrpc('a time relative to now of 4 MB', 'list', WRONG, () =>
    matching('timediff_lt', `now${' - 1d'.repeat(800_000)}`, 'created_at'),
  ),
  asGrpc('a keyword of 2,000,000 words', 'list', LIMIT, () => withQuery({ keyword: 'x '.repeat(2_000_000) })),
  asGrpc('a keyword of 4 MB of blanks', 'list', 'OK', () =>
    withQuery({ keyword: ' '.repeat(ROOM_BYTES - 100) }),
  ),
  asGrpc('a key of 1 MB', 'list', LIMIT, () => matching('eq', 1, 'x'.repeat(1_000_000))),
  asGrpc('a key of 2,000,000 names', 'list', LIMIT, () => matching('eq', 1, 'x.'.repeat(2_000_000))),
  asGrpc('an operator of 1 MB', 'list', WRONG, () => matching('x'.repeat(1_000_000), 1)),
  asGrpc('1,000 operators of 4 KB', 'list', WRONG, () =>
    where(1000, () => ({ k: 'status', o: 'y'.repeat(4000) })),
  ),
  asGrpc('1,000 conditions of 4 KB', 'list', 'OK', () =>
    where(1000, (nth) => ({ k: 'filter.x', o: 'eq', v: `${nth}${KILO}${KILO}${KILO}` })),
  ),
  asGrpc('1,000 matches of 100 fields', 'list', LIMIT, () =>
    where(1000, () => ({
      k: 'errors',
      o: 'match',
      v: Object.fromEntries(times(100, (nth) => [`a.${nth}`, nth])),
    })),
  ),
  asGrpc('100 matches of 100 fields', 'list', 'OK', () =>
    where(100, () => ({
      k: 'errors',
      o: 'match',
      v: Object.fromEntries(times(100, (nth) => [`a.${nth}`, nth])),
    })),
  ),
  asGrpc('33 sort keys', 'list', LIMIT, () =>
    withQuery({ sort: { keys: words(33, 4).map((key) => ({ key: `filter.${key}` })) } }),
  ),
  asGrpc('19,000 sort keys', 'list', LIMIT, () =>
    withQuery({ sort: { keys: words(19_000, 4).map((key) => ({ key })) } }),
  ),
  asGrpc('101 stages', 'stat', LIMIT, () => withQuery({ aggregate: times(101, () => ({ limit: 1 })) })),
  asGrpc('100 stages of 191 keys and fields', 'stat', 'OK', () =>
    withQuery({ aggregate: times(100, () => STAGE) }),
  ),
  asGrpc('a group of 1,000 fields with 18 conditions', 'stat', 'OK', () =>
    withQuery({
      aggregate: [
        {
          group: {
            fields: times(1000, (nth) => ({
              n: `f${nth}`,
              o: 'count',
              conditions: times(18, (value) => ({ k: 'status', o: 'eq', v: value })),
            })),
          },
        },
      ],
    }),
  ),
  asGrpc('a date format of 1 MB', 'stat', 'OK', () =>
    withQuery({
      aggregate: [{ group: { keys: [{ k: 'created_at', n: 'x', date_format: '%Y'.repeat(500_000) }] } }],
    }),
  ),
  http('4 MiB of empty conditions over HTTP', 'list', LIMIT, () => json('{},')),
  http('4 MiB of brackets over HTTP', 'list', LIMIT, () => valued('['.repeat(ROOM_BYTES))),
  http('2,000,000 values over HTTP', 'list', LIMIT, () => valued(`[${'1,'.repeat(2_000_000)}1]`)),
  http('49,000 values over HTTP', 'list', 'OK', () =>
    valued(
      `[${words(49_000, 60)
        .map((word) => `"${word}"`)
        .join()}]`,
    ),
  ),
  http(
    'one text of 4 MB over HTTP',
    'list',
    'OK',
    () => `${IN_JSON}{"k":"filter.x","o":"eq","v":"${'x'.repeat(4_000_000)}"}]}}`,
  ),
  http(
    '4 MB of escapes over HTTP',
    'list',
    'OK',
    () => `${IN_JSON}{"k":"filter.x","o":"eq","v":"${'\\u0041'.repeat(690_000)}"}]}}`,
  ),
  http('an unknown name of 1 MB over HTTP', 'list', WRONG, () => `{"${'x'.repeat(1_000_000)}":1}`),
  http('a number of 4 MB over HTTP', 'list', WRONG, () => valued('1'.repeat(4_000_000))),
  http('5 MiB over HTTP', 'list', 'ERROR_HTTP_BODY_SIZE', () => json('{},', 5 * 1024 ** 2)),
  grpc('5 MiB', 'list', 'RESOURCE_EXHAUSTED', () => Buffer.alloc(5 * 1024 ** 2)),
];
