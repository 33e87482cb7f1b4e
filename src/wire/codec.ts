/** The encodings of messages: protobuf, and proto3 JSON by the descriptors of the contract (docs/http.md «JSON»). */
import type { DescMessage } from '@bufbuild/protobuf';
import { bytesOfJson } from './json-request.js';
import { jsonChunks } from './json.js';
import { refuseWide } from './unicode.js';

/** Translates between a body and protobuf's bytes, the form behind the transports. */
export interface Codec {
  /** Decodes a `message`. Errors: INVALID_PARAMETER, naming the field, and LIMIT_EXCEEDED. */
  decode(message: DescMessage, sent: Uint8Array): Uint8Array;
  /** Encodes the bytes of a `message` in chunks of a few milliseconds each; an empty chunk is a step on the way. */
  encode(message: DescMessage, bytes: Uint8Array): Iterable<Uint8Array>;
}

/** Passes bytes through; decoding finds errors later. */
export const PROTOBUF: Codec = {
  decode: (_, sent) => sent,
  encode: (_, bytes) => [bytes],
};

/** Takes both spellings of names, and null as a value; writes the names of the .proto files. */
export const JSON_TEXT: Codec = {
  decode(message, sent) {
    refuseWide(sent);
    return bytesOfJson(message, sent);
  },
  encode: jsonChunks,
};
