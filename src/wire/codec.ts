/** How a message is written: as protobuf, or as proto3 JSON by the descriptors of the contract (docs/http.md «JSON»). */
import { fromJsonString, toBinary } from '@bufbuild/protobuf';
import type { DescMessage } from '@bufbuild/protobuf';
import { fail, limited } from '../errors.js';
import { jsonChunks } from './json.js';
import { MAX_DEPTH } from './struct.js';

/** Between what is sent and protobuf's bytes, which everything behind the doors speaks. */
export interface Codec {
  /** The bytes of the `message` that `sent` holds. Errors: INVALID_PARAMETER that names the field, LIMIT_EXCEEDED. */
  decode(message: DescMessage, sent: Uint8Array): Uint8Array;
  /** What to send for the bytes of a `message`, each chunk made in a few milliseconds; an empty one is a step on the way. */
  encode(message: DescMessage, bytes: Uint8Array): Iterable<Uint8Array>;
}

/** As it is: whether it can be decoded shows when it is. */
export const PROTOBUF: Codec = {
  decode: (_, sent) => sent,
  encode: (_, bytes) => [bytes],
};

/** Levels of a whole request: those of a value, and of the messages around it. */
const MAX_LEVELS = MAX_DEPTH + 16;
/** Values and names of a request: nearly two lists of the longest, read within a tenth of a second. */
const MAX_PARTS = 100_000;

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Where the string ends whose opening quote is at `start`. */
function endOfText(json: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < json.length && json[i] !== QUOTE) i += json[i] === BACKSLASH ? 2 : 1;
  return i;
}

/** Refuses JSON of too many values and names, or of too many brackets inside each other, before anything is made of it. */
function limitJson(json: Uint8Array): void {
  let level = 0;
  let parts = 1;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i] ?? 0;
    if (byte === QUOTE) i = endOfText(json, i);
    else if (byte === COMMA || byte === COLON) parts++;
    else if (OPENING.has(byte)) {
      parts++;
      limited(++level, MAX_LEVELS, 'levels of a request', 'body');
    } else if (CLOSING.has(byte)) level--;
  }
  limited(parts, MAX_PARTS, 'values and names of a JSON body', 'body');
}

/** What the codec says of a field, as `field` and what is wrong with it; the names of messages are left out. */
function complaint(error: unknown): { readonly key: string; readonly reason: string } {
  const text = error instanceof Error ? error.message : String(error);
  const unknown = /key "(.*)" is unknown$/s.exec(text)?.[1];
  if (unknown !== undefined) return { key: unknown, reason: 'it is unknown' };
  const [, what, path = '', reason = text] =
    /^cannot decode (field|oneof|enum|message) (\S+) from JSON: (.*)$/s.exec(text) ?? [];
  return { key: what === 'message' ? 'body' : (path.split('.').at(-1) ?? 'body'), reason };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(sent: Uint8Array): string {
  try {
    return utf8.decode(sent);
  } catch {
    // The decoder says no more than this.
    return fail('INVALID_PARAMETER', { key: 'body', reason: 'it is not UTF-8' });
  }
}

/** Both spellings of names are taken, and null is a value; out go the names of the .proto files. */
export const JSON_TEXT: Codec = {
  decode(message, sent) {
    limitJson(sent);
    const text = textOf(sent);
    try {
      return toBinary(message, fromJsonString(message, text));
    } catch (error) {
      return fail('INVALID_PARAMETER', complaint(error));
    }
  },
  encode: jsonChunks,
};
