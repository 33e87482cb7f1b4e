/** Requests to protobuf without a codec's mercy: NaN stays NaN, a lone surrogate comes as three bytes, nothing is too deep. */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { JOB_SERVICE } from '../../src/wire/descriptors.js';
import { TAG } from '../../src/wire/struct.js';
import type { RpcName } from '../harness/client.js';

const VALUE = 'google.protobuf.Value';

/** UTF-8, but for a surrogate that is alone: that has no UTF-8, and comes as what UTF-8 would make of its number. */
function textBytes(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = Array.from(text, (each) => {
    const code = each.charCodeAt(0);
    const alone = each.length === 1 && code >= 0xd800 && code <= 0xdfff;
    return alone
      ? Buffer.of(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f))
      : Buffer.from(each);
  });
  return Buffer.concat(parts);
}

/** The members of a Value. */
export function writeValue(writer: BinaryWriter, value: JsonValue): void {
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

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function writeOne(writer: BinaryWriter, { number, message }: DescField, value: JsonValue): void {
  const tag = (type: WireType): BinaryWriter => writer.uint32(((number << 3) | type) >>> 0);
  if (typeof value === 'string' && message === undefined)
    tag(WireType.LengthDelimited).bytes(textBytes(value));
  else if (typeof value === 'boolean' && message === undefined) tag(WireType.Varint).bool(value);
  else if (typeof value === 'number' && message === undefined) tag(WireType.Varint).int32(value | 0);
  else if (message !== undefined) {
    tag(WireType.LengthDelimited).fork();
    if (message.typeName === VALUE) writeValue(writer, value);
    else if (isObject(value)) writeMessage(writer, message, value);
    writer.join();
  }
}

function writeMessage(writer: BinaryWriter, message: DescMessage, json: JsonObject): void {
  for (const field of message.fields) {
    const value = json[field.name];
    if (value === undefined) continue;
    const all = field.fieldKind === 'list' && Array.isArray(value) ? value : [value];
    for (const one of all) writeOne(writer, field, one);
  }
}

/** The message that an rpc takes. */
export function inputOf(rpc: RpcName): DescMessage {
  const method = JOB_SERVICE.methods.find(({ name }) => name === rpc);
  if (method === undefined) throw new Error(`the contract has no ${rpc}`);
  return method.input;
}

/** A request, by the names of the .proto files; what the message does not have is left out. */
export function encoded(rpc: RpcName, request: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  writeMessage(writer, inputOf(rpc), request);
  return writer.finish();
}

/** Field `number` with `content`: a message, or text. */
export const field = (number: number, content: Uint8Array): Buffer =>
  Buffer.from(
    new BinaryWriter()
      .uint32(((number << 3) | WireType.LengthDelimited) >>> 0)
      .bytes(content)
      .finish(),
  );
