/**
 * Transcodes a request in proto3 JSON to the bytes of its message, without objects between (docs/http.md «JSON»).
 * Each error names its field by the path in the request.
 */
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { INT32_MAX, INT32_MIN, UINT32_MAX } from '@bufbuild/protobuf/wire';
import { echo } from '../errors.js';
import { isValue, pathName } from './descriptors.js';
import { JsonReader } from './json-reader.js';
import type { Kind } from './json-reader.js';
import { TAG } from './struct.js';
import { Writer } from './writer.js';

/** Reads the next value, and writes it behind its tag. */
type Transcode = (json: JsonReader, writer: Writer) => void;

interface Field {
  readonly name: string;
  /** Its name in errors. */
  readonly shown: string;
  /** Its own bit in its message, and the bits of the fields excluded beside it. */
  readonly bit: number;
  readonly rivals: number;
  /** True where null is the same as nothing; for a Value it is a value. */
  readonly nullIsNothing: boolean;
  readonly write: Transcode;
}

/** The fields of a message by each of their names. */
type Fields = ReadonlyMap<string, Field>;

/** The expected bytes of a message, to reserve room for its length. */
const GUESS = 64;

const expected = (json: JsonReader, due: string, got: string): never =>
  json.refuse(`expected ${due}, got ${got}`);

/** Refuses the next value for its kind; it is read first, since it may be no JSON or too much. */
function refuseKind(json: JsonReader, due: string, kind: Kind): never {
  json.skip();
  return expected(json, due, kind);
}

function requireKind(json: JsonReader, due: Kind): void {
  const kind = json.kind();
  if (kind !== due) refuseKind(json, due, kind);
}

function transcodeValue(json: JsonReader, writer: Writer): void {
  const kind = json.kind();
  switch (kind) {
    case 'null':
      json.null();
      writer.byte(TAG.null);
      writer.byte(0);
      return;
    case 'a bool':
      writer.byte(TAG.bool);
      writer.byte(Number(json.bool()));
      return;
    case 'a number':
      writer.byte(TAG.number);
      writer.double(json.number());
      return;
    case 'a text':
      writer.byte(TAG.text);
      json.copyText(writer);
      return;
    case 'a list':
      writer.open(TAG.list, GUESS);
      transcodeItems(json, writer);
      writer.close();
      return;
    case 'an object':
      writer.open(TAG.object, GUESS);
      transcodeEntries(json, writer);
      writer.close();
      return;
    default:
      kind satisfies never;
  }
}

function transcodeItems(json: JsonReader, writer: Writer): void {
  json.items(() => {
    writer.open(TAG.item, GUESS);
    transcodeValue(json, writer);
    writer.close();
  });
}

function transcodeEntries(json: JsonReader, writer: Writer): void {
  const names = new Set<string>();
  json.members((name) => {
    json.enter(name);
    if (names.has(name)) json.refuse('it is given twice');
    names.add(name);
    writer.open(TAG.item, GUESS);
    writer.byte(TAG.key);
    writer.text(name);
    writer.open(TAG.value, GUESS);
    transcodeValue(json, writer);
    writer.close();
    writer.close();
    json.back();
  });
}

const transcodeText: Transcode = (json, writer) => {
  requireKind(json, 'a text');
  json.copyText(writer);
};

const transcodeBool: Transcode = (json, writer) => {
  requireKind(json, 'a bool');
  writer.byte(Number(json.bool()));
};

/** A number as a text, in decimal digits. */
const NUMBER_TEXT = /^[\d.eE+-]+$/;

/** A whole number from `least` to `most`. */
function wholeNumber(json: JsonReader, least: number, most: number): number {
  const due = `a whole number from ${least} to ${most}`;
  const kind = json.kind();
  if (kind !== 'a number' && kind !== 'a text') refuseKind(json, due, kind);
  const sent = kind === 'a number' ? json.number() : json.text();
  const number = typeof sent === 'string' && NUMBER_TEXT.test(sent) ? Number(sent) : sent;
  return Number.isInteger(number) && Number(number) >= least && Number(number) <= most
    ? Number(number)
    : expected(json, due, `'${echo(String(sent))}'`);
}

const transcodeInt32: Transcode = (json, writer) => {
  writer.int32(wholeNumber(json, INT32_MIN, INT32_MAX));
};

const transcodeUint32: Transcode = (json, writer) => {
  writer.varint(wholeNumber(json, 0, UINT32_MAX));
};

/** Transcodes an enum by name or number; a number need not have a name. */
function transcodeEnum({
  values,
}: {
  readonly values: readonly { name: string; number: number }[];
}): Transcode {
  const numbers = new Map(values.map(({ name, number }) => [name, number]));
  const due = `one of ${[...numbers.keys()].join(', ')}`;
  return (json, writer) => {
    const kind = json.kind();
    if (kind === 'a number') {
      transcodeInt32(json, writer);
      return;
    }
    if (kind !== 'a text') refuseKind(json, due, kind);
    const name = json.text();
    writer.int32(numbers.get(name) ?? expected(json, due, `'${echo(name)}'`));
  };
}

/** The scalars of requests. */
const SCALARS: ReadonlyMap<ScalarType, readonly [wireType: 0 | 2, Transcode]> = new Map([
  [ScalarType.STRING, [2, transcodeText]],
  [ScalarType.BOOL, [0, transcodeBool]],
  [ScalarType.INT32, [0, transcodeInt32]],
  [ScalarType.UINT32, [0, transcodeUint32]],
]);

function scalarOf(type: ScalarType, number: number): Transcode {
  const known = SCALARS.get(type);
  if (known === undefined) throw new Error(`no request has a field of type ${ScalarType[type]}`);
  const [wireType, transcode] = known;
  return (json, writer) => {
    writer.varint((number << 3) | wireType);
    transcode(json, writer);
  };
}

function messageOf(message: DescMessage, number: number): Transcode {
  const transcode = isValue(message) ? transcodeValue : transcodeMessage(message);
  return (json, writer) => {
    writer.open((number << 3) | 2, GUESS);
    transcode(json, writer);
    writer.close();
  };
}

/** Transcodes a list: each element is a field of its own. */
const listOf =
  (transcode: Transcode): Transcode =>
  (json, writer) => {
    requireKind(json, 'a list');
    json.items(() => {
      transcode(json, writer);
    });
  };

function transcodeOf(field: DescField): Transcode {
  const { number } = field;
  switch (field.fieldKind) {
    case 'scalar':
      return scalarOf(field.scalar, number);
    case 'message':
      return messageOf(field.message, number);
    case 'enum': {
      const transcode = transcodeEnum(field.enum);
      return (json, writer) => {
        writer.varint(number << 3);
        transcode(json, writer);
      };
    }
    case 'list':
      if (field.listKind === 'message') return listOf(messageOf(field.message, number));
      if (field.listKind === 'scalar') return listOf(scalarOf(field.scalar, number));
      break;
    case 'map':
  }
  throw new Error(`no request has a field like ${field.toString()}`);
}

function fieldsOf(message: DescMessage): Fields {
  const fields = new Map<string, Field>();
  const bitOf = (field: DescField): number => 1 << message.fields.indexOf(field);
  for (const field of message.fields) {
    const { name, jsonName, oneof } = field;
    const others = oneof?.fields.filter((other) => other !== field) ?? [];
    const made: Field = {
      name,
      shown: pathName(field),
      bit: bitOf(field),
      rivals: others.reduce((bits, other) => bits | bitOf(other), 0),
      nullIsNothing: field.fieldKind !== 'message' || !isValue(field.message),
      write: transcodeOf(field),
    };
    fields.set(name, made).set(jsonName, made);
  }
  return fields;
}

/** Refuses a field beside another `given` one of its oneof. */
function refuseBeside(json: JsonReader, fields: Fields, { name, rivals }: Field, given: number): never {
  const other = [...fields.values()].find(({ bit }) => (rivals & given & bit) !== 0);
  return json.refuse(`only one of ${other?.name ?? ''} and ${name} may be given`);
}

function transcodeFields(json: JsonReader, writer: Writer, fields: Fields): void {
  requireKind(json, 'an object');
  let seen = 0;
  let given = 0;
  json.members((name) => {
    const field = fields.get(name);
    json.enter(field?.shown ?? name);
    if (field === undefined) return json.refuse('it is unknown');
    if ((seen & field.bit) !== 0) json.refuse('it is given twice');
    seen |= field.bit;
    if (field.nullIsNothing && json.kind() === 'null') json.null();
    else {
      if ((given & field.rivals) !== 0) refuseBeside(json, fields, field, given);
      given |= field.bit;
      field.write(json, writer);
    }
    json.back();
  });
}

const transcoders = new WeakMap<DescMessage, Transcode>();

/** Transcodes a message field by field. */
function transcodeMessage(message: DescMessage): Transcode {
  const known = transcoders.get(message);
  if (known !== undefined) return known;
  const fields = fieldsOf(message);
  const transcode: Transcode = (json, writer) => {
    transcodeFields(json, writer, fields);
  };
  transcoders.set(message, transcode);
  return transcode;
}

/** Transcodes a `message`. Errors: INVALID_PARAMETER, naming the field, and LIMIT_EXCEEDED. */
export function bytesOfJson(message: DescMessage, sent: Uint8Array): Uint8Array {
  const json = new JsonReader(sent);
  const writer = new Writer(sent.length);
  transcodeMessage(message)(json, writer);
  json.end();
  return writer.written;
}
