// Requests read and written by Google's own reader and writer, by the descriptors of the contract: a second opinion on
// what bytes mean. Google's classes for JavaScript take the last of several messages for all; here they merge.
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import google from 'google-protobuf';
import type { BinaryReader, BinaryWriter } from 'google-protobuf';

/** A decoded message: its fields by name, a map by the names of its entries. */
export type Fields = Map<string, Content>;
export type Content = boolean | number | string | Fields | Content[];

/** A message to write: its fields, in order, with repetitions. */
export type Sent = readonly (readonly [DescField, SentContent])[];
export type SentContent = boolean | number | string | Sent | SentEntry;
/** An entry of a map, with repetitions of its parts. */
export interface SentEntry {
  readonly keys: readonly string[];
  readonly values: readonly Sent[];
}

const isFields = (content: Content | undefined): content is Fields => content instanceof Map;
const fieldsOf = (content: Content | undefined): Fields =>
  isFields(content) ? content : new Map<string, Content>();

function readScalar(reader: BinaryReader, field: DescField): Content {
  switch (field.scalar) {
    case ScalarType.STRING:
      return reader.readStringRequireUtf8();
    case ScalarType.BOOL:
      return reader.readBool();
    case ScalarType.DOUBLE:
      return reader.readDouble();
    case ScalarType.UINT32:
      return reader.readUint32();
    case ScalarType.INT32:
      return reader.readInt32();
    default:
      return reader.readEnum();
  }
}

function readEntry(reader: BinaryReader, value: DescMessage, into: Fields): void {
  const entry = { key: '', value: new Map<string, Content>() };
  reader.readMessage(entry, (each, inner) => {
    while (inner.nextField()) {
      if (inner.getFieldNumber() === 1) each.key = inner.readStringRequireUtf8();
      else inner.readMessage(each.value, (fields, its) => readFields(its, value, fields));
    }
  });
  into.set(entry.key, entry.value);
}

function readFieldOf(reader: BinaryReader, field: DescField, before: Content | undefined): Content {
  if (field.fieldKind === 'map' && field.message !== undefined) {
    const entries = fieldsOf(before);
    readEntry(reader, field.message, entries);
    return entries;
  }
  if (field.message === undefined) {
    const scalar = readScalar(reader, field);
    return field.fieldKind === 'list' ? [...listOf(before), scalar] : scalar;
  }
  const { message } = field;
  const isList = field.fieldKind === 'list';
  const inner = isList ? new Map<string, Content>() : fieldsOf(before);
  reader.readMessage(inner, (fields, its) => readFields(its, message, fields));
  return isList ? [...listOf(before), inner] : inner;
}

const listOf = (content: Content | undefined): Content[] => (Array.isArray(content) ? content : []);

/** Merges fields into the present ones: messages merge, lists grow, the last member of a oneof stays. */
function readFields(reader: BinaryReader, message: DescMessage, into: Fields): void {
  while (reader.nextField()) {
    const field = message.fields.find(({ number }) => number === reader.getFieldNumber());
    if (field === undefined) throw new Error(`${message.name} has no field ${reader.getFieldNumber()}`);
    for (const other of field.oneof?.fields ?? []) if (other !== field) into.delete(other.name);
    into.set(field.name, readFieldOf(reader, field, into.get(field.name)));
  }
}

/** Decodes `bytes` as a `message`. */
export function readByGoogle(message: DescMessage, bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  readFields(new google.BinaryReader(bytes), message, fields);
  return fields;
}

const isSent = (content: SentContent): content is Sent => Array.isArray(content);

function writeField(
  writer: BinaryWriter,
  { number, scalar, message }: DescField,
  content: SentContent,
): void {
  if (typeof content === 'string') writer.writeString(number, content);
  else if (typeof content === 'boolean') writer.writeBool(number, content);
  else if (typeof content === 'number') {
    if (scalar === ScalarType.DOUBLE) writer.writeDouble(number, content);
    else if (scalar === ScalarType.UINT32) writer.writeUint32(number, content);
    else writer.writeInt32(number, content);
  } else if (isSent(content)) writer.writeMessage(number, content, writeFields);
  else if (message !== undefined) writer.writeMessage(number, content, writeEntry);
}

function writeEntry({ keys, values }: SentEntry, writer: BinaryWriter): void {
  for (const key of keys) writer.writeString(1, key);
  for (const value of values) writer.writeMessage(2, value, writeFields);
}

function writeFields(sent: Sent, writer: BinaryWriter): void {
  for (const [field, content] of sent) writeField(writer, field, content);
}

/** Encodes `sent`. */
export function writtenByGoogle(sent: Sent): Uint8Array {
  const writer = new google.BinaryWriter();
  writeFields(sent, writer);
  return writer.getResultBuffer();
}
