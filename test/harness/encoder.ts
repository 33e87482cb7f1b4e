// Encodes protobuf without the checks of a codec: any field in any order, a field twice, NaN, lone surrogates, any depth.
import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { TAG } from '../../src/wire/struct.js';
import { isObject } from './json.js';
import { methodOf } from './messages.js';
import type { RpcName } from './messages.js';

/** A field by its number, or raw bytes as hex digits. */
export type WireField = string | readonly [number: number, content: WireContent];
export type WireContent = string | number | { readonly double: number } | readonly WireField[];

const isFields = (content: WireContent): content is readonly WireField[] => Array.isArray(content);

function writeField(writer: BinaryWriter, field: WireField): void {
  if (typeof field === 'string') {
    writer.raw(Buffer.from(field.replaceAll(' ', ''), 'hex'));
    return;
  }
  const [number, content] = field;
  if (typeof content === 'number') writer.tag(number, WireType.Varint).int32(content);
  else if (typeof content === 'string') writer.tag(number, WireType.LengthDelimited).string(content);
  else if (isFields(content)) writer.tag(number, WireType.LengthDelimited).bytes(encodeFields(content));
  else writer.tag(number, WireType.Bit64).double(content.double);
}

/** Encodes fields in the given order, each as often as it is given. */
export function encodeFields(fields: readonly WireField[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of fields) writeField(writer, field);
  return writer.finish();
}

/** Writes the tag of a field; the number may be 0 or too large, as no writer allows it. */
const writeTag = (writer: BinaryWriter, number: number, type: WireType): BinaryWriter =>
  writer.uint32(((number << 3) | type) >>> 0);

/** Encodes field `number` with `content`, a message or text. */
export const encodeField = (number: number, content: Uint8Array): Buffer =>
  Buffer.from(writeTag(new BinaryWriter(), number, WireType.LengthDelimited).bytes(content).finish());

/** Encodes the tag and the length of field `number`, for content of `length` bytes. */
export const encodeHead = (number: number, length: number): Buffer =>
  Buffer.from(writeTag(new BinaryWriter(), number, WireType.LengthDelimited).uint32(length).finish());

/** Encodes UTF-8; a lone surrogate, which has no UTF-8, becomes the three bytes of its number. */
function textBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = Array.from(text, (each) => {
    const code = each.charCodeAt(0);
    const isAlone = each.length === 1 && code >= 0xd800 && code <= 0xdfff;
    return isAlone
      ? Buffer.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
      : Buffer.from(each);
  });
  return Buffer.concat(parts);
}

/** Writes the members of a Value. */
function writeValue(writer: BinaryWriter, value: JsonValue): void {
  if (value === null) writer.uint32(TAG.null).int32(0);
  else if (typeof value === 'number') writer.uint32(TAG.number).double(value);
  else if (typeof value === 'boolean') writer.uint32(TAG.bool).bool(value);
  else if (typeof value === 'string') writer.uint32(TAG.text).bytes(textBytes(value));
  else if (Array.isArray(value)) writeItems(writer, value);
  else writeObject(writer, value);
}

function writeItems(writer: BinaryWriter, items: readonly JsonValue[]): void {
  writer.uint32(TAG.list).fork();
  for (const item of items) {
    writer.uint32(TAG.item).fork();
    writeValue(writer, item);
    writer.join();
  }
  writer.join();
}

function writeObject(writer: BinaryWriter, object: JsonObject): void {
  writer.uint32(TAG.object).fork();
  for (const [key, value] of Object.entries(object)) {
    writer.uint32(TAG.item).fork();
    writer.uint32(TAG.key).bytes(textBytes(key)).uint32(TAG.value).fork();
    writeValue(writer, value);
    writer.join().join();
  }
  writer.join();
}

function writeOne(writer: BinaryWriter, { number, message }: DescField, value: JsonValue): void {
  if (message !== undefined) {
    writeTag(writer, number, WireType.LengthDelimited).fork();
    if (message.typeName === 'google.protobuf.Value') writeValue(writer, value);
    else if (isObject(value)) writeMessage(writer, message, value);
    writer.join();
  } else if (typeof value === 'string')
    writeTag(writer, number, WireType.LengthDelimited).bytes(textBytes(value));
  else if (typeof value === 'boolean') writeTag(writer, number, WireType.Varint).bool(value);
  else if (typeof value === 'number') writeTag(writer, number, WireType.Varint).int32(value | 0);
}

function writeMessage(writer: BinaryWriter, message: DescMessage, json: JsonObject): void {
  for (const field of message.fields) {
    const value = json[field.name];
    if (value === undefined) continue;
    const all = field.fieldKind === 'list' && Array.isArray(value) ? value : [value];
    for (const one of all) writeOne(writer, field, one);
  }
}

/** Encodes a request by the field names of the .proto files, and leaves out fields unknown to the message. */
export function encodeRequest(rpc: RpcName, request: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, methodOf(rpc).input, request);
  return writer.finish();
}
