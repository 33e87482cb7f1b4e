/**
 * Writes protobuf once, front to back, into one buffer, the answer (docs/architecture.md «Answers are bytes»). A message
 * longer than the room left for its length is moved by a few bytes.
 */
import { isUtf8 } from 'node:buffer';

/** The buffer to begin with, without a better estimate. */
const DEFAULT_BYTES = 64;

/** Texts up to this length, itself one byte, are copied here: calls into Node cost more. */
const MAX_SHORT_TEXT_BYTES = 0x7f;

const DATE_LENGTH = '2026-01-31T00:00:00.000Z'.length;
const DAY_MS = 86_400_000;
const [ZERO, COLON, DOT, ZULU] = [0x30, 0x3a, 0x2e, 0x5a];

/** The milliseconds of the years 0 to 9999: years of four digits. */
const FOUR_DIGITS = { from: Date.UTC(-1, 12), to: Date.UTC(10_000, 0) };

/** The bytes of a varint below 2^32. */
function widthOf(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

export class Writer {
  #bytes: Buffer;
  #offset = 0;
  /** The offset of the length of each open message, and the bytes reserved for it. */
  readonly #open: number[] = [];
  /** The day of the last date, and the beginning of its dates: the dates of a list are near each other. */
  #day = NaN;
  #dayText = Buffer.alloc(0);

  /** True once a text was written with bytes other than UTF-8 replaced. */
  hasReplaced = false;

  /** Expects so many bytes; there may be more. */
  constructor(expected = DEFAULT_BYTES) {
    this.#bytes = Buffer.allocUnsafe(Math.ceil(expected));
  }

  /** Expects so many more bytes. */
  expect(more: number): void {
    this.#room(more);
  }

  get length(): number {
    return this.#offset;
  }

  /** The bytes written so far, not copied. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset);
  }

  #room(more: number): void {
    const needed = this.#offset + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.ceil(Math.max(needed, this.#bytes.length * 2)));
    this.#bytes.copy(larger, 0, 0, this.#offset);
    this.#bytes = larger;
  }

  /** Writes one byte: a tag below 128, or a bool. */
  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#offset++] = value;
  }

  /** Writes a varint below 2^32. */
  varint(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#offset++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#offset++] = rest;
  }

  /** Writes an int32; a negative one takes ten bytes. */
  int32(value: number): void {
    if (value >= 0) {
      this.varint(value);
      return;
    }
    this.#room(10);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let i = 0; i < 9; i++, rest >>= 7n) this.#bytes[this.#offset++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#offset++] = Number(rest);
  }

  double(value: number): void {
    this.#room(8);
    this.#offset = this.#bytes.writeDoubleLE(value, this.#offset);
  }

  /** Begins a message, or anything else with its length before it: `tag`, and room for a length like `guess`. */
  open(tag: number, guess: number): void {
    const width = widthOf(guess);
    this.#room(5 + width);
    this.varint(tag);
    this.#open.push(this.#offset, width);
    this.#offset += width;
  }

  /** Ends the innermost open message. */
  close(): void {
    const reserved = this.#open.pop() ?? 0;
    const start = this.#open.pop() ?? 0;
    const length = this.#offset - start - reserved;
    const width = widthOf(length);
    if (width !== reserved) {
      this.#room(width - reserved);
      this.#bytes.copyWithin(start + width, start + reserved, this.#offset);
    }
    this.#offset = start;
    this.varint(length);
    this.#offset += length;
  }

  /** Writes the length of `bytes`, and `bytes`. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#offset);
    this.#offset += bytes.length;
  }

  /** Writes the length and the text of a date, as Date.toISOString has it; `milliseconds` since 1970, in the range of Date. */
  date(milliseconds: number): void {
    if (milliseconds < FOUR_DIGITS.from || milliseconds >= FOUR_DIGITS.to) {
      this.text(new Date(milliseconds).toISOString());
      return;
    }
    const day = Math.floor(milliseconds / DAY_MS);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayText = Buffer.from(new Date(day * DAY_MS).toISOString().slice(0, 'YYYY-MM-DDT'.length));
    }
    const time = milliseconds - day * DAY_MS;
    this.byte(DATE_LENGTH);
    this.#room(DATE_LENGTH);
    for (const byte of this.#dayText) this.#bytes[this.#offset++] = byte;
    this.#digits((time / 3_600_000) | 0, 2, COLON);
    this.#digits(((time / 60_000) | 0) % 60, 2, COLON);
    this.#digits(((time / 1000) | 0) % 60, 2, DOT);
    this.#digits(time % 1000, 3, ZULU);
  }

  #digits(value: number, count: number, then: number): void {
    let rest = value;
    for (let i = this.#offset + count - 1; i >= this.#offset; i--) {
      this.#bytes[i] = ZERO + (rest % 10);
      rest = (rest / 10) | 0;
    }
    this.#offset += count;
    this.#bytes[this.#offset++] = then;
  }

  /** Writes the length of a text, and the text. */
  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.varint(length);
    this.#room(length);
    this.#offset += this.#bytes.write(text, this.#offset);
  }

  /** Writes the length of a text in `from`, and the text; U+FFFD replaces bytes other than UTF-8. */
  textOf(from: Buffer, start: number, end: number): void {
    const length = end - start;
    this.#room(length + 5);
    if (length > MAX_SHORT_TEXT_BYTES) {
      this.#longText(from, start, end);
      return;
    }
    const bytes = this.#bytes;
    let to = this.#offset;
    bytes[to++] = length;
    for (let i = start; i < end; i++) {
      const byte = from[i] ?? 0;
      if (byte > 0x7f) {
        this.#longText(from, start, end);
        return;
      }
      bytes[to++] = byte;
    }
    this.#offset = to;
  }

  #longText(from: Buffer, start: number, end: number): void {
    if (!isUtf8(from.subarray(start, end))) {
      this.hasReplaced = true;
      this.text(from.toString('utf8', start, end));
      return;
    }
    this.varint(end - start);
    this.#offset += from.copy(this.#bytes, this.#offset, start, end);
  }
}
