// Requests in JSON beside the library's reader: accepted and refused ones, and their meaning.
import { describe, expect, test } from '@jest/globals';
import { fromJsonString, toBinary } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { JobsQuery } from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { AppError } from '../../src/errors.js';
import { isValue, messageNamed } from '../../src/wire/descriptors.js';
import { bytesOfJson } from '../../src/wire/json-request.js';
import { jsonOf } from '../../src/wire/json.js';

const JOBS_QUERY = messageNamed('spaceone.api.inventory.v1.JobsQuery');
const JOB_STAT_QUERY = messageNamed('spaceone.api.inventory.v1.JobStatQuery');

/** A request as read by `read`, in JSON in the order of the contract; undefined: `read` refuses it. */
function readingOf(message: DescMessage, read: () => Uint8Array): string | undefined {
  try {
    return jsonOf(message, read());
  } catch {
    return undefined;
  }
}

const ours = (message: DescMessage, text: string): string | undefined =>
  readingOf(message, () => bytesOfJson(message, Buffer.from(text)));
const theirs = (message: DescMessage, text: string): string | undefined =>
  readingOf(message, () => toBinary(message, fromJsonString(message, text)));

function same(message: DescMessage, text: string): void {
  const [read, due] = [ours(message, text), theirs(message, text)];
  if (read !== due) expect({ text, read }).toEqual({ text, read: due });
}

const anyText = fc.constantFrom('', 'a', 'é한', '5', 'ERROR', '"\\/\b\n\u2028');
const anyValue = fc.jsonValue({ maxDepth: 3 });
const ODD = fc.constantFrom<unknown>(
  true,
  0,
  5,
  -1,
  1.5,
  2 ** 32,
  'x',
  '5',
  '-5',
  '1e1',
  ' 5',
  [],
  {},
  [null],
  [[]],
);

function scalar({ scalar: type, enum: named }: DescField): fc.Arbitrary<unknown> {
  if (type === ScalarType.STRING) return anyText;
  if (type === ScalarType.BOOL) return fc.boolean();
  if (named !== undefined) return fc.constantFrom('ERROR', 'JOB_STATE_NONE', 5, 99, 'FAILED');
  return fc.constantFrom<unknown>(0, 1, 2.0, '7', 2 ** 31 - 1);
}

/** A value for a field, now and then of a wrong kind. */
function content(field: DescField): fc.Arbitrary<unknown> {
  const due = field.message === undefined ? scalar(field) : message(field.message);
  const all = field.fieldKind === 'list' ? fc.array(due, { maxLength: 2 }) : due;
  const nothing = field.oneof === undefined ? fc.constant(null) : due;
  return fc.oneof(
    { weight: 30, arbitrary: all },
    { weight: 1, arbitrary: ODD },
    { weight: 1, arbitrary: nothing },
  );
}

const messages = new Map<DescMessage, fc.Arbitrary<unknown>>();

function message(desc: DescMessage): fc.Arbitrary<unknown> {
  if (isValue(desc)) return anyValue;
  const known = messages.get(desc);
  if (known !== undefined) return known;
  const fields = desc.fields.map((field) =>
    fc.tuple(fc.constantFrom(field.name, field.name, field.jsonName), content(field)),
  );
  const unknown = fc.tuple(fc.constantFrom('x', 'domain', ''), anyValue);
  const any = fc.oneof(...fields.map((arbitrary) => ({ weight: 20, arbitrary })), {
    weight: 1,
    arbitrary: unknown,
  });
  const made = fc.array(any, { maxLength: 3 }).map((entries): unknown => Object.fromEntries(entries));
  messages.set(desc, made);
  return made;
}

const SEED = { seed: 20261127 };

test.each([
  ['a list', JOBS_QUERY],
  ['a stat', JOB_STAT_QUERY],
])('%s of any JSON is taken as the library takes it', (_, desc) => {
  fc.assert(
    fc.property(message(desc), (json) => {
      same(desc, JSON.stringify(json));
    }),
    { ...SEED, numRuns: 5000 },
  );
});

test('JSON broken at any byte is refused where the library refuses it', () => {
  const change = fc.record({
    at: fc.nat(),
    length: fc.nat(2),
    by: fc.constantFrom('', ...Array.from('[]{},:"\\/ \n\ttrfalsnu019.eE+-é\u0001')),
  });
  const request = message(JOBS_QUERY).map((json) => JSON.stringify(json));
  fc.assert(
    fc.property(request, fc.array(change, { maxLength: 2 }), (text, changes) => {
      const broken = changes.reduce((json, { at, length, by }) => {
        const start = at % (json.length + 1);
        return json.slice(0, start) + by + json.slice(start + length);
      }, text);
      same(JOBS_QUERY, broken);
    }),
    { ...SEED, numRuns: 10_000 },
  );
});

test.each([
  'null',
  'true',
  ' [1 , 2.50e+1 , -0.0 , {} , [] ] ',
  '"\\u00e9\\n\\ud83d\\ude00"',
  '{"a":{"b":[{"c":null}]}}',
])('the value %s is read as the library reads it', (value) => {
  same(JOBS_QUERY, `{"query":{"filter":[{"v":${value}}]}}`);
});

describe('a request keeps data that the library loses', () => {
  const valueOf = (json: string): unknown => {
    const bytes = bytesOfJson(JOBS_QUERY, Buffer.from(`{"query":{"filter":[{"v":${json}}]}}`));
    return JobsQuery.decode(bytes).query?.filter[0]?.value_alias?.value;
  };

  test('names like numbers keep their order', () => {
    const read = valueOf('{"b":1,"2":2,"1":3}');
    expect(read instanceof Map && [...read.keys()]).toEqual(['b', '2', '1']);
  });

  test('__proto__ is a name like any other', () => {
    expect(valueOf('{"__proto__":{"a":1}}')).toEqual(new Map([['__proto__', new Map([['a', 1]])]]));
  });
});

test('JSON that ends early is refused, at any byte', () => {
  const whole = '{"query":{"filter":[{"k":"a","v":[1.5e3,"\\u0041",{"b":null}]}],"page":{"limit":2}}}';
  const refusals = Array.from({ length: whole.length }, (_, end) => {
    try {
      return bytesOfJson(JOBS_QUERY, Buffer.from(whole.slice(0, end)));
    } catch (error) {
      return error instanceof AppError && error.status;
    }
  });
  expect(new Set(refusals)).toEqual(new Set(['INVALID_ARGUMENT']));
});

test('a message with a field type unknown to requests is a fault of the contract', () => {
  const message = messageNamed('spaceone.api.inventory.v1.JobInfo');
  expect(() => bytesOfJson(message, Buffer.from('{}'))).toThrow('no request has a field');
});
