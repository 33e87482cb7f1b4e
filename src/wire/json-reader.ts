/**
 * Reads JSON token by token from bytes, in place (RFC 8259), and knows the path of the current value for errors
 * (docs/http.md «JSON»).
 */
import { isUtf8 } from 'node:buffer';
import { echo, fail, limited, shorten } from '../errors.js';
import { MAX_DEPTH } from './struct.js';
import type { Writer } from './writer.js';

/** The levels of a request: those of a value, and of the messages around it. */
const MAX_LEVELS = MAX_DEPTH + 16;
/** Values and names of a request: nearly two lists of the longest, read within a tenth of a second. */
const MAX_PARTS = 100_000;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);
/** Characters of a path: names of a value may be long, and trailers must not be. */
const MAX_PATH = 256;
/** The name of the whole request in errors. */
const BODY = 'body';
/** In place of a byte behind the last. */
const END = -1;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** A character of a number, of a literal, or of an attempt at one. */
const WORD = /^[\w.+-]$/;
const WORD_OR_CHARACTER = /^(?:[\w.+-]+|.)/su;
const IN_WORD = Array.from({ length: 256 }, (_, byte) => WORD.test(String.fromCharCode(byte)));

export type Kind = 'null' | 'a bool' | 'a number' | 'a text' | 'a list' | 'an object';

/** The kind of a value by its first character. */
const KINDS: ReadonlyMap<number, Kind> = new Map(
  Object.entries({
    n: 'null',
    t: 'a bool',
    f: 'a bool',
    '"': 'a text',
    '[': 'a list',
    '{': 'an object',
    ...Object.fromEntries(Array.from('-0123456789', (first) => [first, 'a number' as const])),
  } as const).map(([first, kind]) => [first.charCodeAt(0), kind]),
);

/** The offsets of a text between its quotes. */
interface TextSpan {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

/** Reads past a value of each kind, which is then known to be JSON. */
const SKIP: Readonly<Record<Kind, (json: JsonReader) => unknown>> = {
  null: (json) => json.null(),
  'a bool': (json) => json.bool(),
  'a number': (json) => json.digits(),
  'a text': (json) => json.text(),
  'a list': (json) => json.items(() => json.skip()),
  'an object': (json) => json.members(() => json.skip()),
};

export class JsonReader {
  readonly #bytes: Buffer;
  #offset = 0;
  #level = 0;
  #parts = 1;
  readonly #path: (string | number)[] = [];

  constructor(json: Uint8Array) {
    this.#bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
    if (this.#bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      this.#offset = BYTE_ORDER_MARK.length;
  }

  /** Enters a field, a name of an object or an index of a list; `back` leaves it. */
  enter(segment: string | number): void {
    this.#path.push(segment);
  }

  back(): void {
    this.#path.pop();
  }

  /** The path of the current value. */
  get path(): string {
    if (this.#path.length === 0) return BODY;
    const path = this.#path.map(shown).join('').replace(/^\./, '');
    return shorten(path, MAX_PATH);
  }

  refuse(reason: string): never {
    return fail('INVALID_PARAMETER', { key: this.path, reason });
  }

  #broken(offset = this.#offset): never {
    if (offset >= this.#bytes.length)
      fail('INVALID_PARAMETER', { key: BODY, reason: 'it is not JSON: it ends early' });
    const [found = ''] = WORD_OR_CHARACTER.exec(this.#bytes.toString('utf8', offset, offset + 16)) ?? [];
    return this.refuse(`it is not JSON: '${echo(found)}' at byte ${offset}`);
  }

  /** Peeks at the next byte other than white space. */
  #peek(): number {
    for (; this.#offset < this.#bytes.length; this.#offset++) {
      const byte = this.#bytes[this.#offset];
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB)
        return byte ?? END;
    }
    return END;
  }

  #count(): void {
    limited(++this.#parts, MAX_PARTS, 'values and names of a JSON body', BODY);
  }

  /** The kind of the next value, which is not read yet. */
  kind(): Kind {
    return KINDS.get(this.#peek()) ?? this.#broken();
  }

  #word(): string {
    const start = this.#offset;
    let end = start;
    while (IN_WORD[this.#bytes[end] ?? 0] === true) end++;
    this.#offset = end;
    return this.#bytes.toString('latin1', start, end);
  }

  null(): void {
    const start = this.#offset;
    if (this.#word() !== 'null') this.#broken(start);
  }

  bool(): boolean {
    const start = this.#offset;
    const word = this.#word();
    return word === 'true' || (word === 'false' ? false : this.#broken(start));
  }

  /** Reads a number as it is written. */
  digits(): string {
    const start = this.#offset;
    const word = this.#word();
    return NUMBER.test(word) ? word : this.#broken(start);
  }

  /** Reads a number. Errors: it is beyond the range of a double. */
  number(): number {
    const word = this.digits();
    const number = Number(word);
    return Number.isFinite(number) ? number : this.refuse(`${echo(word)} is beyond the range of a double`);
  }

  /** Passes over a text. Errors: it does not end, is not UTF-8, or has a control character. */
  #passText(): TextSpan {
    const bytes = this.#bytes;
    const start = this.#offset + 1;
    let [end, all, escaped] = [start, 0, false];
    for (; bytes[end] !== QUOTE; end++) {
      const byte = bytes[end] ?? 0;
      if (byte < SPACE) {
        this.#broken(end);
      }
      all |= byte;
      if (byte === BACKSLASH) {
        escaped = true;
        end++;
      }
    }
    if (all > 0x7f && !isUtf8(bytes.subarray(start, end))) this.refuse('it is not UTF-8');
    this.#offset = end + 1;
    return { start, end, escaped };
  }

  text(): string {
    const { start, end, escaped } = this.#passText();
    return escaped ? this.#unescaped(start, end) : this.#bytes.toString('utf8', start, end);
  }

  #unescaped(start: number, end: number): string {
    const text = parsed(this.#bytes.toString('utf8', start - 1, end + 1));
    if (text === undefined) this.refuse('it is not JSON: a text has an escape that is none');
    return text.isWellFormed() ? text : this.refuse('it has a lone surrogate, which is half a character');
  }

  /** Writes the length and the bytes of the next text. */
  copyText(writer: Writer): void {
    const { start, end, escaped } = this.#passText();
    if (escaped) writer.text(this.#unescaped(start, end));
    else writer.textOf(this.#bytes, start, end);
  }

  #open(byte: number): void {
    if (this.#peek() !== byte) this.#broken();
    this.#offset++;
    limited(++this.#level, MAX_LEVELS, 'levels of a request', BODY);
  }

  /** Moves to another part, or past `close`, and then returns false; `first` means no part came before. */
  #another(close: number, first: boolean): boolean {
    const byte = this.#peek();
    if (byte === close) {
      this.#offset++;
      this.#level--;
      return false;
    }
    if (!first) {
      if (byte !== COMMA) this.#broken();
      this.#offset++;
    }
    this.#count();
    return true;
  }

  /** Reads the next list: `each` reads an item. */
  items(each: () => void): void {
    this.#open(OPEN_LIST);
    for (let nth = 0; this.#another(CLOSE_LIST, nth === 0); nth++) {
      this.enter(nth);
      each();
      this.back();
    }
  }

  /** Reads the next object: `each` reads the value of a name. */
  members(each: (name: string) => void): void {
    this.#open(OPEN_OBJECT);
    for (let first = true; this.#another(CLOSE_OBJECT, first); first = false) {
      if (this.#peek() !== QUOTE) this.#broken();
      const name = this.text();
      if (this.#peek() !== COLON) this.#broken();
      this.#offset++;
      this.#count();
      each(name);
    }
  }

  /** Passes over the next value, of any kind. */
  skip(): void {
    SKIP[this.kind()](this);
  }

  /** Refuses anything behind the whole value. */
  end(): void {
    if (this.#peek() !== END) this.#broken();
  }
}

/** A part of a path in errors. */
function shown(segment: string | number): string {
  if (typeof segment === 'number') return `[${segment}]`;
  return `.${echo(segment) || "''"}`;
}

/** Resolves the escapes of a text; undefined: one is wrong. */
function parsed(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
