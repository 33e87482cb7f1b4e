// Requests of very many messages or fields are refused before they are decoded, quickly, and by name.
import { performance } from 'node:perf_hooks';
import { describe, expect, test } from '@jest/globals';
import { JobsQuery, JobStatQuery } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { messageNamed } from '../../src/wire/descriptors.js';
import { scan } from '../../src/wire/scan.js';
import { useService } from '../harness/use-service.js';

const LENGTH = 4_000_000;

/** A message with `inner` as its field 1. */
function wrapped(inner: Uint8Array): Uint8Array {
  const header = [
    10,
    (inner.length & 127) | 128,
    ((inner.length >> 7) & 127) | 128,
    ((inner.length >> 14) & 127) | 128,
    inner.length >> 21,
  ];
  return Buffer.concat([Buffer.from(header), inner]);
}

/** `LENGTH` bytes of empty messages in field `number`. */
const empties = (number: number): Uint8Array => Buffer.alloc(LENGTH, Buffer.from([(number << 3) | 2, 0]));

/** The messages of the rpcs. */
const TAKEN = {
  list: { message: messageNamed('spaceone.api.inventory.v1.JobsQuery'), codec: JobsQuery },
  stat: { message: messageNamed('spaceone.api.inventory.v1.JobStatQuery'), codec: JobStatQuery },
} as const;

/** A condition with the Value in `bytes`. */
const condition = (value: Uint8Array): Uint8Array =>
  wrapped(wrapped(Buffer.concat([Buffer.of(26), wrapped(value).subarray(1)])));
const [STRUCT, LIST] = [42, 50];
const member = (tag: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.of(tag), wrapped(content).subarray(1)]);

const MESSAGES = 'messages inside a request, max = 20000';
const FIELDS = 'fields of a request, max = 250000';

const FLOODS: readonly (readonly [string, keyof typeof TAKEN, Uint8Array, string])[] = [
  ['filters', 'list', wrapped(empties(1)), MESSAGES],
  ['alternatives', 'list', wrapped(empties(2)), MESSAGES],
  ['stages', 'stat', wrapped(empties(3)), MESSAGES],
  ['names of only', 'list', wrapped(empties(7)), FIELDS],
  ['values of a list', 'list', condition(member(LIST, empties(1))), FIELDS],
  ['entries of an object', 'list', condition(member(STRUCT, empties(1))), FIELDS],
  ['lists in one place', 'list', condition(empties(6)), FIELDS],
];

function timeOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

const service = useService('parts');

test.each(FLOODS)('2,000,000 empty %s are refused by name', async (_, rpc, bytes, limit) => {
  expect(await service.send(rpc, bytes)).toMatchObject({
    error: {
      status: 'RESOURCE_EXHAUSTED',
      code: 'ERROR_LIMIT_EXCEEDED',
      text: expect.stringContaining(limit),
    },
  });
});

test.each(FLOODS)('2,000,000 empty %s are counted sooner than decoded', (_, rpc, bytes) => {
  const { message, codec } = TAKEN[rpc];
  const refused = (): void => {
    expect(() => {
      scan(message, bytes);
    }).toThrow('Limit exceeded');
  };
  const counting = Math.min(...[1, 2, 3].map(() => timeOf(refused)));
  expect(counting).toBeLessThan(timeOf(() => codec.decode(bytes)));
});

test.each([
  [1000, { response: { total_count: 2201 } }],
  [1001, { error: { status: 'RESOURCE_EXHAUSTED', text: expect.stringContaining('max = 1000') } }],
])('%d conditions are counted', async (conditions, due) => {
  const filter = Array.from({ length: conditions }, () => ({ k: 'job_id', o: 'exists', v: true }));
  const request = { domain_id: 'domain-3f1c9a7b2e40', query: { filter, count_only: true } };
  expect(await service.call('list', request)).toMatchObject(due);
});

test('a value of too many levels is refused by its path, before it is decoded', () => {
  const nested = Array.from({ length: 33 }).reduce<Uint8Array>(
    (inner) => member(LIST, member(10, inner)),
    new Uint8Array(),
  );
  const request = wrapped(wrapped(member(26, nested)));
  expect(() => scan(TAKEN.list.message, request)).toThrow(
    expect.objectContaining({ code: 'ERROR_LIMIT_EXCEEDED', field: 'query.filter[0].value' }),
  );
});

test('of a list that other fields come between, the element at fault is counted among its kind', () => {
  const filter = (condition: Uint8Array): Uint8Array => member(10, condition);
  const name = Buffer.of(8, 1);
  const order = Buffer.of(6 << 3, 1);
  const request = wrapped(Buffer.concat([order, filter(new Uint8Array()), order, filter(name)]));
  expect(() => scan(TAKEN.list.message, request)).toThrow(
    expect.objectContaining({ field: 'query.filter[1]' }),
  );
});

describe('the number of a flag', () => {
  const COUNT_ONLY = 6 << 3;
  const flag = (...number: readonly number[]) => wrapped(Buffer.of(COUNT_ONLY, ...number));

  test.each([
    ['one byte', flag(127)],
    ['two bytes, the first without a bit of the number', flag(128, 1)],
    ['ten bytes', flag(...Buffer.alloc(9, 255), 1)],
  ])('may have %s', (_, request) => {
    expect(() => scan(TAKEN.list.message, request)).not.toThrow();
  });

  test.each([
    ['eleven bytes', flag(...Buffer.alloc(10, 255), 1)],
    ['none', flag()],
    ['no last one', flag(128)],
  ])('is refused with %s', (_, request) => {
    expect(() => scan(TAKEN.list.message, request)).toThrow(
      expect.objectContaining({ code: 'ERROR_INVALID_PARAMETER' }),
    );
  });
});

test('a message with a field type unknown to requests is a fault of the contract', () => {
  expect(() => scan(messageNamed('google.protobuf.Any'), new Uint8Array())).toThrow('no request has a field');
});
