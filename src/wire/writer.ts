/**
 * Protobuf written once, front to back, into one buffer that is the answer (docs/architecture.md «Answers are bytes»).
 * What is longer than the room left for its length is moved by the few bytes that this needs.
 */
import { isUtf8 } from 'node:buffer';

/** Bytes to begin with where nobody knows better. */
const SMALL = 64;

/** Texts up to this many bytes, whose length takes one byte, are copied here: calls into Node cost more than that. */
const SHORT = 0x7f;

const DATE_LENGTH = '2026-01-31T00:00:00.000Z'.length;
const DAY = 86_400_000;
const [ZERO, COLON, DOT, ZULU] = [0x30, 0x3a, 0x2e, 0x5a];

/** The milliseconds of the years 0 to 9999, whose dates have four digits of a year. */
const FOUR_DIGITS = { from: Date.UTC(-1, 12), to: Date.UTC(10_000, 0) };

/** Bytes of a varint below 2^32. */
function widthOf(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

export class Writer {
  #bytes: Buffer;
  #at = 0;
  /** Where the lengths of the messages that are open lie, and how many bytes each was left. */
  readonly #open: number[] = [];
  /** The day of the last date, and what its dates begin with: the dates of a list are near each other. */
  #day = NaN;
  #dayText = Buffer.alloc(0);

  /** Whether a text was written that came as bytes which are not UTF-8. */
  hasReplaced = false;

  /** As many bytes are expected; there may be more. */
  constructor(expected = SMALL) {
    this.#bytes = Buffer.allocUnsafe(Math.ceil(expected));
  }

  /** As many more bytes are expected. */
  expect(more: number): void {
    this.#room(more);
  }

  get length(): number {
    return this.#at;
  }

  /** What is written so far, not copied. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  #room(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.ceil(Math.max(needed, this.#bytes.length * 2)));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }

  /** One byte: a tag below 128, or a bool. */
  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  /** A varint below 2^32. */
  varint(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  /** An int32; a negative one takes ten bytes. */
  int32(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < 9; i++, rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#at++] = Number(rest);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Begins a message, or what else has its length before it: `tag`, and room for a length like `guess`. */
  open(tag: number, guess: number): void {
    const width = widthOf(guess);
    this.#room(5 + width);
    this.varint(tag);
    this.#open.push(this.#at, width);
    this.#at += width;
  }

  /** Ends the message that was begun last. */
  close(): void {
    const reserved = this.#open.pop() ?? 0;
    const start = this.#open.pop() ?? 0;
    const length = this.#at - start - reserved;
    const width = widthOf(length);
    if (width !== reserved) {
      this.#room(width - reserved);
      this.#bytes.copyWithin(start + width, start + reserved, this.#at);
    }
    this.#at = start;
    this.varint(length);
    this.#at += length;
  }

  /** The length of `bytes`, and `bytes`. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** The length and the text of a date, as Date.toISOString has it; `milliseconds` since 1970, in the range of Date. */
  date(milliseconds: number): void {
    if (milliseconds < FOUR_DIGITS.from || milliseconds >= FOUR_DIGITS.to) {
      this.text(new Date(milliseconds).toISOString());
      return;
    }
    const day = Math.floor(milliseconds / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayText = Buffer.from(new Date(day * DAY).toISOString().slice(0, 'YYYY-MM-DDT'.length));
    }
    const time = milliseconds - day * DAY;
    this.byte(DATE_LENGTH);
    this.#room(DATE_LENGTH);
    for (const byte of this.#dayText) this.#bytes[this.#at++] = byte;
    this.#digits((time / 3_600_000) | 0, 2, COLON);
    this.#digits(((time / 60_000) | 0) % 60, 2, COLON);
    this.#digits(((time / 1000) | 0) % 60, 2, DOT);
    this.#digits(time % 1000, 3, ZULU);
  }

  #digits(value: number, count: number, then: number): void {
    let rest = value;
    for (let at = this.#at + count - 1; at >= this.#at; at--) {
      this.#bytes[at] = ZERO + (rest % 10);
      rest = (rest / 10) | 0;
    }
    this.#at += count;
    this.#bytes[this.#at++] = then;
  }

  /** The length of a text, and the text. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** The length of the text that lies in `from`, and the text; what is not UTF-8 in it is replaced. */
  textOf(from: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#room(length + 5);
    if (length > SHORT) {
      this.#longText(from, start, end);
      return;
    }
    const bytes = this.#bytes;
    let to = this.#at;
    bytes[to++] = length;
    for (let at = start; at < end; at++) {
      const byte = from[at] ?? 0;
      if (byte > 0x7f) {
        this.#longText(from, start, end);
        return;
      }
      bytes[to++] = byte;
    }
    this.#at = to;
  }

  #longText(from: Buffer, start: number, end: number): void {
    if (!isUtf8(from.subarray(start, end))) {
      this.hasReplaced = true;
      this.text(from.toString('utf8', start, end));
      return;
    }
    this.varint(end - start);
    this.#at += from.copy(this.#bytes, this.#at, start, end);
  }
}
