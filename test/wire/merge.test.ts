// Messages that come twice: their meaning to the service, and to Google's own reader.
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { DescField, DescMessage, JsonValue } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import structs from 'google-protobuf/google/protobuf/struct_pb.js';
import {
  GetJobRequest,
  JobRequest,
  JobsQuery,
  JobStatQuery,
} from '../../src/gen/spaceone/api/inventory/v1/job.js';
import { messageNamed } from '../../src/wire/descriptors.js';
import { merged } from '../../src/wire/merge.js';
import { scan } from '../../src/wire/scan.js';
import { Struct, Value } from '../../src/wire/struct.js';
import { readByGoogle, writtenByGoogle } from '../harness/google-oracle.js';
import type { Content, Fields, Sent, SentContent } from '../harness/google-oracle.js';

const RUNS = { seed: 20261127, numRuns: 20_000 };

/** The methods of a stub, for any message. */
interface Stub {
  /** Reads bytes, and writes the message again. */
  again(bytes: Uint8Array): Uint8Array;
}

const stub = <Message>(codec: {
  decode(input: Uint8Array | BinaryReader): Message;
  encode(message: Message): BinaryWriter;
}): Stub => ({ again: (bytes) => codec.encode(codec.decode(bytes)).finish() });

const REQUESTS = {
  JobRequest: stub(JobRequest),
  GetJobRequest: stub(GetJobRequest),
  JobsQuery: stub(JobsQuery),
  JobStatQuery: stub(JobStatQuery),
} as const;

const named = (name: string): DescMessage => messageNamed(`spaceone.api.inventory.v1.${name}`);

/** The bytes of a request as read by the service. */
function readAgain(name: keyof typeof REQUESTS, bytes: Uint8Array): Uint8Array {
  const message = named(name);
  return REQUESTS[name].again(scan(message, bytes) ? merged(message, bytes) : bytes);
}

const text = fc.constantFrom('', 'a', 'b', 'é🚀', '__proto__', '1', '0');

function scalar({ scalar: type, enum: named }: DescField): fc.Arbitrary<SentContent> {
  if (type === ScalarType.STRING) return text;
  if (type === ScalarType.BOOL) return fc.boolean();
  if (type === ScalarType.DOUBLE) return fc.double({ noNaN: true });
  if (named?.typeName === 'google.protobuf.NullValue') return fc.constant(0);
  return fc.integer({ min: type === ScalarType.UINT32 ? 0 : -(2 ** 31), max: 2 ** 31 - 1 });
}

/** Any message: its fields in any order, each as often as it comes. */
const arbitraries = new Map<string, fc.Arbitrary<Sent>>();

function message(desc: DescMessage, depth: number): fc.Arbitrary<Sent> {
  const key = `${desc.typeName} ${depth}`;
  const known = arbitraries.get(key);
  if (known !== undefined) return known;
  const fields = desc.fields
    .filter((field) => depth > 0 || field.message === undefined)
    .map((field) => content(field, depth - 1).map((each) => [field, each] as const));
  const made =
    fields.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...fields), { maxLength: depth > 4 ? 4 : 3 });
  arbitraries.set(key, made);
  return made;
}

function content(field: DescField, depth: number): fc.Arbitrary<SentContent> {
  if (field.message === undefined) return scalar(field);
  const inner = message(field.message, depth);
  if (field.fieldKind !== 'map') return inner;
  return fc.record({ keys: fc.array(text, { maxLength: 2 }), values: fc.array(inner, { maxLength: 2 }) });
}

const isDefault = (each: Content): boolean => each === '' || each === 0 || each === false;

/** The meaning of a message: outside of a oneof a default means nothing, and neither does an empty list. */
function meaning(desc: DescMessage, fields: Fields): unknown {
  if (desc.typeName === 'google.protobuf.Value' && fields.size === 0) return { null_value: 0 };
  const said = desc.fields.flatMap((field): (readonly [string, unknown])[] => {
    const each = fields.get(field.name);
    if (each === undefined) return [];
    return field.oneof === undefined && isDefault(each) ? [] : [[field.name, contentMeaning(field, each)]];
  });
  return Object.fromEntries(said);
}

function contentMeaning(field: DescField, each: Content): unknown {
  if (field.message === undefined) return each;
  const { message: inner } = field;
  if (Array.isArray(each)) return each.map((one) => contentMeaning(field, one));
  if (!(each instanceof Map)) return each;
  if (field.fieldKind !== 'map') return meaning(inner, each);
  return new Map(
    [...each].map(([name, value]) => [name, value instanceof Map ? meaning(inner, value) : value]),
  );
}

const said = (desc: DescMessage, bytes: Uint8Array): unknown => meaning(desc, readByGoogle(desc, bytes));

/** Compares fast where both are equal, as they are 20,000 times. */
function same(found: unknown, due: unknown): void {
  if (!isDeepStrictEqual(found, due)) expect(found).toEqual(due);
}

const NAMES: readonly (keyof typeof REQUESTS)[] = [
  'JobsQuery',
  'JobStatQuery',
  'GetJobRequest',
  'JobRequest',
];

test('any request written by Google is read, its fields in any order and repeated', () => {
  const requests = NAMES.map((name) => message(named(name), 7).map((sent) => [name, sent] as const));
  fc.assert(
    fc.property(fc.oneof(...requests), ([name, sent]) => {
      const bytes = writtenByGoogle(sent);
      same(said(named(name), readAgain(name, bytes)), said(named(name), bytes));
    }),
    RUNS,
  );
});

/** A decoded value as JSON. */
const plainly = (plain: unknown): unknown => {
  if (plain instanceof Map)
    return Object.fromEntries(
      [...plain].map(([key, value]: readonly [string, unknown]) => [key, plainly(value)]),
    );
  return Array.isArray(plain) ? plain.map(plainly) : plain;
};

/** JSON with names that an object of Google's can have. */
const anyJson: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, '', 'é🚀', 0),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'é', '1', ''), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value;

describe('the codec of Struct and Value, beside Google’s', () => {
  const value = messageNamed('google.protobuf.Value');

  test('a Value of any bytes that Google writes', () => {
    fc.assert(
      fc.property(message(value, 5), (sent) => {
        const bytes = writtenByGoogle(sent);
        same(said(value, Value.encode(Value.decode(bytes)).finish()), said(value, bytes));
      }),
      RUNS,
    );
  });

  test('any JSON is read as Google writes it, and read by Google as it is written here', () => {
    fc.assert(
      fc.property(anyJson, (json) => {
        same(plainly(Value.decode(structs.Value.fromJavaScript(json).serializeBinary())), json);
        same(structs.Value.deserializeBinary(Value.encode(json).finish()).toJavaScript(), json);
      }),
      RUNS,
    );
  });

  test('Structs one after the other are one', () => {
    const names = fc.constantFrom('a', 'b', 'c');
    const object = fc.dictionary(names, fc.constantFrom(1, 'x', null), { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(object, { maxLength: 3 }), (parts) => {
        const bytes = Buffer.concat(
          parts.map((part) => structs.Struct.fromJavaScript(part).serializeBinary()),
        );
        const read = plainly(Struct.decode(bytes));
        same(read, structs.Struct.deserializeBinary(bytes).toJavaScript());
        same(read, Object.assign({}, ...parts));
      }),
      RUNS,
    );
  });
});
