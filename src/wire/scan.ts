/**
 * Scans the bytes of a request before they are decoded: counts messages and fields, since many empty ones are cheap to send
 * and expensive to decode (docs/settings.md «Limits»), refuses fields unknown to the contract, and notices a message that
 * comes twice (docs/query.md «Requests»).
 */
import { isUtf8 } from 'node:buffer';
import type { DescMessage } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { fail, limited } from '../errors.js';
import { shapeOf, tagOf } from './shape.js';
import type { Field, Shape } from './shape.js';
import { MAX_DEPTH } from './struct.js';

const MAX_MESSAGES = 20_000;
/** Two lists of the greatest length and their surroundings: a value of a list is two fields, an entry of an object four. */
const MAX_FIELDS = 250_000;

/** The name of the whole request in errors. */
const WHOLE = 'request';
const TOO_LONG = 'a number in it is too long';

/** A message while it is read. */
class Frame {
  /** Reused, so that reading leaves no garbage. */
  #inner: Frame | undefined;
  /** The offsets of its tag, of its content and of its end. */
  tag = 0;
  start = 0;
  end = 0;
  /** The fields to merge that came so far. */
  seen = 0;
  /** Lists and objects of a Value around its content. */
  levels = 0;

  constructor(
    readonly outer: Frame | undefined,
    public field: Field | undefined,
    public shape: Shape,
  ) {}

  /** The frame of a message inside. */
  inside(field: Field, shape: Shape): Frame {
    const inner = (this.#inner ??= new Frame(this, field, shape));
    inner.field = field;
    inner.shape = shape;
    inner.seen = 0;
    inner.levels = this.levels + shape.levels;
    return inner;
  }
}

/** Counts the occurrences of `field` in the message of `frame` before `end`. */
function countBefore({ start, shape }: Frame, field: Field, bytes: Uint8Array, end: number): number {
  const reader = new BinaryReader(bytes);
  let count = 0;
  reader.pos = start;
  while (reader.pos < end) {
    const [number, wireType] = reader.tag();
    if (shape.fields[tagOf(number, wireType)] === field) count++;
    reader.skip(wireType, number);
  }
  return count;
}

/** The name in errors of the field of `frame` with its tag at `tag`. */
function segmentOf(frame: Frame, field: Field, bytes: Uint8Array, tag: number): string {
  return field.isList ? `${field.name}[${countBefore(frame, field, bytes, tag)}]` : field.name;
}

/** The path of the message of `frame`; inside a Value it is the path of the Value. */
function pathOf(frame: Frame, bytes: Uint8Array): readonly string[] {
  const { outer, field, tag } = frame;
  if (outer === undefined || field === undefined) return [];
  const path = pathOf(outer, bytes);
  return outer.shape.messages === 0 ? path : [...path, segmentOf(outer, field, bytes, tag)];
}

class Scanner {
  readonly #bytes: Uint8Array;
  #offset = 0;
  #frame: Frame;
  #messages = 0;
  #fields = 0;
  #twice = false;

  constructor(
    shape: Shape,
    bytes: Uint8Array,
    /** True to check texts, too. */
    readonly texts: boolean,
  ) {
    this.#bytes = bytes;
    this.#frame = new Frame(undefined, undefined, shape);
    this.#frame.end = bytes.length;
  }

  /** Reads everything, without growing the stack for deep messages. Returns true where messages are to be merged. */
  run(): boolean {
    for (;;) {
      if (this.#offset < this.#frame.end) this.#read();
      else if (this.#frame.outer === undefined) return this.#twice;
      else this.#frame = this.#frame.outer;
    }
  }

  /** Reads one field, or enters it. */
  #read(): void {
    const frame = this.#frame;
    const start = this.#offset;
    const tag = this.#uint32();
    const field = frame.shape.fields[tag] ?? this.#refuseTag(tag);
    limited(++this.#fields, MAX_FIELDS, 'fields of a request', WHOLE);
    if ((frame.seen & field.once) !== 0) this.#twice = true;
    frame.seen |= field.once;
    if (field.inside === undefined) this.#pass(field, start);
    else this.#enter(field, field.inside, start);
  }

  #enter(field: Field, shape: Shape, tag: number): void {
    this.#messages += shape.messages;
    limited(this.#messages, MAX_MESSAGES, 'messages inside a request', WHOLE);
    const length = this.#length();
    const inner = this.#frame.inside(field, shape);
    inner.tag = tag;
    inner.start = this.#offset;
    inner.end = this.#offset + length;
    this.#frame = inner;
    if (inner.levels > MAX_DEPTH) this.#refuseDepth();
  }

  #pass(field: Field, tag: number): void {
    switch (field.wireType) {
      case WireType.Varint:
        this.#passVarint();
        return;
      case WireType.Bit64:
        this.#require(8);
        this.#offset += 8;
        return;
      default: {
        const length = this.#length();
        if (this.texts && field.isText) this.#checkText(field, tag, length);
        this.#offset += length;
      }
    }
  }

  /** A tag or a length, of at most 32 bits. */
  #uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      this.#require(1);
      const byte = this.#bytes[this.#offset++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return shift === 28 && byte > 0x0f ? this.#malformed(TOO_LONG) : value >>> 0;
    }
    return this.#malformed(TOO_LONG);
  }

  #length(): number {
    const length = this.#uint32();
    this.#require(length);
    return length;
  }

  #passVarint(): void {
    for (let i = 0; i < 10; i++) {
      this.#require(1);
      if ((this.#bytes[this.#offset++] ?? 0) < 0x80) return;
    }
    this.#malformed(TOO_LONG);
  }

  /** Refuses a message with less than `length` more bytes. */
  #require(length: number): void {
    if (length > this.#frame.end - this.#offset) this.#malformed('its bytes end early');
  }

  #path(segments: readonly string[] = []): string {
    const path = [...pathOf(this.#frame, this.#bytes), ...segments].join('.');
    return path === '' ? WHOLE : path;
  }

  #refuse(segments: readonly string[], reason: string): never {
    return fail('INVALID_PARAMETER', { key: this.#path(segments), reason });
  }

  #refuseDepth(): never {
    return fail('LIMIT_EXCEEDED', { limit: 'levels of a value', max: String(MAX_DEPTH) }, this.#path());
  }

  #malformed(reason: string): never {
    return this.#refuse([], `${this.#frame.shape.name} cannot be decoded: ${reason}`);
  }

  /** Refuses a tag unknown to the contract. */
  #refuseTag(tag: number): never {
    const { name, fields } = this.#frame.shape;
    const [number, wireType] = [tag >>> 3, tag & 7];
    if (number === 0 || wireType > 5) this.#malformed(`it has a field ${number} of wire type ${wireType}`);
    const known = fields.find((field, other) => field !== undefined && other >>> 3 === number);
    const reason =
      known === undefined
        ? `${name} has no field ${number}`
        : `field ${number} of ${name} is of wire type ${known.wireType} and came as ${wireType}`;
    return this.#refuse([], `${reason}; the client may be of another line of spaceone-api`);
  }

  #checkText(field: Field, tag: number, length: number): void {
    if (isUtf8(this.#bytes.subarray(this.#offset, this.#offset + length))) return;
    const inValue = this.#frame.shape.messages === 0;
    const segment = inValue ? [] : [segmentOf(this.#frame, field, this.#bytes, tag)];
    this.#refuse(segment, 'it is not UTF-8');
  }
}

/**
 * Refuses bytes other than a `message` of the contract, and too many messages or fields. Returns true where a message comes
 * twice in place of one. Errors: INVALID_PARAMETER, LIMIT_EXCEEDED.
 */
export const scan = (message: DescMessage, bytes: Uint8Array): boolean =>
  new Scanner(shapeOf(message), bytes, false).run();

/** Refuses text other than UTF-8. Errors: INVALID_PARAMETER, naming its field. */
export function requireUtf8(message: DescMessage, bytes: Uint8Array): void {
  new Scanner(shapeOf(message), bytes, true).run();
}
