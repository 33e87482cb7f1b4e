/** The shapes of messages in the bytes of requests: tables by tag, made of the descriptors once (docs/query.md «Requests»). */
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { pathName } from './descriptors.js';

export interface Field {
  /** Its name in errors. */
  readonly name: string;
  readonly isList: boolean;
  readonly isText: boolean;
  readonly wireType: WireType;
  /** The message inside. */
  readonly inside: Shape | undefined;
  /** Its own bit where several merge before they are decoded; 0 where each counts, or the last. */
  readonly once: number;
}

export interface Shape {
  readonly name: string;
  /** 1 for a message of the query language; the parts of a Value are only fields, and merge as they are decoded. */
  readonly messages: 0 | 1;
  /** 1 for a list or an object of a Value: their nesting is limited. */
  readonly levels: 0 | 1;
  /** By tag. */
  readonly fields: (Field | undefined)[];
}

/** The scalars of requests. */
const WIRE_TYPES: ReadonlyMap<ScalarType | undefined, WireType> = new Map([
  [ScalarType.STRING, WireType.LengthDelimited],
  [ScalarType.DOUBLE, WireType.Bit64],
  [ScalarType.BOOL, WireType.Varint],
  [ScalarType.INT32, WireType.Varint],
  [ScalarType.UINT32, WireType.Varint],
]);

function wireTypeOf({ message, enum: named, scalar, fieldKind, ...field }: DescField): WireType {
  if (message !== undefined) return WireType.LengthDelimited;
  const wireType = named === undefined ? WIRE_TYPES.get(scalar) : WireType.Varint;
  // A list of numbers could come packed.
  const packed = fieldKind === 'list' && wireType !== WireType.LengthDelimited;
  if (wireType === undefined || packed) throw new Error(`no request has a field like ${field.name}`);
  return wireType;
}

function fieldOf(field: DescField, once: number): Field {
  return {
    name: pathName(field),
    isList: field.fieldKind === 'list' || field.fieldKind === 'map',
    isText: field.scalar === ScalarType.STRING,
    wireType: wireTypeOf(field),
    inside: field.fieldKind === 'map' ? entryOf(field.message) : field.message && shapeOf(field.message),
    once,
  };
}

/** An entry of a map from names to messages. */
function entryOf(value: DescMessage | undefined): Shape {
  const part = { isList: false, wireType: WireType.LengthDelimited, once: 0 };
  const entry: Shape = { name: 'FieldsEntry', messages: 0, levels: 0, fields: [] };
  entry.fields[tagOf(1, part.wireType)] = { ...part, name: 'key', isText: true, inside: undefined };
  entry.fields[tagOf(2, part.wireType)] = {
    ...part,
    name: 'value',
    isText: false,
    inside: value && shapeOf(value),
  };
  return entry;
}

export const tagOf = (number: number, wireType: WireType): number => (number << 3) | wireType;

const NESTING: ReadonlySet<string> = new Set(['google.protobuf.Struct', 'google.protobuf.ListValue']);

const shapes = new WeakMap<DescMessage, Shape>();

/** The table of a message. */
export function shapeOf(message: DescMessage): Shape {
  const known = shapes.get(message);
  if (known !== undefined) return known;
  const messages = message.typeName.startsWith('google.protobuf.') ? 0 : 1;
  const levels = NESTING.has(message.typeName) ? 1 : 0;
  const made: Shape = { name: message.name, messages, levels, fields: [] };
  // First, since a Value has Values inside.
  shapes.set(message, made);
  for (const [nth, field] of message.fields.entries()) {
    const once = messages === 1 && field.fieldKind === 'message' ? 1 << nth : 0;
    made.fields[tagOf(field.number, wireTypeOf(field))] = fieldOf(field, once);
  }
  return made;
}
