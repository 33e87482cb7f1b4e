/**
 * Stored values to the bytes of google.protobuf Struct and Value, without objects between (docs/query.md «Values»,
 * docs/architecture.md «Answers are bytes»).
 */
import { BSON, Elements, plainAt, pointerAt, scalarAt, textEnd, textStart } from './bson.js';
import type { Scalar } from './bson.js';
import { MAX_DEPTH, TAG } from './struct.js';
import type { Writer } from './writer.js';

/** The bytes of an entry around its scalar and its name. */
const AROUND = 16;

/** Writes the fields of the document at `offset` as those of a Struct `depth` levels deep. */
export function writeFields(writer: Writer, bytes: Buffer, offset: number, depth: number): void {
  for (const each = new Elements(bytes, offset); each.next();) {
    const size = each.end - each.value;
    writer.open(TAG.item, size + each.nameEnd - each.name + AROUND);
    writer.byte(TAG.key);
    writer.textOf(bytes, each.name, each.nameEnd);
    writer.open(TAG.value, size);
    writeValue(writer, bytes, each.type, each.value, depth);
    closeEntry(writer);
  }
}

function writeItems(writer: Writer, bytes: Buffer, offset: number, depth: number): void {
  for (const each = new Elements(bytes, offset); each.next();) {
    writer.open(TAG.item, each.end - each.value);
    writeValue(writer, bytes, each.type, each.value, depth);
    writer.close();
  }
}

function writeScalar(writer: Writer, scalar: Scalar): void {
  if (scalar === null) {
    writer.byte(TAG.null);
    writer.byte(0);
  } else if (typeof scalar === 'number') {
    writer.byte(TAG.number);
    writer.double(scalar);
  } else if (typeof scalar === 'boolean') {
    writer.byte(TAG.bool);
    writer.byte(Number(scalar));
  } else {
    writer.byte(TAG.text);
    writer.text(scalar);
  }
}

/** Begins the entry `key` of a Struct, up to its value of some `guess` bytes. */
export function openEntry(writer: Writer, key: string, guess: number): void {
  writer.open(TAG.item, key.length + guess + AROUND);
  writer.byte(TAG.key);
  writer.text(key);
  writer.open(TAG.value, guess);
}

export function closeEntry(writer: Writer): void {
  writer.close();
  writer.close();
}

/** Writes an entry of a Struct with a scalar value. */
export function writeEntry(writer: Writer, key: string, scalar: Scalar): void {
  openEntry(writer, key, 0);
  writeScalar(writer, scalar);
  closeEntry(writer);
}

function writePointer(writer: Writer, bytes: Buffer, offset: number): void {
  for (const [key, text] of Object.entries(pointerAt(bytes, offset))) writeEntry(writer, key, text);
}

/** Writes the members of a Value `depth` levels deep; lists and objects below MAX_DEPTH come as compact JSON text. */
export function writeValue(writer: Writer, bytes: Buffer, type: number, offset: number, depth: number): void {
  if (type === BSON.string) {
    writer.byte(TAG.text);
    writer.textOf(bytes, textStart(offset), textEnd(bytes, offset));
    return;
  }
  const scalar = scalarAt(bytes, type, offset);
  if (scalar !== undefined) {
    writeScalar(writer, scalar);
    return;
  }
  if (depth >= MAX_DEPTH) {
    writeScalar(writer, JSON.stringify(plainAt(bytes, type, offset)));
    return;
  }
  writer.open(type === BSON.array ? TAG.list : TAG.object, bytes.readInt32LE(offset));
  if (type === BSON.array) writeItems(writer, bytes, offset, depth + 1);
  else if (type === BSON.object) writeFields(writer, bytes, offset, depth + 1);
  else writePointer(writer, bytes, offset);
  writer.close();
}
