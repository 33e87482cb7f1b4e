/**
 * JSON read token by token where it lies among bytes (RFC 8259), with the path to the value at hand for errors
 * (docs/http.md «JSON»; contract/1-wire «JSON»).
 */
import { isUtf8 } from 'node:buffer';
import { echo, fail, limited } from '../errors.js';
import { MAX_DEPTH } from './struct.js';
import type { Writer } from './writer.js';

/** Levels of a whole request: those of a value, and of the messages around it. */
const MAX_LEVELS = MAX_DEPTH + 16;
/** Values and names of a request: nearly two lists of the longest, read within a tenth of a second. */
const MAX_PARTS = 100_000;

const [TAB, LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x09, 0x0a, 0x0d, 0x20];
const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);
/** Characters of a path: names of a value may be long, and trailers must not be. */
const MAX_PATH = 256;
/** What errors call the whole request. */
const BODY = 'body';
/** No byte: what comes after the last. */
const END = -1;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** What stands alone: a number, a literal, or what was meant to be one. */
const WORD = /^[\w.+-]$/;
const WORD_OR_CHARACTER = /^(?:[\w.+-]+|.)/su;
const IN_WORD = Array.from({ length: 256 }, (_, byte) => WORD.test(String.fromCharCode(byte)));

export type Kind = 'null' | 'a bool' | 'a number' | 'a text' | 'a list' | 'an object';

/** What a value is, by its first character. */
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

export class JsonReader {
  readonly #bytes: Buffer;
  #at = 0;
  #level = 0;
  #parts = 1;
  readonly #path: (string | number)[] = [];
  /** Where the last text lies, between its quotes, and whether it has escapes. */
  #textStart = 0;
  #textEnd = 0;
  #escaped = false;

  constructor(json: Uint8Array) {
    this.#bytes = Buffer.from(json.buffer, json.byteOffset, json.byteLength);
    if (this.#bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK))
      this.#at = BYTE_ORDER_MARK.length;
  }

  /** Goes on to a field, a name of an object or an index of a list, and comes `back` from it. */
  enter(segment: string | number): void {
    this.#path.push(segment);
  }

  back(): void {
    this.#path.pop();
  }

  /** The path of the value at hand. */
  get path(): string {
    const path = this.#path
      .map((segment) => (typeof segment === 'number' ? `[${segment}]` : `.${echo(segment)}`))
      .join('');
    return path.length > 1 ? path.slice(1, MAX_PATH) : BODY;
  }

  refuse(reason: string): never {
    return fail('INVALID_PARAMETER', { key: this.path, reason });
  }

  #broken(at = this.#at): never {
    if (at >= this.#bytes.length)
      fail('INVALID_PARAMETER', { key: BODY, reason: 'it is not JSON: it ends early' });
    const [found = ''] = WORD_OR_CHARACTER.exec(this.#bytes.toString('utf8', at, at + 16)) ?? [];
    return this.refuse(`it is not JSON: '${echo(found)}' at byte ${at}`);
  }

  /** The next byte that is no white space. */
  #peek(): number {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#bytes[this.#at];
      if (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB)
        return byte ?? END;
    }
    return END;
  }

  #count(): void {
    limited(++this.#parts, MAX_PARTS, 'values and names of a JSON body', BODY);
  }

  /** What the next value is; it is not read yet. */
  kind(): Kind {
    return KINDS.get(this.#peek()) ?? this.#broken();
  }

  #word(): string {
    const start = this.#at;
    let end = start;
    while (IN_WORD[this.#bytes[end] ?? 0] === true) end++;
    this.#at = end;
    return this.#bytes.toString('latin1', start, end);
  }

  null(): void {
    const start = this.#at;
    if (this.#word() !== 'null') this.#broken(start);
  }

  bool(): boolean {
    const start = this.#at;
    const word = this.#word();
    return word === 'true' || (word === 'false' ? false : this.#broken(start));
  }

  /** Errors: it is beyond the range of a double. */
  number(): number {
    const start = this.#at;
    const word = this.#word();
    if (!NUMBER.test(word)) this.#broken(start);
    const number = Number(word);
    return Number.isFinite(number) ? number : this.refuse(`${echo(word)} is beyond the range of a double`);
  }

  /** Goes over a text. Errors: it does not end, is not UTF-8, or has a control character. */
  #passText(): void {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let end = start;
    let all = 0;
    this.#escaped = false;
    for (; bytes[end] !== QUOTE; end++) {
      const byte = bytes[end] ?? 0;
      if (byte < SPACE) {
        this.#broken(end);
      }
      all |= byte;
      if (byte === BACKSLASH) {
        this.#escaped = true;
        end++;
      }
    }
    if (all > 0x7f && !isUtf8(bytes.subarray(start, end))) this.refuse('it is not UTF-8');
    this.#textStart = start;
    this.#textEnd = end;
    this.#at = end + 1;
  }

  text(): string {
    this.#passText();
    const [start, end] = [this.#textStart, this.#textEnd];
    return this.#escaped ? this.#unescaped(start, end) : this.#bytes.toString('utf8', start, end);
  }

  #unescaped(start: number, end: number): string {
    const text = parsed(this.#bytes.toString('utf8', start - 1, end + 1));
    if (text === undefined) this.refuse('it is not JSON: a text has an escape that is none');
    return text.isWellFormed() ? text : this.refuse('it has a lone surrogate, which is half a character');
  }

  /** Writes the length and the bytes of the text that comes next. */
  copyText(writer: Writer): void {
    this.#passText();
    if (this.#escaped) writer.text(this.#unescaped(this.#textStart, this.#textEnd));
    else writer.textOf(this.#bytes, this.#textStart, this.#textEnd);
  }

  #open(byte: number): void {
    if (this.#peek() !== byte) this.#broken();
    this.#at++;
    this.#count();
    limited(++this.#level, MAX_LEVELS, 'levels of a request', BODY);
  }

  /** Whether another part follows the one before, of which there was none where `first`. */
  #another(close: number, first: boolean): boolean {
    const byte = this.#peek();
    if (byte === close) {
      this.#at++;
      this.#level--;
      return false;
    }
    if (first) return true;
    if (byte !== COMMA) this.#broken();
    this.#at++;
    this.#count();
    return true;
  }

  /** Reads the list that comes next: `each` reads an item. */
  items(each: () => void): void {
    this.#open(OPEN_LIST);
    for (let nth = 0; this.#another(CLOSE_LIST, nth === 0); nth++) {
      this.enter(nth);
      each();
      this.back();
    }
  }

  /** Reads the object that comes next: `each` reads the value of a name. */
  members(each: (name: string) => void): void {
    this.#open(OPEN_OBJECT);
    for (let first = true; this.#another(CLOSE_OBJECT, first); first = false) {
      if (this.#peek() !== QUOTE) this.#broken();
      const name = this.text();
      if (this.#peek() !== COLON) this.#broken();
      this.#at++;
      this.#count();
      each(name);
    }
  }

  /** Goes over the next value, of any kind. */
  skip(): void {
    const kind = this.kind();
    if (kind === 'a list') this.items(() => this.skip());
    else if (kind === 'an object') this.members(() => this.skip());
    else if (kind === 'a text') this.#passText();
    else this.#word();
  }

  /** Refuses what follows the whole value. */
  end(): void {
    if (this.#peek() !== END) this.#broken();
  }
}

/** What a text with escapes says; undefined: nothing. */
function parsed(json: string): string | undefined {
  try {
    const text: unknown = JSON.parse(json);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}
