/** Requests and answers as proto3 JSON, by the descriptors of the contract (docs/http.md «JSON»). */
import { fromBinary, fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf';
import type { DescMessage, Registry } from '@bufbuild/protobuf';
import { AppError, fail } from '../errors.js';
import { MAX_DEPTH } from './struct.js';

/** Levels of a whole request: those of a value, and of the messages around it. */
const MAX_LEVELS = MAX_DEPTH + 16;

/** Refuses a text of too many brackets inside each other, before anything that recurses sees it. */
function limitLevels(text: string): void {
  let level = 0;
  let inText = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (inText) {
      if (character === '\\') i++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') level++;
    else if (character === ']' || character === '}') level--;
    if (level > MAX_LEVELS) fail('LIMIT_EXCEEDED', { limit: 'levels of a request', max: String(MAX_LEVELS) });
  }
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

/**
 * The bytes of the message that `text` is the JSON of; both spellings of names are taken, and null is a value.
 * Errors: INVALID_PARAMETER that names the field at fault, LIMIT_EXCEEDED.
 */
export function fromJsonText(message: DescMessage, text: string): Uint8Array {
  try {
    limitLevels(text);
    return toBinary(message, fromJsonString(message, text));
  } catch (error) {
    if (error instanceof AppError) throw error;
    return fail('INVALID_PARAMETER', complaint(error));
  }
}

/** The JSON of a message, with the names of the .proto files. */
export const toJsonText = (message: DescMessage, bytes: Uint8Array, registry: Registry): string =>
  toJsonString(message, fromBinary(message, bytes), { useProtoFieldName: true, registry });
