/**
 * Messages as proto3 JSON with the names of the .proto files (docs/http.md «JSON»), at once or in pieces: a piece takes a
 * millisecond or two, for a message of any size.
 */
import { fromBinary, toJsonString } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { descriptors, messageNamed } from './descriptors.js';

/** The bytes of a message written at once. */
const MAX_PIECE_BYTES = 16_384;
/** The fields read at once. */
const MAX_PIECE_FIELDS = 4096;

/** The JSON of a message. */
export const jsonOf = (message: DescMessage, bytes: Uint8Array): string =>
  toJsonString(message, fromBinary(message, bytes), { useProtoFieldName: true, registry: descriptors });

/** Pieces of text; an empty one is a step on the way to the next. */
type Pieces = Generator<string, void>;

/** Adjacent occurrences of a field, to be written at once; or a single larger one. */
interface Run {
  readonly from: number;
  /** The offset of the first one's content. */
  readonly content: number;
  readonly to: number;
}

const isLarge = ({ from, to }: Run): boolean => to - from > MAX_PIECE_BYTES;

/** Passes over one field; returns its number and its offsets. */
function fieldAt(reader: BinaryReader): readonly [number, Run] {
  const from = reader.pos;
  const [number, type] = reader.tag();
  if (type !== WireType.LengthDelimited) {
    const content = reader.pos;
    reader.skip(type, number);
    return [number, { from, content, to: reader.pos }];
  }
  const length = reader.uint32();
  const content = reader.pos;
  reader.pos += length;
  return [number, { from, content, to: reader.pos }];
}

/** Appends a run, or makes the last one longer by it. */
function append(runs: Run[], next: Run): void {
  const last = runs.at(-1);
  const longer = last?.to === next.from ? { ...last, to: next.to } : undefined;
  if (longer === undefined || isLarge(longer)) runs.push(next);
  else runs.splice(-1, 1, longer);
}

/** The runs of each field of a message, by its number. */
function* runsIn(bytes: Uint8Array): Generator<string, ReadonlyMap<number, Run[]>> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Run[]>();
  for (let seen = 1; reader.pos < bytes.length; seen++) {
    const [number, run] = fieldAt(reader);
    const runs = fields.get(number) ?? [];
    append(runs, run);
    fields.set(number, runs);
    if (seen % MAX_PIECE_FIELDS === 0) yield '';
  }
  return fields;
}

const contentOf = (bytes: Uint8Array, { content, to }: Run): Uint8Array => bytes.subarray(content, to);
const encodedOf = (bytes: Uint8Array, { from, to }: Run): Uint8Array => bytes.subarray(from, to);

/** Joins the pieces of the runs by commas, with `open` before and `close` behind. */
function* joined(open: string, runs: readonly Run[], close: string, each: (run: Run) => Pieces): Pieces {
  yield open;
  for (const [nth, run] of runs.entries()) {
    if (nth > 0) yield ',';
    yield* each(run);
  }
  yield close;
}

/** A repeated field of messages; `message` without other fields is `head`, the elements and `tail`. */
const elements = (
  message: DescMessage,
  element: DescMessage,
  bytes: Uint8Array,
  runs: readonly Run[],
  [head, tail]: readonly [string, string],
): Pieces =>
  joined('[', runs, ']', function* (run) {
    if (isLarge(run)) yield* jsonPieces(element, contentOf(bytes, run));
    else yield jsonOf(message, encodedOf(bytes, run)).slice(head.length, -tail.length);
  });

/** A field of `message`, its name before it; nothing where it has its default. */
function* member(message: DescMessage, field: DescField, bytes: Uint8Array, runs: readonly Run[]): Pieces {
  const name = `${JSON.stringify(field.name)}:`;
  if (field.fieldKind === 'list' && field.message !== undefined) {
    yield name;
    yield* elements(message, field.message, bytes, runs, [`{${name}[`, ']}']);
    return;
  }
  if (field.fieldKind === 'message' && runs.some(isLarge)) {
    yield name;
    // Several occurrences merge: concatenated, they are one message.
    yield* jsonPieces(field.message, Buffer.concat(runs.map((run) => contentOf(bytes, run))));
    return;
  }
  yield jsonOf(message, Buffer.concat(runs.map((run) => encodedOf(bytes, run)))).slice(1, -1);
}

function* object(message: DescMessage, bytes: Uint8Array): Pieces {
  const fields = yield* runsIn(bytes);
  let before = '{';
  for (const field of message.fields.toSorted((one, other) => one.number - other.number)) {
    const runs = fields.get(field.number);
    if (runs === undefined) continue;
    for (const piece of member(message, field, bytes, runs)) {
      yield piece === '' ? '' : before + piece;
      if (piece !== '') before = '';
    }
    if (before === '') before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

const STRUCT = messageNamed('google.protobuf.Struct');
const LIST = messageNamed('google.protobuf.ListValue');
const VALUE = messageNamed('google.protobuf.Value');
/** Numbers of the fields of Value, of the one of Struct and ListValue, and of an entry of Struct. */
const [OBJECT_VALUE, LIST_VALUE, ITEMS, KEY, ENTRY_VALUE] = [5, 6, 1, 1, 2];

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

function* entry(bytes: Uint8Array): Pieces {
  const fields = yield* runsIn(bytes);
  const [key] = fields.get(KEY) ?? [];
  const [value] = fields.get(ENTRY_VALUE) ?? [];
  yield `${JSON.stringify(key === undefined ? '' : utf8.decode(contentOf(bytes, key)))}:`;
  if (value === undefined) yield 'null';
  else yield* jsonPieces(VALUE, contentOf(bytes, value));
}

function* struct(bytes: Uint8Array): Pieces {
  const runs = (yield* runsIn(bytes)).get(ITEMS) ?? [];
  yield* joined('{', runs, '}', function* (run) {
    if (isLarge(run)) yield* entry(contentOf(bytes, run));
    else yield jsonOf(STRUCT, encodedOf(bytes, run)).slice(1, -1);
  });
}

function* list(bytes: Uint8Array): Pieces {
  const runs = (yield* runsIn(bytes)).get(ITEMS) ?? [];
  yield* elements(LIST, VALUE, bytes, runs, ['[', ']']);
}

function* value(bytes: Uint8Array): Pieces {
  const fields = yield* runsIn(bytes);
  const [inner] = fields.get(OBJECT_VALUE) ?? [];
  const [items] = fields.get(LIST_VALUE) ?? [];
  if (inner !== undefined) yield* jsonPieces(STRUCT, contentOf(bytes, inner));
  else if (items !== undefined) yield* jsonPieces(LIST, contentOf(bytes, items));
  else yield jsonOf(VALUE, bytes);
}

/** Messages with a JSON form of their own. */
const FORMS: ReadonlyMap<string, (bytes: Uint8Array) => Pieces> = new Map([
  [STRUCT.typeName, struct],
  [LIST.typeName, list],
  [VALUE.typeName, value],
]);

/** The JSON of a message; but for the order of names the same as at once. */
export function* jsonPieces(message: DescMessage, bytes: Uint8Array): Pieces {
  if (bytes.length <= MAX_PIECE_BYTES) {
    yield jsonOf(message, bytes);
    return;
  }
  const form = FORMS.get(message.typeName);
  yield* form === undefined ? object(message, bytes) : form(bytes);
}

/** Characters of a chunk. */
const CHUNK_LENGTH = 65_536;
const NOTHING = new Uint8Array();

/** The JSON of a message as UTF-8; an empty chunk is a step on the way to the next. */
export function* jsonChunks(message: DescMessage, bytes: Uint8Array): Generator<Uint8Array, void> {
  let text = '';
  for (const piece of jsonPieces(message, bytes)) {
    text += piece;
    const full = text.length >= CHUNK_LENGTH;
    yield full ? Buffer.from(text) : NOTHING;
    if (full) text = '';
  }
  yield Buffer.from(text);
}
